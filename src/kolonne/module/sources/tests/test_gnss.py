"""NMEA 0183."""

import os
import pty
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.module.errors import SourceError
from kolonne.module.sources import Reading, SourceOptions
from kolonne.module.sources.gnss import GnssSource, SerialStream, open_gnss
from kolonne.module.sources.nmea import FixBuilder, Framer, checksum, parse


def sentence(content: str) -> bytes:
    return f"${content}*{checksum(content.encode()):02X}\r\n".encode()


RMC = "GNRMC,120000.00,A,5954.6000,N,01045.0000,E,20.0,270.5,010126,,,A"
GGA = "GNGGA,120000.00,5954.6000,N,01045.0000,E,1,09,0.9,23.5,M,40.0,M,,"
VTG = "GNVTG,270.5,T,,M,20.0,N,37.0,K,A"
NEXT = "GNRMC,120001.00,A,5954.6100,N,01045.0000,E,21.0,271.0,010126,,,A"

NOON = int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp() * 1000)


class Memory:
    """A stream that says what it was given, piece by piece."""

    def __init__(self, data: bytes, size: int = 7) -> None:
        self._pieces = [data[start : start + size] for start in range(0, len(data), size)]

    async def read(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


async def readings(data: bytes) -> list[Reading]:
    return [reading async for reading in GnssSource(Memory(data))]


async def test_sentences_of_one_moment_are_one_reading() -> None:
    first, second = await readings(b"".join(map(sentence, (RMC, VTG, GGA, NEXT))))
    assert first.t_ms == NOON
    assert first.signals == {
        "lat": 59.91,
        "lon": 10.75,
        "speed": 37.0,
        "heading": 270.5,
        "altitude": 23.5,
        "satellites": 9,
    }
    assert second.t_ms == NOON + 1000
    assert second.signals["speed"] == pytest.approx(38.892)


async def test_south_and_west_are_negative() -> None:
    (reading,) = await readings(sentence(RMC.replace(",N,", ",S,").replace(",E,", ",W,")))
    assert (reading.signals["lat"], reading.signals["lon"]) == (-59.91, -10.75)


@pytest.mark.parametrize(
    "content",
    [
        RMC.replace(",A,5954", ",V,5954"),  # no fix
        RMC.replace("010126,,,A", "010126,,,N"),
        RMC.replace("010126", ""),
        RMC.replace("120000.00", "250000.00"),
        RMC.replace("010126", "310226"),
        "GNRMC,,V,,,,,,,,,,N",
        "GNRMC",
    ],
)
async def test_a_receiver_without_a_fix_says_nothing(content: str) -> None:
    assert await readings(sentence(content)) == []


@pytest.mark.parametrize(
    "bad", ["0000.0000,N,00000.0000,E", "9954.6,N,01045.0,E", "5999.6,N,01045.0,E", "5954.6,X,1,E"]
)
async def test_a_false_position_leaves_the_speed(bad: str) -> None:
    (reading,) = await readings(sentence(RMC.replace("5954.6000,N,01045.0000,E", bad)))
    assert reading.signals == {"speed": 37.04, "heading": 270.5}


def test_a_wrong_checksum_is_refused() -> None:
    good = sentence(RMC)
    assert parse(good) is not None
    assert parse(good.replace(b"A,5954", b"A,5955")) is None
    assert parse(good[:-5]) is None


@given(st.binary(max_size=300), st.integers(0, 80))
def test_damage_costs_no_later_sentence(noise: bytes, cut: int) -> None:
    framer = Framer()
    found = framer.feed(sentence(RMC)[:cut] + noise + b"\n" + sentence(GGA))
    assert any(item.name == "GGA" for item in found)


@given(st.lists(st.text(alphabet="0123456789.,AVNSEWGPRMCTK-", max_size=60), max_size=10))
def test_no_fields_crash_the_builder(contents: list[str]) -> None:
    framer, fix = Framer(), FixBuilder()
    for content in contents:
        for name in ("GPRMC,", "GPGGA,", "GPVTG,"):
            for item in framer.feed(sentence(name + content)):
                fix.add(item)
    fix.finish()


@given(st.floats(-89.99, 89.99), st.floats(-179.99, 179.99))
def test_positions_survive_the_format(lat: float, lon: float) -> None:
    def written(value: float, digits: int, sides: str) -> str:
        degrees, minutes = divmod(round(abs(value) * 600_000), 600_000)
        return f"{degrees:0{digits}}{minutes / 10_000:07.4f},{sides[value < 0]}"

    content = f"GPRMC,120000,A,{written(lat, 2, 'NS')},{written(lon, 3, 'EW')},1.0,1.0,010126,,"
    fix = FixBuilder()
    item = parse(sentence(content))
    assert item is not None
    fix.add(item)
    result = fix.finish()
    assert result is not None
    if abs(lat) > 1e-5 and abs(lon) > 1e-5:
        assert abs(float(str(result[1]["lat"])) - lat) < 2e-6
        assert abs(float(str(result[1]["lon"])) - lon) < 2e-6


async def test_a_serial_device_is_read() -> None:
    """On a pseudo terminal, which behaves like one."""
    leader, follower = pty.openpty()
    source = aiter(GnssSource(SerialStream(f"{os.ttyname(follower)}@38400")))
    os.write(leader, sentence(RMC) + sentence(NEXT))
    assert (await anext(source)).t_ms == NOON
    os.close(leader)
    os.close(follower)


async def test_a_receiver_that_was_pulled_out_is_told_and_is_no_end_of_a_recording() -> None:
    leader, follower = pty.openpty()
    source = aiter(GnssSource(SerialStream(f"{os.ttyname(follower)}@38400")))
    os.close(leader)
    with pytest.raises(SourceError, match="gone"):
        await anext(source)
    os.close(follower)


def test_unusable_devices_are_told(tmp_path: Path) -> None:
    for options in (
        SourceOptions(),
        SourceOptions(device=str(tmp_path / "ttyUSB9")),
        SourceOptions(device="/dev/null@9600"),
        SourceOptions(file=tmp_path / "missing.nmea"),
    ):
        with pytest.raises(SourceError):
            open_gnss(options)


async def test_a_recorded_receiver_is_read(tmp_path: Path) -> None:
    file = tmp_path / "log.nmea"
    file.write_bytes(sentence(RMC) + sentence(GGA))
    (reading,) = [reading async for reading in open_gnss(SourceOptions(file=file)).source]
    assert reading.signals["altitude"] == 23.5
