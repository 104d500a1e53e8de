"""What the demonstration would have sent: the mails that lie as files in `KOLONNE_DATA/mail`, newest first."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from heapq import nlargest
from pathlib import Path

SHOWN = 200
"""The list ends there: older mails stay in the folder."""
NUMBER = re.compile(r"[\w-]{1,80}")


@dataclass(frozen=True)
class Mail:
    """One mail that was sent into the folder."""

    number: str
    subject: str
    to: str
    at: datetime
    text: str
    html: str


def newest(folder: Path) -> list[Mail]:
    """At most SHOWN; empty while nothing was sent."""
    latest = nlargest(SHOWN, _files(folder), key=lambda file: (file.stat().st_mtime_ns, file.name))
    return [_read(Path(file.path)) for file in latest]


def one(folder: Path, number: str) -> Mail | None:
    path = folder / f"{number}.eml"
    return _read(path) if NUMBER.fullmatch(number) and path.is_file() else None


def _files(folder: Path) -> "Iterator[os.DirEntry[str]]":
    if folder.is_dir():
        yield from (file for file in os.scandir(folder) if file.name.endswith(".eml"))


def _read(path: Path) -> Mail:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    return Mail(
        number=path.stem,
        subject=str(message["Subject"] or ""),
        to=str(message["To"] or ""),
        at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
