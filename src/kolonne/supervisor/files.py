"""Files that several programs read: always written whole, or not at all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kolonne.supervisor.errors import StartError

TRAVERSABLE = 0o711
"""The directory of everything: the system user of PostgreSQL must pass through, nobody else may list it."""


def make_data_directory(path: Path) -> None:
    """Raises StartError when it cannot be made."""
    try:
        path.mkdir(mode=TRAVERSABLE, parents=True, exist_ok=True)
        (path / "logs").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"KOLONNE_DATA={str(path)!r} cannot be made ({error.strerror}): name a directory that this user may write"
        ) from error


def write(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replaces `path` in one step, so that a reader sees the old or the new text and never a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fchmod(handle, mode)
        os.fsync(handle)
    draft.replace(path)


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Holds the lock of a data directory. Raises StartError when a living platform has it."""
    path = data / "lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StartError(
                f"KOLONNE_DATA={str(data)!r} is in use by process {file.read().strip() or '?'}: "
                "stop that platform first, or choose another directory"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
