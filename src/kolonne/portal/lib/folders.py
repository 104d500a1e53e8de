"""Mails and SMS that became files, because no server is set up: whom they name, and when they go."""

import json
import re
from collections.abc import Collection, Iterator
from datetime import datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path


def delete_naming(folder: Path, words: Collection[str], *, keep: str = "") -> int:
    """Deletes files in which one of the words stands, e.g. as the address; says how many.

    One file is in memory at a time. `keep` is the name of one that stays, without its ending.
    """
    if not words:
        return 0
    named = re.compile("|".join(rf"(?<![\w.@+-]){re.escape(_plain(word))}(?!\w)" for word in words), re.IGNORECASE)
    found = [file for file in _files(folder) if file.stem != keep and named.search(_plain(_text(file)))]
    for file in found:
        file.unlink(missing_ok=True)
    return len(found)


def delete_older(folder: Path, *, than: datetime, keep: Collection[str] = ()) -> int:
    """Deletes what was written before, but for names in `keep`; says how many."""
    old = [file for file in _files(folder) if file.name not in keep and file.stat().st_mtime < than.timestamp()]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (file for file in folder.iterdir() if file.is_file())


def _plain(text: str) -> str:
    return " ".join(text.split())


def _text(file: Path) -> str:
    """Everything that a reader of the file can read; of an unreadable one its bytes."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return ""
    if file.suffix == ".json":
        try:
            return " ".join(str(value) for value in json.loads(raw).values())
        except (ValueError, AttributeError):
            return raw.decode(errors="replace")
    message = BytesParser(policy=policy.default).parsebytes(raw)
    parts = [str(value) for value in message.values()]
    parts += [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join(parts)
