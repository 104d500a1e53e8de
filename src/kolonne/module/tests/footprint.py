"""How much memory a running agent takes: `python -m kolonne.module.tests.footprint FOLDER` prints it as JSON.

A recording of an hour is sent to a platform in memory, which counts points and forgets them, with everything imported
that the real command imports.
"""

import asyncio
import importlib
import json
import logging
import sys
from pathlib import Path
from random import Random

from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.sources import SourceOptions, open_source
from kolonne.module.transport import MemoryBroker
from kolonne.wire import subjects
from kolonne.wire.messages import Ack, Profile, decode_telemetry, encode_json

ROWS = 3600


def memory_mb() -> dict[str, float]:
    """Resident memory by kind, in MB: `RssAnon` is the agent's own, the rest is shared and can be read again."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "RssAnon", "VmHWM"))}
    return {name: round(int(kilobytes) / 1024, 1) for name, kilobytes in values.items()}


async def platform(broker: MemoryBroker) -> None:
    while True:
        message = await broker.heard.get()
        if message.kind == subjects.HELLO:
            broker.say(subjects.PROFILE, encode_json(Profile(1, dict.fromkeys(("lat", "lon", "speed", "soc"), 0))))
        elif message.kind == subjects.TELEMETRY:
            telemetry = decode_telemetry(message.payload)
            last = telemetry.sequence + len(telemetry.points) - 1
            broker.say(subjects.ACK, encode_json(Ack(telemetry.epoch, last)))


async def run(folder: Path) -> dict[str, float]:
    recording = folder / "recording.csv"
    rows = (f"{1_700_000_000 + n},{59.9 + n / 1e5},{10.7 + n / 1e5},{n % 80},{90 - n / 100}" for n in range(ROWS))
    recording.write_text("time,lat,lon,speed,soc\n" + "\n".join(rows), encoding="ascii")
    feed = open_source("trace", SourceOptions(file=recording))
    broker = MemoryBroker(capacity=2)
    listener = asyncio.create_task(platform(broker))
    settings = AgentSettings("TESTMODULE01", bytes(32), folder / "store.db")
    agent = Agent(settings, feed.source, feed.van, connect=broker.connect, random=Random(1))
    begun = asyncio.get_running_loop().time()
    tally = await agent.run()
    seconds = asyncio.get_running_loop().time() - begun
    listener.cancel()
    return memory_mb() | {"points": tally.stored, "points_per_second": round(tally.stored / seconds)}


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    importlib.import_module("kolonne.cli")
    importlib.import_module("kolonne.module.main")
    print(json.dumps(asyncio.run(run(Path(sys.argv[1])))))
