"""What the demonstration would have sent: mails and SMS that lie as files in `KOLONNE_DATA`, newest first."""

import json
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
SMS = ".json"
ENDINGS = (".eml", SMS)
NUMBER = re.compile(r"[\w-]{1,80}")


@dataclass(frozen=True)
class Mail:
    """One mail or SMS that was sent into its folder."""

    number: str
    subject: str
    to: str
    at: datetime
    text: str
    html: str
    is_sms: bool = False


def newest(*folders: Path) -> list[Mail]:
    """At most SHOWN; empty while nothing was sent."""
    files = (file for folder in folders for file in _files(folder))
    latest = nlargest(SHOWN, files, key=lambda file: (file.stat().st_mtime_ns, file.name))
    return [_read(Path(file.path)) for file in latest]


def one(number: str, *folders: Path) -> Mail | None:
    if not NUMBER.fullmatch(number):
        return None
    paths = (folder / f"{number}{ending}" for folder in folders for ending in ENDINGS)
    return next((_read(path) for path in paths if path.is_file()), None)


def _files(folder: Path) -> "Iterator[os.DirEntry[str]]":
    if folder.is_dir():
        yield from (file for file in os.scandir(folder) if file.name.endswith(ENDINGS))


def _read(path: Path) -> Mail:
    return _read_sms(path) if path.suffix == SMS else _read_mail(path)


def _read_sms(path: Path) -> Mail:
    sms = json.loads(path.read_text(encoding="utf-8"))
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Mail(number=path.stem, subject=sms["text"], to=sms["to"], at=at, text=sms["text"], html="", is_sms=True)


def _read_mail(path: Path) -> Mail:
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
