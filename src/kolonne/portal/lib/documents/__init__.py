"""Documents on paper: a template of ours and data of theirs become a PDF, the same bytes for the same data (PR-04).

Data reach the typesetter as JSON, so that no text of a customer is ever markup. The PDF is tagged, has a title and a
language, and keeps PDF/UA-1 as long as our fonts have every sign of it. Rendering is work for the processor and takes
seconds for thousands of lines: it happens after the request's transaction, and for few requests at once.
"""

import json
import threading
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

import structlog
import typst
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

log = structlog.get_logger()
MOST_LINES = 5000
"""Rows of one table that are drawn; a document says how many it left out."""
MOST_TEXT = 10_000
"""Characters of one text."""
AT_ONCE = 2
"""Documents that are drawn at the same time; whoever comes then waits for `PATIENCE` seconds."""
PATIENCE = 20.0
_places = threading.BoundedSemaphore(AT_ONCE)
_LONG_WORD = 24
_KEPT = frozenset("\n\u200c\u200d")
"""Of control and format characters: breaks, and what joins the parts of letters and pictures."""


class Busy(Exception):
    """Too many documents are being drawn: try again in a moment."""


@dataclass(frozen=True)
class Document:
    """Everything that a document says, read from the database already."""

    template: bytes
    """Typst, after `look.typ`."""
    title: str
    author: str
    """Whose document it is."""
    head: str
    """At the top of every page, at the right."""
    foot: str
    language: str
    date: datetime
    """As of when its data are: the document's own date."""
    words: Mapping[str, str]
    """What the template says, in the reader's language; `page` has `{n}` and `{all}`."""
    data: Mapping[str, Any]


def template(package: str, name: str) -> bytes:
    """A template that lies beside the code."""
    return resources.files(package).joinpath(name).read_bytes()


def render(document: Document) -> bytes:
    """The PDF. Raises Busy."""
    if not _places.acquire(timeout=PATIENCE):
        raise Busy
    try:
        return _compile(document)
    finally:
        _places.release()


def _compile(document: Document) -> bytes:
    source = template(__package__, "look.typ") + b"\n" + document.template
    inputs, made_at = _inputs(document), int(document.date.timestamp())
    try:
        return bytes(
            typst.compile(source, sys_inputs=inputs, font_paths=_fonts(), timestamp=made_at, pdf_standards="ua-1")
        )
    except typst.TypstError as error:
        # A name in signs that our fonts lack: they stay text for programs, but PDF/UA asks for every one to be drawn.
        if "PDF/UA-1 error" not in str(error):
            raise
        log.info("document without every sign", title=document.title)
    return bytes(typst.compile(source, sys_inputs=inputs, font_paths=_fonts(), timestamp=made_at))


def _inputs(document: Document) -> dict[str, str]:
    date = document.date.astimezone(UTC)
    said = {
        "title": document.title,
        "author": document.author,
        "head": document.head,
        "foot": document.foot,
        "language": document.language,
        "words": document.words,
        "date": {name: getattr(date, name) for name in ("year", "month", "day", "hour", "minute")},
        **document.data,
    }
    return {"data": json.dumps(printable(said), ensure_ascii=False), "logo": _logo()}


@cache
def _fonts() -> typst.Fonts:
    """Ours and the typesetter's own, never the machine's: the same document everywhere."""
    folders = [str(settings.DOCUMENT_FONTS / weight) for weight in ("400Regular", "600SemiBold")]
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


@cache
def _logo() -> str:
    return str(settings.DOCUMENT_LOGO.read_text(encoding="utf-8"))


def printable(value: Any) -> Any:
    """The same with texts that can be printed: without hidden characters, breakable, of bounded length."""
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, Mapping):
        return {key: printable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [printable(entry) for entry in value]
    return value


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable() and len(text) <= _LONG_WORD:
        return text
    shown = "".join(sign for sign in text[:MOST_TEXT] if sign in _KEPT or unicodedata.category(sign)[0] != "C")
    return " ".join(_breakable(word) for word in shown.split(" "))


def _breakable(word: str) -> str:
    """A word as long as a line may be parted anywhere: spaces without width say so."""
    if len(word) <= _LONG_WORD:
        return word
    return "\u200b".join(word[start : start + _LONG_WORD // 2] for start in range(0, len(word), _LONG_WORD // 2))


class DocumentResponse(HttpResponse):
    """A PDF that is drawn when the request's transaction is over, by `middleware`."""

    def __init__(self, document: Document, filename: str) -> None:
        super().__init__(content_type="application/pdf")
        self.document = document
        self.headers["Content-Disposition"] = f'inline; filename="{filename}"'


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Draws what a view asked for. Stands around whatever opens a transaction."""

    def draw(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, DocumentResponse):
            return response
        try:
            response.content = render(response.document)
        except Busy:
            text = _("Many documents are being made just now. Try again in a minute.")
            return HttpResponse(
                text, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "60"}
            )
        return response

    return draw
