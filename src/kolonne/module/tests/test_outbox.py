"""The outbox: numbers, bounds, holes and damage."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from kolonne.module.errors import StoreError, StoreFull
from kolonne.module.link import encoded
from kolonne.module.outbox import BATCH_BYTES, Limits, Outbox
from kolonne.module.points import Point
from kolonne.module.store import Store, module_key_bytes
from kolonne.wire.messages import MAX_POINTS, decode_telemetry


def points(count: int, name: str = "speed", start: int = 1) -> list[Point]:
    return [Point(n, {name: float(n)}) for n in range(start, start + count)]


def fill_disk(store: Store) -> None:
    """The store's file may not grow any more."""
    with store.reading() as connection:
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count = {pages}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def test_points_are_numbered_for_ever(file: Path) -> None:
    outbox = Outbox(Store(file))
    outbox.append(points(3))
    outbox.acknowledge(3)
    outbox.settle()
    outbox._store.close()
    reopened = Outbox(Store(file))
    reopened.append(points(2))
    batch = reopened.batch(reopened.acked)
    assert batch is not None
    assert (batch.sequence, batch.last, batch.dropped) == (4, 5, 0)


def test_a_batch_is_a_message_that_the_platform_reads(file: Path) -> None:
    outbox = Outbox(Store(file))
    outbox.append([Point(1_700_000_000_000, {"lat": 59.91, "locked": True, "dtc_list": ["P0420"]})])
    batch = outbox.batch(0)
    assert batch is not None
    message = decode_telemetry(encoded(batch))
    assert (message.epoch, message.sequence, message.dropped) == (outbox.epoch, 1, 0)
    assert message.points == [(1_700_000_000_000, {"lat": 59.91, "locked": True, "dtc_list": ["P0420"]})]


def test_batches_are_bounded_in_points_and_bytes(file: Path) -> None:
    outbox = Outbox(Store(file))
    outbox.append(points(MAX_POINTS + 1))
    first = outbox.batch(0)
    assert first is not None
    assert len(first.bodies) == MAX_POINTS
    outbox.append([Point(n, {"dtc_list": ["x" * 60] * 32}) for n in range(100)])
    second = outbox.batch(MAX_POINTS + 1)
    assert second is not None
    assert sum(map(len, second.bodies)) <= BATCH_BYTES


def test_a_full_store_drops_the_oldest_of_the_least_kept_class_and_tells_it(file: Path) -> None:
    """VH-08: bounded store; NF-05: what is lost is counted, never silent."""
    outbox = Outbox(Store(file), Limits(points=100))
    outbox.append(points(50, "accuracy"))  # class 3
    outbox.append(points(50, "odometer"))  # class 1
    outbox.append(points(30, "speed"))  # class 2
    assert outbox.count <= 100
    assert outbox.dropped["full"] == 130 - outbox.count
    batch = outbox.batch(0)
    assert batch is not None
    assert batch.dropped == outbox.dropped["full"] == batch.sequence - 1
    with outbox._store.reading() as connection:
        kept = dict(connection.execute("select keep, count(*) from point group by keep"))
    assert (kept[1], kept[2]) == (50, 30)


def test_the_bound_in_bytes_counts_too(file: Path) -> None:
    outbox = Outbox(Store(file), Limits(size_bytes=10_000))
    outbox.append(points(1000))
    assert outbox.size_bytes <= 10_000
    assert outbox.count > 100


def test_a_point_is_kept_as_long_as_its_most_precious_signal(file: Path) -> None:
    outbox = Outbox(Store(file), Limits(points=100))
    outbox.append([Point(n, {"accuracy": 1.0, "soc": 50.0}) for n in range(50)])
    outbox.append(points(60, "accuracy"))
    batch = outbox.batch(0)
    assert batch is not None
    assert (batch.sequence, batch.last) == (1, 50)


def test_unwanted_signals_leave_the_store(file: Path) -> None:
    """VH-04"""
    outbox = Outbox(Store(file))
    outbox.append([Point(1, {"soc": 1.0, "speed": 2.0}), Point(2, {"speed": 3.0}), Point(3, {"soc": 4.0})])
    outbox.keep_only({"soc"})
    first = outbox.batch(0)
    assert first is not None
    assert [msgspec.msgpack.decode(body) for body in first.bodies] == [[1, {"soc": 1.0}]]
    second = outbox.batch(first.last)
    assert second is not None
    assert (second.sequence, second.dropped) == (3, 1)
    assert outbox.dropped["unwanted"] == 1


def test_a_damaged_point_is_left_out_and_told(file: Path) -> None:
    outbox = Outbox(Store(file))
    outbox.append(points(3))
    with outbox._store.transaction() as connection:
        connection.execute("update point set body = x'ff' where seq = 2")
    first = outbox.batch(0)
    assert first is not None
    assert first.last == 1
    second = outbox.batch(1)
    assert second is not None
    assert (second.sequence, second.dropped, outbox.dropped["damaged"]) == (3, 1, 1)


def test_thousands_of_damaged_points_are_left_out_at_once(file: Path) -> None:
    """NF-05"""
    outbox = Outbox(Store(file))
    outbox.append(points(3001))
    with outbox._store.transaction() as connection:
        connection.execute("update point set crc = crc + 1 where seq <= 3000")
    batch = outbox.batch(0)
    assert batch is not None
    assert (batch.sequence, batch.last, batch.dropped, outbox.dropped["damaged"]) == (3001, 3001, 3000, 3000)


def test_a_damaged_store_is_moved_aside_and_a_new_epoch_begins(file: Path) -> None:
    """NF-05: the module goes on, with the same key."""
    key = module_key_bytes(file)
    outbox = Outbox(Store(file))
    outbox.append(points(500))
    outbox._store.close()
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\x5a" * (size - 4096))
    fresh = Outbox(Store(file))
    assert fresh.epoch != outbox.epoch
    assert (fresh.last, fresh.count) == (0, 0)
    assert file.with_name("store.db.damaged").exists()
    assert module_key_bytes(file) == key


def test_a_file_that_is_no_database_is_moved_aside(file: Path) -> None:
    file.write_bytes(b"not a database " * 1000)
    assert Outbox(Store(file)).count == 0


def test_two_agents_cannot_share_a_store(file: Path) -> None:
    store = Store(file)
    with pytest.raises(StoreError, match="another agent"):
        Store(file)
    store.close()


def test_a_newer_store_is_not_touched(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(StoreError, match="newer agent"):
        Store(file)


def test_only_this_user_may_read_store_and_key(file: Path) -> None:
    store = Store(file)
    module_key_bytes(file)
    files = list(file.parent.iterdir())
    assert {path.name for path in files} == {"store.db", "store.db-wal", "store.db.key"}
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    store.close()


def test_a_full_disk_loses_readings_but_never_numbers(file: Path) -> None:
    """NF-05: what could not be written is told as dropped."""
    store = Store(file)
    outbox = Outbox(store)
    outbox.append(points(10))
    fill_disk(store)
    outbox.append([Point(n, {"dtc_list": ["x" * 60] * 32}) for n in range(50)])
    with store.reading() as connection:
        connection.execute("pragma max_page_count = 1000000")
    outbox.append(points(1))
    assert outbox.last == 61
    sequences, after = [], 0
    while (batch := outbox.batch(after)) is not None:
        sequences += [(batch.dropped, batch.sequence)]
        after = batch.last
    assert sequences[-1][1] == 61
    assert sum(dropped for dropped, _ in sequences) == outbox.dropped["full"] >= 50


def test_a_full_disk_costs_a_tenth_of_what_waits(file: Path) -> None:
    store = Store(file)
    outbox = Outbox(store)
    outbox.append(points(100))
    fill_disk(store)
    outbox.append([Point(n, {"dtc_list": ["x" * 60] * 32}) for n in range(50)])
    assert (outbox.count, outbox.dropped["full"]) == (90, 60)


def test_a_bound_that_cannot_be_kept_at_once_loses_no_written_point(file: Path) -> None:
    """NF-05: the disk fills up between the commit of new points and the deletion of old ones."""

    class FullAfterTheCommit(Outbox):
        is_full = True

        def _drop(self, sequences: Sequence[int], why: str) -> None:
            if self.is_full:
                raise StoreFull("no space")
            super()._drop(sequences, why)

    outbox = FullAfterTheCommit(Store(file), Limits(points=100))
    outbox.append(points(110))
    assert (outbox.last, outbox.count, outbox.dropped["full"]) == (110, 110, 0)
    outbox.is_full = False
    outbox.append(points(1))
    batch = outbox.batch(0)
    assert batch is not None
    assert outbox.count <= 100
    assert (batch.dropped, batch.last) == (outbox.dropped["full"], 111)


def test_a_new_epoch_numbers_waiting_points_from_one(file: Path) -> None:
    outbox = Outbox(Store(file))
    epoch = outbox.epoch
    outbox.append(points(10))
    outbox.acknowledge(4)
    outbox.renew_epoch(20)
    batch = outbox.batch(0)
    assert batch is not None
    assert outbox.epoch != epoch
    assert (batch.epoch, batch.sequence, batch.last, outbox.last) == (outbox.epoch, 1, 6, 6)


@pytest.mark.parametrize(("told", "left"), [(20, 2), (8, 4)])
def test_a_new_epoch_tells_again_only_what_the_platform_lacks(file: Path, told: int, left: int) -> None:
    """NF-05: an older copy of a store holds points that its original has sent meanwhile."""
    original = Outbox(Store(file))
    original.append(points(10))
    original._store.close()
    copy = Outbox(Store(file))
    copy.append(points(2, start=11))
    copy.renew_epoch(told)
    batch = copy.batch(0)
    assert batch is not None
    assert (batch.sequence, len(batch.bodies)) == (1, left)
