"""NMEA 0183 sentences of GNSS receivers: RMC, GGA and VTG of any talker. Pure bytes and values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kolonne.wire.signals import Value, catalogue

LONGEST_SENTENCE = 256
"""The standard says 82 characters; some receivers write more."""

_KMH_PER_KNOT = 1.852
_SENTENCE = re.compile(rb"\$([A-Z]{2})(RMC|GGA|VTG),([\x20-\x7e]*)\*([0-9A-Fa-f]{2})$")
_VALID_MODES = {"", "A", "D", "F", "P", "R", "E"}
"""Mode indicators of a usable fix; N is none, M and S are typed in and simulated."""


@dataclass(frozen=True)
class Sentence:
    """A sentence whose checksum fits; `fields` are those after its name."""

    name: str
    fields: Sequence[str]


def checksum(content: bytes) -> int:
    """Exclusive or of everything between `$` and `*`."""
    result = 0
    for byte in content:
        result ^= byte
    return result


def parse(line: bytes) -> Sentence | None:
    """The sentence in a line; None if it is another one, cut off or damaged."""
    match = _SENTENCE.search(line.strip())
    if match is None or checksum(match.group(0)[1:-3]) != int(match.group(4), 16):
        return None
    return Sentence(match.group(2).decode(), match.group(3).decode().split(","))


class Framer:
    """Cuts a stream of bytes into sentences; counts lines that are none of ours or damaged."""

    def __init__(self) -> None:
        self._rest = b""
        self.unusable = 0

    def feed(self, data: bytes) -> list[Sentence]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_SENTENCE:
            self._rest = b""
            self.unusable += 1
        sentences = [parse(line) for line in lines if line.strip()]
        self.unusable += sentences.count(None)
        return [sentence for sentence in sentences if sentence is not None]


@dataclass
class FixBuilder:
    """Joins the sentences of one moment; a sentence of another moment completes the last fix.

    Only RMC carries a date, so there is nothing to tell before the first one.
    """

    _time: str = ""
    _date: str = ""
    _values: dict[str, Value] = field(default_factory=dict)

    def add(self, sentence: Sentence) -> tuple[int, dict[str, Value]] | None:
        """Milliseconds since 1970 and signals of the fix that this sentence completes, if it completes one."""
        if sentence.name == "VTG":
            self._values |= _vtg(sentence.fields)
            return None
        complete = self.finish() if sentence.fields[0] != self._time else None
        self._time = sentence.fields[0]
        if sentence.name == "RMC":
            self._date = sentence.fields[8] if len(sentence.fields) > 8 else ""
            self._values |= _rmc(sentence.fields)
        else:
            self._values |= _gga(sentence.fields)
        return complete

    def finish(self) -> tuple[int, dict[str, Value]] | None:
        """What is there so far, at the end of the stream."""
        t_ms, values = _moment(self._date, self._time), self._values
        self._values = {}
        return (t_ms, values) if t_ms is not None and values else None


def _rmc(fields: Sequence[str]) -> dict[str, Value]:
    if len(fields) < 9 or fields[1] != "A" or (len(fields) > 11 and fields[11] not in _VALID_MODES):
        return {}
    return _position(fields[2:6]) | _sound("speed", fields[6], _KMH_PER_KNOT) | _sound("heading", fields[7])


def _gga(fields: Sequence[str]) -> dict[str, Value]:
    if len(fields) < 9 or not fields[5].isdecimal():
        return {}
    if fields[5] == "0":
        return {"fix": "NONE"}
    return _position(fields[1:5]) | _sound("altitude", fields[8]) | _sound("satellites", fields[6])


def _vtg(fields: Sequence[str]) -> dict[str, Value]:
    if len(fields) < 8 or (len(fields) > 8 and fields[8] not in _VALID_MODES):
        return {}
    return _sound("heading", fields[0]) | _sound("speed", fields[6])


def _position(fields: Sequence[str]) -> dict[str, Value]:
    lat = _degrees(fields[0], 2, fields[1], "NS")
    lon = _degrees(fields[2], 3, fields[3], "EW")
    if not lat or not lon or abs(lat) > 90 or abs(lon) > 180:
        return {}  # exactly zero is what receivers say before they know
    return {"lat": lat, "lon": lon}


def _degrees(text: str, digits: int, side: str, sides: str) -> float | None:
    """`5954.1234,N`: degrees and minutes run together."""
    if not re.fullmatch(rf"\d{{{digits}}}[0-5]\d(\.\d+)?", text, re.ASCII) or side not in sides or not side:
        return None
    value = int(text[:digits]) + float(text[digits:]) / 60
    return round(-value if side == sides[1] else value, 8)


def _sound(name: str, text: str, factor: float = 1.0) -> dict[str, Value]:
    """The signal if the text is a possible value of it."""
    if not re.fullmatch(r"-?\d+(\.\d*)?", text, re.ASCII):
        return {}
    value = int(text) if catalogue()[name].kind == "int" and "." not in text else round(float(text) * factor, 6)
    return {name: value} if catalogue()[name].complaint(value) is None else {}


def _moment(date: str, time: str) -> int | None:
    """From `ddmmyy` and `hhmmss.sss`, both UTC."""
    match = re.fullmatch(r"(\d{6})(\.\d{1,9})?", time, re.ASCII)
    if match is None or not re.fullmatch(r"\d{6}", date, re.ASCII):
        return None
    try:
        moment = datetime.strptime(date + match.group(1), "%d%m%y%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000 + round(float(match.group(2) or 0) * 1000)
