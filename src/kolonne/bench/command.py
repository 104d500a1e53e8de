"""`kolonne bench command`: from the request in the portal to the signed reply of a module, through all programs."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

import httpx

from kolonne.bench import engines
from kolonne.bench.engines import Engines
from kolonne.bench.figures import goal, percentiles
from kolonne.module import mqtt
from kolonne.module.agent import Agent, AgentSettings
from kolonne.module.sources import Outcome, Reading
from kolonne.wire.commands import KINDS
from kolonne.wire.signals import Value

COMMANDS = 50
PROGRAMS = ("registry", "ingest", "signer", "worker", "portal")
_VIN, _SERIAL = "WDB9BENCH00000001", "BENCHCMD0001"
_PATIENCE_S = 20.0
_POLL_S = 0.01


class Obedient:
    """A parked van that does at once what it is told."""

    capabilities = frozenset(KINDS)
    moving = False

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        return Outcome("done", state={"locked": command == "lock"})


class Silence:
    """A van that reports nothing."""

    async def __aiter__(self) -> AsyncIterator[Reading]:
        await asyncio.Event().wait()
        yield Reading(0, {})


def measure(*, commands: int) -> dict[str, Any]:
    """One command after the other; each is asked for by REST, and asked after until it is done."""
    with engines.running(PROGRAMS) as platform:
        enrolment, key = _prepare(platform)
        done_ms = asyncio.run(_measure(platform, enrolment, key, commands))
    latency = percentiles(done_ms)
    return {
        "commands": commands,
        "request_to_done_ms": latency,
        "goals": {"p50 ms": goal(latency["p50"], 150, smaller_is_better=True)},
    }


async def _measure(platform: Engines, enrolment: dict[str, str], key: str, commands: int) -> list[float]:
    host, port = platform.config.endpoints().mqtt.split(":")
    command_key = bytes.fromhex(platform.config.secret("signer-public"))
    agent = Agent(
        AgentSettings(_SERIAL, command_key, platform.config.data / "module.db"),
        Silence(),
        Obedient(),
        connect=partial(mqtt.connect, mqtt.Broker(host, int(port), enrolment["secret"]), _SERIAL),
    )
    run = asyncio.create_task(agent.run())
    headers = {"Authorization": f"Bearer {key}"}
    try:
        async with httpx.AsyncClient(base_url=platform.config.endpoints().portal, headers=headers) as client:
            await _command(client)  # The module may still have to say hello.
            return [await _command(client) for _ in range(commands)]
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


async def _command(client: httpx.AsyncClient) -> float:
    """Milliseconds from the request until the command is known to be done. Raises RuntimeError."""
    began = time.perf_counter()
    answer = await client.post(f"/api/v1/vehicles/{_VIN}/commands", json={"command": "lock"})
    if answer.status_code != 202:
        raise RuntimeError(f"the portal refused the command: {answer.text}")
    command = answer.json()
    while command["state"] != "done":
        if time.perf_counter() - began > _PATIENCE_S or command["state"] in {"failed", "expired"}:
            raise RuntimeError(f"the command came to {command['state']}: {command['reason']}")
        await asyncio.sleep(_POLL_S)
        command = (await client.get(f"/api/v1/commands/{command['id']}")).json()
    return (time.perf_counter() - began) * 1000


def _prepare(platform: Engines) -> tuple[dict[str, str], str]:
    """A van with a module and the product that locks it; returns the enrolment and a key of the API."""
    _operate(platform, "company", "create", "Bench", "--market", "no")
    _operate(platform, "vehicle", "add", _VIN, "--company", "Bench")
    enrolment = _operate(platform, "module", "enrol", _SERIAL, "--vin", _VIN)
    _operate(platform, "service", "assign", _VIN, "remote-access")
    key = _operate(platform, "apikey", "create", "--company", "Bench", "--scope", "commands:write")
    return enrolment, key["key"]


def _operate(platform: Engines, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "kolonne", *words, "--json"]
    done = subprocess.run(command, env=platform.environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"kolonne {' '.join(words)}: {done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result
