"""Readings on disk until the platform has committed them.

Every point gets the next sequence number when it is written. When the store is full, the oldest points of the least
kept class go first; what is missing between two points is a hole, and the message that follows a hole tells its size
(`Telemetry.dropped`), so that the platform counts what was lost and never waits for it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile

from kolonne.module.errors import StoreFull
from kolonne.module.ledger import LastReply
from kolonne.module.log import Log
from kolonne.module.points import ROW_BYTES, Batch, Coming, Point, columns_of, is_damaged, without_unwanted
from kolonne.module.store import Store, new_epoch, write_note
from kolonne.wire.messages import MAX_POINTS

log = Log(__name__)

BATCH_BYTES = 64 * 1024
_TOTALS = f"select count(*), coalesce(sum(size + {ROW_BYTES}), 0) from point"  # noqa: S608  # a constant


@dataclass(frozen=True)
class Limits:
    """When the store is full. Defaults: two days of one van at a point a second, on 64 MiB."""

    points: int = 200_000
    size_bytes: int = 64 * 1024 * 1024


class Outbox:
    """The points of a store. Calls must not overlap; they may come from any thread."""

    count: int
    size_bytes: int

    def __init__(self, store: Store, limits: Limits | None = None) -> None:
        self._store = store
        self.limits = limits or Limits()
        self._load()
        self._held = self.last
        """Up to here points of this epoch were in the store when it was opened."""

    def _load(self) -> None:
        self._load_size()
        with self._store.reading() as connection:
            highest = connection.execute("select coalesce(max(seq), 0) from point").fetchone()[0]
        self.last: int = max(int(self._store.note("last", "0")), highest)
        """Sequence of the newest point that was ever written."""
        self.acked: int = int(self._store.note("acked", "0"))
        """Sequence up to which the platform has committed everything."""
        self._settled = self.acked
        self.dropped = {why: int(self._store.note(f"dropped_{why}", "0")) for why in ("full", "unwanted", "damaged")}

    @property
    def epoch(self) -> str:
        return self._store.epoch

    def is_roomy(self, *coming: Coming) -> bool:
        """Whether a source that can wait should go on, given what it has said that is not written yet."""
        count = self.count + sum(len(some.points) for some in coming)
        size_bytes = self.size_bytes + sum(some.size_bytes for some in coming)
        return count < self.limits.points // 2 and size_bytes < self.limits.size_bytes // 2

    @property
    def dropped_in_all(self) -> int:
        """Points that were lost since the store was made, for whatever reason."""
        return sum(self.dropped.values())

    @property
    def has_acknowledged_rows(self) -> bool:
        return self.acked > self._settled

    def is_drained(self) -> bool:
        """Whether every point that exists is acknowledged."""
        with self._store.reading() as connection:
            row = connection.execute("select 1 from point where seq > ?", (self.acked,)).fetchone()
        return bool(row is None)

    def append(self, points: Sequence[Point], mark: str = "") -> None:
        """Writes points and the source's mark in one transaction, on disk on return.

        On a full disk the points are lost but keep their numbers, so that the loss is told. Raises StoreError.
        """
        try:
            self._write(points, mark)
        except StoreFull as error:
            log.warning("disk is full: readings are lost", readings=len(points), reason=error)
            self.last += len(points)
            self.dropped["full"] += len(points)
            # A smaller bound from now on, and the space of the log for the next attempt.
            self._make_room(self.count // 10, 0)
            self._shrink_log()
        else:
            self._keep_bound()

    def acknowledge(self, sequence: int) -> bool:
        """Everything up to `sequence` is safe with the platform. The rows go with the next write, or `settle`."""
        if sequence <= self.acked:
            return False
        self.acked = sequence
        return True

    def settle(self) -> None:
        """Removes acknowledged rows now. Raises StoreError."""
        self.append([])

    def batch(self, after: int) -> Batch | None:
        """The next consecutive points behind `after`, up to the next damaged one; None if there are none."""
        rows = self._rows_to_send(after)
        while damaged := [seq for seq, _, _ in takewhile(is_damaged, rows)]:
            self._drop(damaged, "damaged")
            rows = self._rows_to_send(after)
        if not rows:
            return None
        bodies: list[bytes] = []
        first, size = rows[0][0], 0
        for position, row in enumerate(rows):
            seq, _, body = row
            size += len(body)
            if seq != first + position or (bodies and (size > BATCH_BYTES or is_damaged(row))):
                break
            bodies.append(body)
        return Batch(self.epoch, first, first - after - 1, bodies)

    def _rows_to_send(self, after: int) -> list[tuple[int, int, bytes]]:
        with self._store.reading() as connection:
            query = "select seq, crc, body from point where seq > ? order by seq limit ?"
            return connection.execute(query, (after, MAX_POINTS)).fetchall()

    def keep_only(self, wanted: Collection[str]) -> None:
        """Takes signals that nobody wants any more out of waiting points; points without any go and are counted."""
        position = self.acked
        while rows := self._rows_behind(position):
            position = rows[-1][0]
            changed, gone = without_unwanted(rows, wanted)
            with self._store.transaction() as connection:
                connection.executemany("update point set keep=?, size=?, crc=?, body=? where seq=?", changed)
            if gone:
                self._drop(gone, "unwanted")
        self._load_size()

    def _rows_behind(self, position: int) -> list[tuple[int, bytes]]:
        with self._store.reading() as connection:
            query = "select seq, body from point where seq > ? order by seq limit 1000"
            return connection.execute(query, (position,)).fetchall()

    def renew_epoch(self, told: int) -> None:
        """Numbers the waiting points anew from 1 in a new epoch: this store is an older copy of itself.

        The platform has told that it has everything up to `told`; what the copy held of that is not sent again.
        """
        with self._store.transaction() as connection:
            connection.execute("delete from reply")
            connection.execute("delete from point where seq <= ?", (max(self.acked, min(self._held, told)),))
            shift = connection.execute("select coalesce(min(seq) - 1, 0) from point").fetchone()[0]
            # In two steps, because a number may not be used twice even for a moment.
            connection.execute("update point set seq = -(seq - ?)", (shift,))
            connection.execute("update point set seq = -seq")
            highest = connection.execute("select coalesce(max(seq), 0) from point").fetchone()[0]
            epoch = new_epoch()
            for name, value in {"epoch": epoch, "last": highest, "acked": 0, "counter": 0}.items():
                write_note(connection, name, str(value))
        self._store.epoch = epoch
        self._load()
        self._held = 0

    def wipe(self, command_id: str, counter: int, reply: LastReply) -> None:
        """Forgets everything but this reply and begins a new epoch, synced and overwritten on disk on return (VH-05).

        The counter goes on: a command that was made for what is forgotten cannot come back. Raises StoreError.
        """
        epoch = new_epoch()
        with self._store.overwriting() as connection:
            for table in ("point", "reply", "note"):
                connection.execute(f"delete from {table}")  # noqa: S608  # names from the line above
            connection.execute("insert into reply values (?, ?, ?, ?)", (command_id, counter, *reply))
            write_note(connection, "epoch", epoch)
            write_note(connection, "counter", str(counter))
        self._store.epoch = epoch
        self._load()
        self._held = 0

    def _write(self, points: Sequence[Point], mark: str) -> None:
        rows = [(self.last + n, *columns_of(point)) for n, point in enumerate(points, start=1)]
        last, acked = self.last + len(rows), self.acked
        with self._store.transaction() as connection:
            freed, freed_bytes = connection.execute(f"{_TOTALS} where seq <= ?", (acked,)).fetchone()
            connection.execute("delete from point where seq <= ?", (acked,))
            connection.executemany("insert into point values (?, ?, ?, ?, ?)", rows)
            write_note(connection, "last", str(last))
            write_note(connection, "acked", str(acked))
            if mark:
                write_note(connection, "mark", mark)
        self.last, self._settled = last, acked
        self.count += len(rows) - freed
        self.size_bytes += sum(row[2] + ROW_BYTES for row in rows) - freed_bytes

    def _keep_bound(self) -> None:
        """Drops a hundredth more than needed, so that it is rare."""
        points, size_bytes = self.limits.points, self.limits.size_bytes
        if self.count > points or self.size_bytes > size_bytes:
            self._make_room(self.count - points + points // 100, self.size_bytes - size_bytes + size_bytes // 100)

    def _make_room(self, surplus: int, surplus_bytes: int) -> None:
        """Drops the oldest points of the least kept class. What a full disk does not let go waits for the next time."""
        try:
            self._evict(surplus, surplus_bytes)
        except StoreFull as error:
            log.warning("disk is too full even to drop readings", reason=error)

    def _evict(self, surplus: int, surplus_bytes: int) -> None:
        doomed: list[int] = []
        with self._store.reading() as connection:
            for seq, size in connection.execute("select seq, size from point order by keep desc, seq"):
                if len(doomed) >= surplus and surplus_bytes <= 0:
                    break
                doomed.append(seq)
                surplus_bytes -= size + ROW_BYTES
        log.warning("store is full: the oldest readings of the least kept class are dropped", readings=len(doomed))
        self._drop(doomed, "full")

    def _drop(self, sequences: Sequence[int], why: str) -> None:
        with self._store.transaction() as connection:
            connection.executemany("delete from point where seq = ?", [(seq,) for seq in sequences])
            self.dropped[why] += len(sequences)
            write_note(connection, f"dropped_{why}", str(self.dropped[why]))
        self._load_size()

    def _shrink_log(self) -> None:
        try:
            self._store.shrink_log()
        except StoreFull as error:
            log.warning("disk is too full to shrink the log", reason=error)

    def _load_size(self) -> None:
        with self._store.reading() as connection:
            self.count, self.size_bytes = connection.execute(_TOTALS).fetchone()
