"""A process full of real agents, to be killed: each counts from 1 to `total`, so many readings a second.

Started by `test_chaos.py` with one JSON object as its only argument. It ends when every reading is committed.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from kolonne.module import mqtt
from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.sources import PassiveVan, Reading


class Count:
    """A recording of the numbers 1 to `total`, paced by the wall clock from `began`; late numbers follow at once."""

    skipped = 0

    def __init__(self, total: int, per_s: float, began: float) -> None:
        self._total, self._per_s, self._began, self._done = total, per_s, began, 0

    def resume(self, mark: str) -> None:
        self._done = int(mark or 0)

    async def __aiter__(self) -> AsyncIterator[Reading]:
        for number in range(self._done + 1, self._total + 1):
            due = self._began + number / self._per_s
            await asyncio.sleep(max(0.0, due - time.time()))
            signals = {"odometer": number, "speed": float(number % 90), "ignition": "ON" if number % 20 else "OFF"}
            yield Reading(int(due * 1000), signals, str(number))


async def main(order: dict[str, object]) -> None:
    directory = Path(str(order["directory"]))
    host, port = str(order["mqtt"]).split(":")
    total, per_s, began = int(str(order["total"])), float(str(order["per_s"])), float(str(order["began"]))
    async with asyncio.TaskGroup() as tasks:
        for serial, secret in dict(order["modules"]).items():  # type: ignore[call-overload]  # JSON
            broker = mqtt.Broker(host, int(port), secret)
            agent = Agent(
                AgentSettings(serial, bytes(32), directory / f"{serial}.db"),
                Count(total, per_s, began),
                PassiveVan(),
                connect=partial(mqtt.connect, broker, serial),
            )
            tasks.create_task(agent.run())


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
