"""CAN frames, by table and by OBD-II."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.module.errors import SourceError
from kolonne.module.sources import SourceOptions
from kolonne.module.sources.candb import (
    OBD_QUESTIONS,
    CanFrame,
    Decoder,
    SignalDefinition,
    load_definitions,
    obd_answer,
    obd_request,
    raw_value,
)
from kolonne.module.sources.socketcan import CanSource, SocketCanBus, open_can, packed, unpacked

TABLE = """
[[signals]]
signal = "speed"
can_id = 0x130
start = 0
length = 16
scale = 0.01

[[signals]]
signal = "battery_current"
can_id = 0x130
start = 23
length = 16
order = "big"
signed = true
scale = 0.5

[[signals]]
signal = "locked"
can_id = 0x18FF1234
extended = true
start = 2
length = 2
values = { "1" = true, "2" = false }
"""


class MemoryBus:
    """Hears what it is given, remembers what is sent."""

    def __init__(self, *frames: CanFrame) -> None:
        self._frames = list(frames)
        self.sent: list[CanFrame] = []
        self.asked = asyncio.Event()

    async def receive(self) -> CanFrame | None:
        if self._frames:
            return self._frames.pop(0)
        await self.asked.wait()
        return None

    async def send(self, frame: CanFrame) -> None:
        self.sent.append(frame)
        if len(self.sent) == len(OBD_QUESTIONS):
            self.asked.set()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "signals.toml"
    file.write_text(TABLE)
    return file


def test_a_table_reads_frames(file: Path) -> None:
    decoder = Decoder.of(load_definitions(file))
    frame = CanFrame(0x130, (4321).to_bytes(2, "little") + (-100).to_bytes(2, "big", signed=True) + bytes(4))
    assert decoder.decode(frame) == {"speed": 43.21, "battery_current": -50.0}
    assert decoder.decode(CanFrame(0x18FF1234, b"\x04", extended=True)) == {"locked": True}
    assert decoder.decode(CanFrame(0x18FF1234, b"\x0c", extended=True)) == {}
    assert decoder.decode(CanFrame(0x130, b"\x01")) == {}
    assert decoder.decode(CanFrame(0x131, bytes(8))) == {}


def test_values_that_cannot_be_are_left_out(file: Path) -> None:
    assert "speed" not in Decoder.of(load_definitions(file)).decode(CanFrame(0x130, b"\xff\xff" + bytes(6)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ('signal = "speed"|signal = "flux"', "no signal of the catalogue"),
        ("can_id = 0x130|can_id = 0x1FFFF", "can_id does not fit"),
        ("length = 16|length = 65", "length 1 to 64"),
        ("length = 16|lenght = 16", "no table of signals"),
        ('"1" = true|"1" = "open"', "values.1: expected true or false"),
        ("[[signals]]|[[", "no table of signals"),
    ],
)
def test_mistakes_in_a_table_are_told(file: Path, change: str, complaint: str) -> None:
    """NF-04"""
    old, new = change.split("|")
    file.write_text(TABLE.replace(old, new, 1))
    with pytest.raises(SourceError, match=complaint):
        load_definitions(file)


def test_a_table_may_be_json(tmp_path: Path) -> None:
    file = tmp_path / "signals.json"
    file.write_text('{"signals": [{"signal": "soc", "can_id": 291, "start": 7, "length": 8, "order": "big"}]}')
    assert Decoder.of(load_definitions(file)).decode(CanFrame(291, b"\x32")) == {"soc": 50.0}


@given(st.integers(1, 64), st.data(), st.sampled_from(["little", "big"]), st.booleans())
def test_any_bits_come_back(length: int, data: st.DataObject, order: str, signed: bool) -> None:
    low, high = (-(1 << length - 1), (1 << length - 1) - 1) if signed else (0, (1 << length) - 1)
    value = data.draw(st.integers(low, high))
    shift = data.draw(st.integers(0, 64 - length))
    raw = ((value & ((1 << length) - 1)) << shift).to_bytes(8, "little" if order == "little" else "big")
    from_left = 64 - shift - length
    start = shift if order == "little" else 8 * (from_left // 8) + 7 - from_left % 8
    definition = SignalDefinition("soc", 1, start, length, order, signed)  # type: ignore[arg-type]  # one of the two
    assert raw_value(definition, raw) == value


@given(st.builds(CanFrame, st.integers(0, 0x7FF), st.binary(max_size=8), st.just(value=False)))
def test_frames_survive_the_kernels_format(frame: CanFrame) -> None:
    assert unpacked(packed(frame)) == frame


def test_remote_and_error_frames_say_nothing() -> None:
    assert unpacked(packed(CanFrame(0x40000001, b""))) is None
    assert unpacked(packed(CanFrame(0x20000001, b""))) is None
    assert unpacked(b"short") is None


def test_obd_answers_are_read() -> None:
    """SAE J1979 mode 01."""
    assert obd_request(OBD_QUESTIONS[0]) == CanFrame(0x7DF, b"\x02\x01\x0d\xcc\xcc\xcc\xcc\xcc")
    assert obd_answer(CanFrame(0x7E8, b"\x03\x41\x0d\x32")) == {"speed": 50.0}
    assert obd_answer(CanFrame(0x7E8, b"\x04\x41\x0c\x1a\xf8")) == {"engine_speed": 1726.0}
    assert obd_answer(CanFrame(0x7E9, b"\x03\x41\x05\x7b\x00")) == {"coolant_temperature": 83.0}
    assert obd_answer(CanFrame(0x7E8, b"\x03\x41\x2f\x80")) == {"fuel_level": 50}


@given(st.builds(CanFrame, st.integers(0x7E0, 0x7F0), st.binary(max_size=8)))
def test_no_frame_crashes_the_reader_of_answers(frame: CanFrame) -> None:
    obd_answer(frame)


async def test_the_source_asks_and_listens(file: Path) -> None:
    bus = MemoryBus(CanFrame(0x7E8, b"\x03\x41\x0d\x32"), CanFrame(0x001, b""), CanFrame(0x130, b"\x64\x00"))
    source = CanSource(bus, Decoder.of(load_definitions(file)), wall_ms=lambda: 5)
    readings = [reading async for reading in source]
    assert [(reading.t_ms, reading.signals) for reading in readings] == [(5, {"speed": 50.0}), (5, {"speed": 1.0})]
    assert [frame.data[2] for frame in bus.sent] == [0x0D, 0x0C, 0x05, 0x2F]


def test_a_missing_interface_is_told() -> None:
    with pytest.raises(SourceError):
        SocketCanBus("nocan7")
    with pytest.raises(SourceError, match="needs --device"):
        open_can(SourceOptions())
