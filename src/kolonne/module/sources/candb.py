"""CAN frames to signals: by a table of definitions, and the standard questions of OBD-II. Pure bytes and values."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from kolonne.module.errors import SourceError
from kolonne.wire.signals import Value, catalogue

OBD_REQUEST_ID = 0x7DF
OBD_ANSWER_IDS = range(0x7E8, 0x7F0)
_SHOW_CURRENT_DATA, _ANSWER = 0x01, 0x41
_PADDING = 0xCC


class CanFrame(NamedTuple):
    """A classic CAN frame: 11 or 29 bits of identifier, up to 8 bytes."""

    can_id: int
    data: bytes
    extended: bool = False


class SignalDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a signal lies in a frame. Bits are counted as in a DBC file.

    `little`: `start` is the lowest bit, bit n is bit n % 8 of byte n // 8. `big`: `start` is the highest bit, and the
    next lower one is to its right, then bit 7 of the following byte.
    """

    signal: str
    can_id: int
    start: int
    length: int
    order: Literal["little", "big"] = "little"
    signed: bool = False
    scale: float = 1.0
    offset: float = 0.0
    extended: bool = False
    values: dict[str, Value] = {}
    """Raw value (as a text, since tables know no other keys) to reading; other raw values say nothing."""


class ObdQuestion(NamedTuple):
    """A parameter of OBD-II mode 01: value = scale * (bytes as one number) + offset."""

    signal: str
    pid: int
    length: int
    scale: float
    offset: float


OBD_QUESTIONS = (
    ObdQuestion("speed", 0x0D, 1, 1.0, 0.0),
    ObdQuestion("engine_speed", 0x0C, 2, 0.25, 0.0),
    ObdQuestion("coolant_temperature", 0x05, 1, 1.0, -40.0),
    ObdQuestion("fuel_level", 0x2F, 1, 100 / 255, 0.0),
)


def load_definitions(file: Path) -> list[SignalDefinition]:
    """A TOML or JSON file with a list `signals`. Raises SourceError that names the entry."""
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        definitions = msgspec.convert(content.get("signals"), list[SignalDefinition])
    except (OSError, ValueError, AttributeError, msgspec.ValidationError) as error:
        raise SourceError(f"{file}: no table of signals ({error})") from error
    for position, definition in enumerate(definitions):
        if complaint := _complaint(definition):
            raise SourceError(f"{file}: signals[{position}] ({definition.signal}): {complaint}")
    return definitions


@dataclass(frozen=True)
class Decoder:
    """Reads frames by a table."""

    by_id: Mapping[tuple[int, bool], list[SignalDefinition]]

    @classmethod
    def of(cls, definitions: Iterable[SignalDefinition]) -> "Decoder":
        by_id: dict[tuple[int, bool], list[SignalDefinition]] = {}
        for definition in definitions:
            by_id.setdefault((definition.can_id, definition.extended), []).append(definition)
        return cls(by_id)

    def decode(self, frame: CanFrame) -> dict[str, Value]:
        """The readings in a frame; what the frame is too short for, or cannot be, is left out."""
        readings = {}
        for definition in self.by_id.get((frame.can_id, frame.extended), ()):
            value = decoded(definition, frame.data)
            if value is not None:
                readings[definition.signal] = value
        return readings


def decoded(definition: SignalDefinition, data: bytes) -> Value | None:
    raw = raw_value(definition, data)
    if raw is None:
        return None
    if definition.values:
        return definition.values.get(str(raw))
    return fitting(definition.signal, raw * definition.scale + definition.offset)


def raw_value(definition: SignalDefinition, data: bytes) -> int | None:
    """The bits of a signal as a number; None when the frame is too short."""
    if definition.order == "little":
        value, shift = int.from_bytes(data, "little"), definition.start
        enough = definition.start + definition.length <= 8 * len(data)
    else:
        value = int.from_bytes(data, "big")
        from_left = 8 * (definition.start // 8) + 7 - definition.start % 8
        shift = 8 * len(data) - from_left - definition.length
        enough = shift >= 0
    if not enough:
        return None
    raw = (value >> shift) & ((1 << definition.length) - 1)
    negative = definition.signed and raw >> (definition.length - 1)
    return raw - (1 << definition.length) if negative else raw


def fitting(signal: str, number: float) -> Value | None:
    """The number as a reading of the signal, if it can be one."""
    known = catalogue()[signal]
    value: Value = bool(number) if known.kind == "bool" else round(number) if known.kind == "int" else round(number, 6)
    return value if known.complaint(value) is None else None


def obd_request(question: ObdQuestion) -> CanFrame:
    """Asks every control unit (ISO 15765-4, single frame)."""
    return CanFrame(OBD_REQUEST_ID, bytes([2, _SHOW_CURRENT_DATA, question.pid]) + bytes([_PADDING] * 5))


def obd_answer(frame: CanFrame) -> dict[str, Value]:
    """The reading in an answer; empty if it is none that we ask for."""
    data = frame.data
    if frame.extended or frame.can_id not in OBD_ANSWER_IDS or len(data) < 4 or data[1] != _ANSWER:
        return {}
    question = next((question for question in OBD_QUESTIONS if question.pid == data[2]), None)
    if question is None or data[0] != 2 + question.length or len(data) < 3 + question.length:
        return {}
    number = int.from_bytes(data[3 : 3 + question.length], "big") * question.scale + question.offset
    value = fitting(question.signal, number)
    return {} if value is None else {question.signal: value}


def _complaint(definition: SignalDefinition) -> str:
    known = catalogue().get(definition.signal)
    if known is None:
        return "no signal of the catalogue (docs/reference/wire.md)"
    if not (1 <= definition.length <= 64 and 0 <= definition.start <= 63):
        return "start is 0 to 63, length 1 to 64"
    if not 0 <= definition.can_id < (1 << 29 if definition.extended else 1 << 11):
        return "can_id does not fit: 11 bits, or 29 with extended = true"
    wrong = next((raw for raw, value in definition.values.items() if known.complaint(value)), None)
    if wrong is not None:
        return f"values.{wrong}: {known.complaint(definition.values[wrong])}"
    return "needs `values`, as it is a text" if known.kind.startswith("text") and not definition.values else ""
