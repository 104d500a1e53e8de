"""Ends the live sessions of modules that were locked out."""

import asyncio
import json
import time
from collections import OrderedDict

import nats.errors
import structlog
from nats.aio.client import Client

from kolonne.portal.telemetry.registry import metrics
from kolonne.portal.telemetry.registry.callout import ACCOUNT, Session

log = structlog.get_logger()

_REMEMBERED = 200_000
_AGAIN_S = 30.0
"""A connection that was let in a moment before its module was locked out may appear only now."""
_GATHER_S = 0.5


class Sessions:
    """Knows which connection each module has, if this process let it in, and asks the servers otherwise."""

    def __init__(self, system: Client) -> None:
        self._system = system
        self._live: OrderedDict[str, Session] = OrderedDict()
        self._watched: dict[str, float] = {}

    def opened(self, session: Session) -> None:
        self._live[session.serial] = session
        self._live.move_to_end(session.serial)
        while len(self._live) > _REMEMBERED:
            self._live.popitem(last=False)

    async def end(self, serial: str) -> None:
        """Ends the module's session at once, and any that still appears within half a minute."""
        self._watched[serial] = time.monotonic() + _AGAIN_S
        session = self._live.pop(serial, None)
        if session is not None:
            await self._kick(session)
        await self._sweep(serial)

    async def sweep(self) -> None:
        """Looks again for sessions of modules that were locked out lately."""
        now = time.monotonic()
        self._watched = {serial: until for serial, until in self._watched.items() if until > now}
        for serial in self._watched:
            await self._sweep(serial)

    async def _sweep(self, serial: str) -> None:
        for session in await self._find(serial):
            await self._kick(session)

    async def _find(self, serial: str) -> list[Session]:
        """Asks all servers of the cluster."""
        found: list[Session] = []
        inbox = self._system.new_inbox()
        replies = await self._system.subscribe(inbox)
        question = {"auth": True, "user": serial, "acc": ACCOUNT}
        await self._system.publish("$SYS.REQ.SERVER.PING.CONNZ", json.dumps(question).encode(), reply=inbox)
        try:
            async with asyncio.timeout(_GATHER_S):
                async for reply in replies.messages:
                    body = json.loads(reply.data)
                    connections = (body.get("data") or {}).get("connections") or []
                    found += [Session(serial, body["server"]["id"], found_one["cid"]) for found_one in connections]
        except TimeoutError:
            pass
        finally:
            await replies.unsubscribe()
        return found

    async def _kick(self, session: Session) -> None:
        subject = f"$SYS.REQ.SERVER.{session.server_id}.KICK"
        try:
            await self._system.request(subject, json.dumps({"cid": session.client_id}).encode(), timeout=2)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError) as error:
            log.warning("a session could not be ended", serial=session.serial, error=str(error))
            return
        metrics.KICKED.inc()
        log.info("session ended", serial=session.serial)
