"""Recordings."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.module.errors import SourceError
from kolonne.module.sources import Reading, SourceOptions, open_source
from kolonne.module.sources.rows import BadRow, Row, Unreadable
from kolonne.module.sources.table import moment, read_table
from kolonne.module.sources.trace import Trace, zone_named

RECORDINGS = Path(__file__).parents[6] / "shared" / "data" / "ev_twizy"

TWIZY_HEADER = (
    "Date,Time,Soc,Speed,Mode,LAT,LON,ALT,GpsSpeed,Temperature,Humidity,Weather,WindSpeedAv,Traffic,SpeedLimit\n"
)


async def collected(trace: Trace) -> list[Reading]:
    return [reading async for reading in trace]


def table(folder: Path, text: str) -> Path:
    file = folder / "recording.csv"
    file.write_text(text)
    return file


def milliseconds(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type]  # year to second


async def test_a_twizy_row_is_read(tmp_path: Path) -> None:
    """GpsSpeed is not the speed; D is drive."""
    row = "03/29/2021,11:13:46,87.54,12.5,D,33.986225,-6.725523,140.0,99.0,20.0,60.0,Clouds,2.49,0,40.0\n"
    (reading,) = await collected(Trace(table(tmp_path, TWIZY_HEADER + row), zone=UTC))
    assert reading.t_ms == milliseconds(2021, 3, 29, 11, 13, 46)
    assert reading.signals == {
        "soc": 87.54,
        "speed": 12.5,
        "selected_gear": 127,
        "lat": 33.986225,
        "lon": -6.725523,
        "altitude": 140.0,
        "outside_temperature": 20.0,
        "humidity": 60.0,
    }


async def test_local_times_are_read_in_the_given_zone(tmp_path: Path) -> None:
    file = table(tmp_path, TWIZY_HEADER + "7/1/2021,12:00:00,50,0,N,1,1,0,0,20,60,,0,0,0\n")
    (reading,) = await collected(Trace(file, zone=ZoneInfo("Europe/Oslo")))
    assert reading.t_ms == milliseconds(2021, 7, 1, 10, 0, 0)


@pytest.mark.parametrize("position", ["0.0,-6.85", "33.9,0", "0,0", "33.9,", ",", "33.9,1555.6"])
async def test_a_false_position_leaves_the_other_values(tmp_path: Path, position: str) -> None:
    file = table(tmp_path, TWIZY_HEADER + f"7/1/2021,12:00:00,50,7,N,{position},,,,,,,,\n")
    (reading,) = await collected(Trace(file, zone=UTC))
    assert reading.signals == {"soc": 50.0, "speed": 7.0, "selected_gear": 0}


async def test_broken_rows_are_skipped_with_line_field_and_reason(tmp_path: Path) -> None:
    """NF-04"""
    rows = [
        "time,speed,soc,locked",
        "2026-01-01T00:00:00Z,10,50,true",
        "yesterday,10,50,true",
        "2026-01-01T00:00:01Z,fast,50,true",
        "2026-01-01T00:00:02Z,10,101,true",
        "2026-01-01T00:00:03Z,10,50,perhaps",
        "2026-01-01T00:00:04Z,10,50",
        '2026-01-01T00:00:05Z,"10,50,true',
        "2026-01-01T00:00:06Z,nan,50,true",
        "",
        "2026-01-01T00:00:07Z,10,,false",
    ]
    file = table(tmp_path, "\n".join(rows))
    found = list(read_table(file, UTC))
    assert [(bad.line, bad.field) for bad in found if isinstance(bad, BadRow)] == [
        (3, "time"),
        (4, "speed"),
        (6, "locked"),
        (7, ""),
        (8, ""),
        (9, "speed"),
    ]
    assert [row.signals for row in found if isinstance(row, Row)] == [
        {"speed": 10.0, "soc": 50.0, "locked": True},
        {"speed": 10.0, "soc": 101.0, "locked": True},
        {"speed": 10.0, "locked": False},
    ]
    assert [row.impossible for row in found if isinstance(row, Row)] == [[], [("soc", "above 100")], []]
    trace = Trace(file, zone=UTC)
    assert len(await collected(trace)) == 3
    assert trace.skipped == 6


@pytest.mark.parametrize("separator", [",", ";", "\t"])
async def test_our_own_table_may_be_separated_in_three_ways(tmp_path: Path, separator: str) -> None:
    rows = [["time", "lat", "lon", "odometer", "note"], ["1767225600", "59.9", "10.7", "123", "hello"]]
    file = table(tmp_path, "\ufeff" + "\r\n".join(separator.join(row) for row in rows))
    (reading,) = await collected(Trace(file, zone=UTC))
    assert reading.t_ms == milliseconds(2026, 1, 1)
    assert reading.signals == {"lat": 59.9, "lon": 10.7, "odometer": 123}


def test_columns_that_mean_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="names no columns that are known"):
        Trace(table(tmp_path, "a,b\n1,2\n"), zone=UTC)


@pytest.mark.parametrize("text", ["", "\0\0", "{}", "time", "\n\n"])
def test_a_file_that_is_no_recording_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError):
        Trace(table(tmp_path, text), zone=UTC)


@given(st.text(max_size=60))
def test_no_text_crashes_the_reader_of_times(text: str) -> None:
    with suppress(Unreadable):
        assert 0 <= moment("time", text, UTC) < 4_102_444_800_000


@given(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 30)), st.sampled_from(["UTC", "Europe/Oslo", "+03:00"]))  # noqa: DTZ001  # zones follow
def test_written_times_are_read_back(time: datetime, zone: str) -> None:
    if zone == "+03:00":
        aware = datetime.fromisoformat(f"{time.isoformat()}+03:00")
        text = aware.isoformat()
    else:
        aware, text = time.replace(tzinfo=ZoneInfo(zone)), time.isoformat()
    expected = (aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000
    if expected >= 0:
        assert abs(moment("time", text, ZoneInfo(zone) if zone != "+03:00" else UTC) - expected) <= 1


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_no_row_crashes_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "noise.csv"
    file.write_text(TWIZY_HEADER + text, encoding="utf-8", newline="")
    for row in read_table(file, UTC):
        assert isinstance(row, Row | BadRow)


async def test_a_recording_goes_on_behind_its_mark(tmp_path: Path) -> None:
    """NF-05"""
    file = table(tmp_path, "time,soc\n" + "".join(f"{n},50\n" for n in range(10)))
    readings = await collected(Trace(file, zone=UTC))
    rest = Trace(file, zone=UTC)
    rest.resume(readings[6].mark)
    assert await collected(rest) == readings[7:]
    other = Trace(file, zone=UTC)
    other.resume("0123456789abcdef:7")
    assert await collected(other) == readings


async def test_rebased_recordings_end_now(tmp_path: Path) -> None:
    file = table(tmp_path, "time,soc\n1000,50\n1060,49\n")
    first, last = await collected(Trace(file, zone=UTC, rebase=True))
    now = datetime.now(UTC).timestamp() * 1000
    assert last.t_ms - first.t_ms == 60_000
    assert abs(now - last.t_ms) < 5000


async def test_paced_recordings_keep_their_intervals(tmp_path: Path) -> None:
    file = table(tmp_path, "time,soc\n1000,50\n1000.2,49\n")
    before = datetime.now(UTC)
    assert len(await collected(Trace(file, zone=UTC, realtime=True))) == 2
    assert (datetime.now(UTC) - before).total_seconds() >= 0.2


@pytest.mark.parametrize("version", ["http://www.topografix.com/GPX/1/0", "http://www.topografix.com/GPX/1/1"])
async def test_gpx_tracks_are_read(tmp_path: Path, version: str) -> None:
    file = tmp_path / "track.gpx"
    file.write_text(
        f"""<?xml version="1.0"?><gpx xmlns="{version}"><trk><trkseg>
        <trkpt lat="59.91" lon="10.75"><ele>23.5</ele><time>2026-01-01T12:00:00Z</time><speed>10</speed>
        <course>270</course><fix>3d</fix><sat>9</sat></trkpt>
        <trkpt lat="59.92" lon="10.76"><time>2026-01-01T12:00:01.5+00:00</time><extensions>
        <e:TrackPointExtension xmlns:e="x"><e:speed>5</e:speed></e:TrackPointExtension></extensions></trkpt>
        <trkpt lat="59.92" lon="10.76"/>
        <trkpt lat="x" lon="10.76"><time>2026-01-01T12:00:02Z</time></trkpt>
        </trkseg></trk></gpx>"""
    )
    trace = Trace(file, zone=UTC)
    first, second = await collected(trace)
    assert trace.skipped == 2
    assert first.t_ms == milliseconds(2026, 1, 1, 12)
    assert first.signals == {
        "lat": 59.91,
        "lon": 10.75,
        "altitude": 23.5,
        "speed": 36.0,
        "heading": 270.0,
        "satellites": 9,
        "fix": "THREE_D",
    }
    assert second.t_ms == first.t_ms + 1500
    assert second.signals["speed"] == 18.0


def test_a_broken_gpx_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "track.gpx"
    for text in ("<gpx>", "<html></html>", '<!DOCTYPE x [<!ENTITY a "b">]><gpx/>', "<"):
        file.write_text(text)
        with pytest.raises(SourceError):
            Trace(file, zone=UTC)


async def test_a_gpx_file_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "track.gpx"
    point = '<trkpt lat="1" lon="2"><time>2026-01-01T12:00:00Z</time></trkpt>'
    file.write_text(f"<gpx><trk><trkseg>{point}{point}<trkpt lat=")
    trace = Trace(file, zone=UTC)
    assert len(await collected(trace)) == 2
    assert trace.skipped == 1


def test_unknown_zones_and_sources_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a time zone"):
        zone_named("Mars/Olympus")
    with pytest.raises(SourceError, match="choose one of"):
        open_source("flux", SourceOptions())
    with pytest.raises(SourceError, match="needs --file"):
        open_source("trace", SourceOptions())
    with pytest.raises(SourceError, match="no such file"):
        open_source("trace", SourceOptions(file=tmp_path / "missing.csv"))


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recorded vehicle data is not here")
@pytest.mark.parametrize("name", sorted(file.name for file in RECORDINGS.glob("*.csv")) or ["none"])
async def test_every_row_of_a_real_recording_is_read(name: str) -> None:
    """As many readings as rows with a possible date; a latitude of 0 or a longitude of 1555 is no position."""
    file = RECORDINGS / name
    trace = Trace(file, zone=UTC)
    readings = await collected(trace)
    rows = [line.split(",") for line in file.read_text().splitlines()[1:]]
    usable = [row for row in rows if row[0].split("/")[2] == "2021"]
    assert (len(readings), trace.skipped) == (len(usable), len(rows) - len(usable))
    for reading, row in zip(readings, usable, strict=True):
        assert reading.signals["soc"] == float(row[2])
        assert reading.signals["speed"] == float(row[3])
        lat, lon = float(row[5]), float(row[6])
        expected = (lat, lon) if lat and abs(lon) <= 180 else (None, None)
        assert (reading.signals.get("lat"), reading.signals.get("lon")) == expected
