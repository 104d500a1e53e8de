"""What the platform wants collected, and the choice of it from a reading.

Before a module ever heard a profile it collects nothing, because what is not paid for is not collected; afterwards the
last profile counts until the next, also over a restart without a connection.
"""

from collections.abc import Mapping

import msgspec

from kolonne.wire.messages import Profile, WireError, encode_json, is_json
from kolonne.wire.signals import Value, catalogue

TOLERANCE = 0.9
"""A reading may come a tenth of its interval early: sources do not tick exactly."""

LONGEST_INTERVAL_S = 30 * 86400

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
