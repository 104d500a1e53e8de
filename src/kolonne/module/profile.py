"""What the platform wants collected, and the choice of it from a reading.

Before a module ever heard a profile it collects nothing, because what is not paid for is not collected; afterwards the
last profile counts until the next, also over a restart without a connection.

A profile with the known or a higher version is obeyed at once. A lower one is doubted: some part of the platform may
not know the latest yet. The module says hello again, and obeys it only if `DOUBT_S` later it is still told no better.
Then the platform was restored from a backup, or the module serves another van.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from kolonne.module.commands import OnDisk
from kolonne.module.errors import StoreFull
from kolonne.module.log import Log
from kolonne.module.outbox import Outbox
from kolonne.module.store import Store
from kolonne.wire.messages import Profile, WireError, encode_json, is_json
from kolonne.wire.signals import Value, catalogue

TOLERANCE = 0.9
"""A reading may come a tenth of its interval early: sources do not tick exactly."""

LONGEST_INTERVAL_S = 30 * 86400
PATIENCE_S = 10.0
DOUBT_S = 10.0
"""Longer than any part of the platform may go without reading its database again."""

_json = msgspec.json.Decoder(Profile)
_pack = msgspec.msgpack.Decoder(Profile)


def decode_profile(payload: bytes) -> Profile:
    """Signals of a later catalogue are left out. Raises WireError."""
    try:
        profile = (_json if is_json(payload) else _pack).decode(payload)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(str(error)) from error
    for name, interval in profile.signals.items():
        if not 0 <= interval <= LONGEST_INTERVAL_S:
            raise WireError(f"{name}: {interval} s is not an interval from 0 to {LONGEST_INTERVAL_S}")
    known = catalogue()
    return Profile(profile.version, {name: s for name, s in profile.signals.items() if name in known})


def encode_profile(profile: Profile) -> str:
    return encode_json(profile).decode("utf-8")


class Selection:
    """Applies a profile to readings, in the order of their times."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.impossible = 0
        """Values that were left out because no reading of their signal looks like that."""
        self._wait_ms = {name: interval * 1000 * TOLERANCE for name, interval in profile.signals.items()}
        self._taken_ms: dict[str, int] = {}

    @property
    def is_silence(self) -> bool:
        return not self._wait_ms

    def choose(self, t_ms: int, signals: Mapping[str, Value]) -> dict[str, Value]:
        """The signals that are wanted and due."""
        known = catalogue()
        chosen: dict[str, Value] = {}
        for name, value in signals.items():
            wait = self._wait_ms.get(name)
            if wait is None or not self._is_due(name, t_ms, wait):
                continue
            if known[name].complaint(value) is not None:
                self.impossible += 1
                continue
            self._taken_ms[name] = t_ms
            chosen[name] = value
        return chosen

    def _is_due(self, name: str, t_ms: int, wait: float) -> bool:
        """A clock that jumped back begins a new count."""
        last = self._taken_ms.get(name)
        return last is None or t_ms - last >= wait or t_ms < last


class ProfileDesk:
    """Takes the platform's profiles, keeps the one that counts on disk and in force."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        *,
        on_disk: OnDisk,
        flush: Callable[[], Awaitable[None]],
        ask_again: Callable[[], None],
        log: Log,
    ) -> None:
        """Begins with the profile from before a restart. `flush` writes readings that were chosen by it."""
        self._store = store
        self._outbox = outbox
        self._on_disk = on_disk
        self._flush = flush
        self._ask_again = ask_again
        self._log = log
        kept = store.note("profile")
        self._is_known = bool(kept)
        self.selection = Selection(decode_profile(kept.encode("utf-8")) if kept else Profile(0, {}))
        self._heard = asyncio.Event()
        self._doubt = Doubt()
        self._impossible_before = 0

    @property
    def impossible_values(self) -> int:
        """Since the start, over all profiles."""
        return self._impossible_before + self.selection.impossible

    def forget(self) -> None:
        """Nothing is collected until the platform says something new."""
        self._impossible_before += self.selection.impossible
        self.selection, self._is_known = Selection(Profile(0, {})), False
        self._doubt = Doubt()

    async def first(self) -> None:
        """Waits for the platform's word. A recording is worth nothing without a profile, and may be wasted on an old
        one."""
        while not self._heard.is_set():
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._heard.wait()
            except TimeoutError:
                if self._is_known:
                    return
                self._log.warning("waiting for the platform's first profile")

    async def receive(self, payload: bytes) -> None:
        """Obeys a profile message. Raises StoreError, but not for a full disk."""
        try:
            profile = decode_profile(payload)
        except WireError as error:
            self._log.warning("profile cannot be read", reason=error)
            return
        known = self.selection.profile
        if not self._doubt.is_over(profile.version, known.version, time.monotonic()):
            self._log.info("older profile doubted", version=profile.version, known=known.version)
            self._ask_again()
            return
        if profile != known or not self._is_known:
            await self._obey(profile)
        self._heard.set()

    async def _obey(self, profile: Profile) -> None:
        self._log.info("profile changed", version=profile.version, signals=len(profile.signals))
        old = self.selection.profile
        self._impossible_before = self.impossible_values
        self.selection = Selection(profile)
        self._is_known = True
        try:
            if old.signals.keys() - profile.signals.keys():
                await self._flush()
                await self._on_disk(self._outbox.keep_only, profile.signals.keys())
            await self._on_disk(self._store.put_note, "profile", encode_profile(profile))
        except StoreFull as error:
            # What waits is sent as it is, and refused by the platform; the profile comes with every hello.
            self._log.warning("disk is full: the profile counts for this run only", reason=error)


class Doubt:
    """Whether a profile may follow the known one. Pure: times are seconds on any monotonic clock."""

    def __init__(self) -> None:
        self._since: float | None = None

    def is_over(self, version: int, known: int, now: float) -> bool:
        """Told `version`: whether to obey it. A lower one must be told again after a while, and nothing better."""
        if version < known and (self._since is None or now - self._since < DOUBT_S):
            self._since = now if self._since is None else self._since
            return False
        self._since = None
        return True
