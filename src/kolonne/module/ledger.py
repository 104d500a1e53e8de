"""Which commands were already judged: their counter and last reply, on disk before anything happens."""

from typing import NamedTuple

from kolonne.module.store import Store, write_note

KEPT_REPLIES = 256


class LastReply(NamedTuple):
    """The signed message that was sent last about a command."""

    outcome: str
    message: bytes


class Ledger:
    """The command side of a store. Calls must not overlap; they may come from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def counter(self) -> int:
        """Highest counter of this epoch that was used up."""
        return int(self._store.note("counter", "0"))

    def reply_to(self, command_id: str) -> LastReply | None:
        with self._store.reading() as connection:
            row = connection.execute("select outcome, message from reply where id = ?", (command_id,)).fetchone()
        return LastReply(*row) if row else None

    def judge(self, command_id: str, counter: int, outcome: str, message: bytes) -> None:
        """Uses the counter up and keeps the first reply, synced to disk on return. Raises StoreError."""
        with self._store.transaction() as connection:
            write_note(connection, "counter", str(counter))
            connection.execute("insert into reply values (?, ?, ?, ?)", (command_id, counter, outcome, message))
            connection.execute("delete from reply where counter <= ? - ?", (counter, KEPT_REPLIES))

    def conclude(self, command_id: str, outcome: str, message: bytes) -> None:
        """Keeps the last reply about a command. Raises StoreError."""
        with self._store.transaction() as connection:
            connection.execute("update reply set outcome = ?, message = ? where id = ?", (outcome, message, command_id))
