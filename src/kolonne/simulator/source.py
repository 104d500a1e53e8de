"""A simulated van as source and actuators of a communication module."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping

from kolonne.module.sources import Outcome, Reading
from kolonne.simulator.van import orders
from kolonne.simulator.van.simulated import SimulatedVan
from kolonne.wire.signals import Value

HISTORY_EVERY_MS = 10_000
"""Between two readings of what a moving van did before the simulation began; it records each second since then."""
DELAY_S = (0.3, 0.9)
"""How long an actuator takes."""
PROFILE_PATIENCE_S = 15.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class LivingVan:
    """A simulated van in real time: source of readings and actuators in one, because an order shows at once."""

    def __init__(
        self,
        van: SimulatedVan,
        *,
        clock: Callable[[], int] = now_ms,
        ready: asyncio.Event | None = None,
        watch: Callable[[SimulatedVan], None] = lambda van: None,
    ) -> None:
        """History is told once `ready` is set (a module that knows no profile yet keeps nothing).

        `watch` is called after each step of the van.
        """
        self.van = van
        self._clock = clock
        self._ready = ready
        self._watch = watch
        self._obeyed = asyncio.Event()
        self._phase_ms = van.chance.randrange(1000)

    @property
    def capabilities(self) -> frozenset[str]:
        return orders.capabilities(self.van.model)

    @property
    def moving(self) -> bool | None:
        return self.van.state.moving

    async def execute(self, command: str, args: Mapping[str, Value]) -> Outcome:
        """After a plausible delay; a failure says why, and the state is told in either case."""
        await asyncio.sleep(self.van.chance.uniform(*DELAY_S))
        self.van.advance(self._clock())
        reason = self.van.order(command, args)
        self._obeyed.set()
        state = self.van.tell(orders.confirmation(command))
        return Outcome("failed", reason, state) if reason else Outcome("done", state=state)

    async def __aiter__(self) -> AsyncIterator[Reading]:
        await self._until_ready()
        for reading in self._history():
            yield reading
        while True:
            await self._until_next()
            self.van.advance(self._clock())
            self._watch(self.van)
            signals = self.van.reading()
            if signals is not None:
                yield Reading(self.van.now_ms, signals)

    def _history(self) -> list[Reading]:
        """What the van did between its own time and now."""
        readings = []
        while (then := self.van.now_ms + 1000) <= self._clock():
            self.van.advance(then)
            signals = self.van.reading(every_ms=HISTORY_EVERY_MS)
            if signals is not None:
                readings.append(Reading(self.van.now_ms, signals))
        return readings

    async def _until_ready(self) -> None:
        if self._ready is not None:
            try:
                async with asyncio.timeout(PROFILE_PATIENCE_S):
                    await self._ready.wait()
            except TimeoutError:
                return

    async def _until_next(self) -> None:
        """Once a second, each van at its own moment of it; at once after an order."""
        self._obeyed.clear()
        left_ms = 1000 - (self._clock() - self._phase_ms) % 1000
        try:
            async with asyncio.timeout(left_ms / 1000):
                await self._obeyed.wait()
        except TimeoutError:
            return
