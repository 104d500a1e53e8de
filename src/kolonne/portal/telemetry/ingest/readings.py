"""The slow path: takes a point apart, keeps its good readings and explains each bad one."""

from dataclasses import dataclass, field

from kolonne.portal.telemetry.ingest.plans import Profile
from kolonne.wire.signals import Value, catalogue

INVALID = "invalid"
_SHOWN = 60


@dataclass(slots=True)
class Sifted:
    """What became of a point's readings."""

    good: dict[str, Value] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    """In words, each with field, value and reason."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(reason, signal), for the counters; a signal that is not in the catalogue counts as ''."""


def sift(
    readings: dict[str, Value], *, profile: Profile, refusal: str, then: tuple[frozenset[str], str] | None = None
) -> Sifted:
    """Good readings of the profile, in the order sent. `refusal` is the reason for those outside the profile; `then`
    what was allowed at the point's own time, and the reason for what was not."""
    sifted = Sifted()
    for name, value in readings.items():
        signal = catalogue().get(name)
        if signal is None:
            sifted.complaints.append(f"{shown(name)}: not in the signal catalogue")
            sifted.refused.append((INVALID, ""))
        elif name not in profile.signals:
            sifted.refused.append((refusal, name))
        elif then is not None and name not in then[0]:
            sifted.refused.append((then[1], name))
        elif complaint := signal.complaint(value):
            sifted.complaints.append(f"{name}: {shown(value)}: {complaint}")
            sifted.refused.append((INVALID, name))
        else:
            sifted.good[name] = int(value) if signal.kind == "int" else value  # type: ignore[arg-type]  # a number
    return sifted


def shown(value: object) -> str:
    """A value as ASCII that fits into a line, whatever a module sent."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
