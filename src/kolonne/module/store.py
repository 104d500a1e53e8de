"""The agent's one file: SQLite with a write-ahead log, synced to disk at every commit.

Points, command counters, the profile and the epoch live together so that one transaction keeps them consistent. The
module's key is a file of its own beside it, because it must outlive a damaged store.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kolonne.module.errors import StoreDamaged, StoreError, StoreFull
from kolonne.module.log import Log

log = Log(__name__)

SCHEMA_VERSION = 1

_SCHEMA = """
create table note (name text primary key, value text not null) without rowid;
create table point (
    seq integer primary key, keep integer not null, size integer not null, crc integer not null, body blob not null
);
create index point_by_keep on point (keep desc, seq, size);
create table reply (id text primary key, counter integer not null, outcome text not null, message blob not null)
without rowid;
"""
_PRAGMAS = (
    # One process per store: the lock is held from the first access on and dies with the process.
    "pragma locking_mode = exclusive",
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma cache_size = -512",
    "pragma journal_size_limit = 4194304",
)
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


def new_epoch() -> str:
    return os.urandom(8).hex()


class Store:
    """An open store. Calls must not overlap; they may come from any thread."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file. A damaged one is moved aside. Raises StoreError when another agent uses it."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _opened(path)
        except StoreDamaged as damage:
            log.error("store is damaged and was moved aside: its readings are lost", file=path.name, reason=damage)
            _move_aside(path)
            self._connection = _opened(path)
        self.epoch = self.note("epoch")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk when it ends. Raises StoreFull, StoreDamaged, StoreError."""
        with _explained():
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise

    @contextmanager
    def overwriting(self) -> Iterator[sqlite3.Connection]:
        """A transaction whose deleted rows are overwritten with zeros, also in the log."""
        with _explained():
            self._connection.execute("pragma secure_delete = on")
        try:
            with self.transaction() as connection:
                yield connection
        finally:
            with _explained():
                self._connection.execute("pragma secure_delete = off")
        self.shrink_log()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with _explained():
            yield self._connection

    def note(self, name: str, default: str = "") -> str:
        """A small value by name."""
        with self.reading() as connection:
            row = connection.execute("select value from note where name = ?", (name,)).fetchone()
        return str(row[0]) if row else default

    def put_note(self, name: str, value: str) -> None:
        with self.transaction() as connection:
            write_note(connection, name, value)

    def shrink_log(self) -> None:
        """Gives the space of the write-ahead log back to a full disk."""
        with _explained():
            self._connection.execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        self._connection.close()


def write_note(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("insert or replace into note values (?, ?)", (name, value))


def module_key_bytes(path: Path) -> bytes:
    """The private key beside the store `path`, made on first use: 32 bytes that only this user may read."""
    file = path.with_name(path.name + ".key")
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        key = os.urandom(32)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, key.hex())
    except ValueError as error:
        raise StoreError(f"{file} does not hold a key: restore it, or remove it and enrol the module again") from error
    if len(key) != 32:
        raise StoreError(f"{file} holds {len(key)} bytes instead of 32: restore it, or remove it and enrol again")
    return key


def write_durably(file: Path, text: str) -> None:
    """Replaces a file that only this user may read, in one step that survives a crash."""
    draft = file.with_name(file.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _opened(path: Path) -> sqlite3.Connection:
    # Made beforehand, so that the log beside it is not for other users' eyes either.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2)
    try:
        with _explained():
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("pragma user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(f"the store was written by a newer agent (version {version}): update this one")
    if version == SCHEMA_VERSION:
        verdict = connection.execute("pragma quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreDamaged(str(verdict))
        return
    connection.execute("begin immediate")
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    write_note(connection, "epoch", new_epoch())
    connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
    connection.execute("commit")


def _move_aside(path: Path) -> None:
    path.replace(path.with_name(path.name + ".damaged"))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _explained() -> Iterator[None]:
    """Turns SQLite's errors into ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            raise StoreDamaged(str(error)) from error
        if code in _FULL:
            raise StoreFull(str(error)) from error
        if code == sqlite3.SQLITE_BUSY:
            raise StoreError("the store is in use: another agent runs with the same --store") from error
        raise StoreError(str(error)) from error
