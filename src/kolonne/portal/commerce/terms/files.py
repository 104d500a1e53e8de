"""Reads terms: `<market or all>/<language>/<document>.<version>.md`, each with title and first day in its head."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml

from kolonne import config
from kolonne.config import ConfigError
from kolonne.portal.commerce.catalogue_things import LANGUAGES

ALL = "all"
"""The folder of what counts in every market that has no document of that name of its own."""
GENERAL = "general"
"""The document that belongs to every purchase; the others are called like the product to which they belong."""
NAME = re.compile(r"(?P<code>[a-z][a-z0-9-]{0,39})\.(?P<version>[0-9]{4}-[0-9]{2}(-[0-9]{1,2})?)\.md")
MARKET = re.compile(r"[a-z]{2}|all")
HEAD = re.compile(r"---\n(?P<head>.*?)\n---\n(?P<body>.*)", re.DOTALL)
FORM = "begin it with three lines: ---, title and valid_from as `title: …` and `valid_from: 2027-01-01`, and again ---"


class TermsError(ConfigError):
    """Everything that is wrong in a directory of terms, one line each."""


@dataclass(frozen=True)
class Document:
    """One version of one document in one language."""

    market: str
    """As its folder is called: a market, or `all`."""
    code: str
    language: str
    version: str
    title: str
    valid_from: date
    text: str
    """The whole file, word by word: what is accepted."""

    @property
    def body(self) -> str:
        """The Markdown without its head."""
        found = HEAD.fullmatch(self.text)
        return found["body"] if found else self.text

    @cached_property
    def sha256(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    @property
    def key(self) -> tuple[str, str, str]:
        """The same in every language."""
        return self.market, self.code, self.version


@dataclass(frozen=True)
class Library:
    """All documents of an installation."""

    documents: tuple[Document, ...]

    @cached_property
    def by_hash(self) -> Mapping[str, Document]:
        return {document.sha256: document for document in self.documents}

    @cached_property
    def _folders(self) -> Mapping[str, frozenset[str]]:
        markets = {document.market for document in self.documents}
        return {m: frozenset(d.code for d in self.documents if d.market == m) for m in markets}

    def codes(self, market: str) -> frozenset[str]:
        """Documents that count in a market."""
        return self._folders.get(market, frozenset()) | self._folders.get(ALL, frozenset())

    def versions(self, market: str, code: str, language: str) -> list[Document]:
        """Oldest first, each in the reader's language, else in English, else in any."""
        folder = market if code in self._folders.get(market, frozenset()) else ALL
        found: dict[str, list[Document]] = {}
        for document in self.documents:
            if (document.market, document.code) == (folder, code):
                found.setdefault(document.version, []).append(document)
        wish = [language, *LANGUAGES]
        chosen = [min(same, key=lambda one: wish.index(one.language)) for same in found.values()]
        return sorted(chosen, key=lambda one: (one.valid_from, one.version))


@cache
def library() -> Library:
    """Of the operator's directory `KOLONNE_TERMS`, or Kolonne's own. Raises TermsError with everything wrong in it."""
    path = config.load().terms
    return read(Path(path)) if path else read(resources.files(__package__).joinpath("texts"))


def check(path: Path) -> Library:
    """A directory. Raises TermsError."""
    return read(path)


def versions(market: str, code: str, language: str) -> list[Document]:
    return library().versions(market, code, language)


def in_force(market: str, code: str, language: str, on: date) -> Document | None:
    """The version that counts on a day; None while there is none."""
    return max(
        (document for document in versions(market, code, language) if document.valid_from <= on),
        key=lambda document: (document.valid_from, document.version),
        default=None,
    )


def newest(market: str, code: str, language: str) -> Document | None:
    """The last version that was published, also when it counts only later."""
    return next(reversed(versions(market, code, language)), None)


def shown(hashes: Iterable[str]) -> list[Document]:
    """The documents that stood on a page, by the hashes of their texts; those that are gone are left out."""
    return [library().by_hash[one] for one in dict.fromkeys(hashes) if one in library().by_hash]


def read(root: Path | Traversable) -> Library:
    """Raises TermsError that names everything at once."""
    problems: list[str] = []
    documents = []
    if not root.is_dir():
        raise TermsError(f"{root}: is no directory that this user may read; name one with folders such as all/en")
    for place, file in _files(root):
        found = _document(place, file, problems)
        if found is not None:
            documents.append(found)
    if not documents and not problems:
        problems.append(f"{root}: holds no terms; write {ALL}/en/{GENERAL}.2027-01.md first")
    problems += _gaps(documents)
    if problems:
        raise TermsError("\n".join(problems))
    return Library(tuple(documents))


def _files(root: Path | Traversable) -> Iterator[tuple[tuple[str, str, str], Path | Traversable]]:
    for market in sorted(root.iterdir(), key=lambda one: one.name):
        for language in sorted(market.iterdir(), key=lambda one: one.name) if market.is_dir() else ():
            for file in sorted(language.iterdir(), key=lambda one: one.name) if language.is_dir() else ():
                yield (market.name, language.name, file.name), file


def _document(place: tuple[str, str, str], file: Path | Traversable, problems: list[str]) -> Document | None:
    market, language, name = place
    where, called = "/".join(place), NAME.fullmatch(name)
    if not MARKET.fullmatch(market):
        problems.append(f"{where}: {market} is no market; use its two small letters, or {ALL}")
    elif language not in LANGUAGES:
        problems.append(f"{where}: {language} is no language; use one of {', '.join(LANGUAGES)}")
    elif called is None:
        problems.append(f"{where}: {name} is no name for terms; write document.version.md, as {GENERAL}.2027-01.md")
    else:
        return _read(
            where, file, Document(market, called["code"], language, called["version"], "", date.min, ""), problems
        )
    return None


def _read(where: str, file: Path | Traversable, named: Document, problems: list[str]) -> Document | None:
    try:
        text = file.read_text(encoding="utf-8").replace("\r\n", "\n")
        found = HEAD.fullmatch(text)
        head = yaml.safe_load(found["head"]) if found else None
    except (OSError, ValueError, yaml.YAMLError) as error:
        problems.append(f"{where}: cannot be read ({type(error).__name__}); save it as UTF-8, and {FORM}")
        return None
    if not isinstance(head, dict) or set(head) != {"title", "valid_from"} or found is None:
        problems.append(f"{where}: its head is not complete; {FORM}")
    elif type(head["valid_from"]) is not date:
        problems.append(f"{where}: valid_from: {head['valid_from']} is no day; write it as 2027-01-01")
    elif not isinstance(head["title"], str) or not found["body"].strip():
        problems.append(f"{where}: has no title or no text; write both")
    else:
        return Document(
            named.market, named.code, named.language, named.version, head["title"], head["valid_from"], text
        )
    return None


def _gaps(documents: list[Document]) -> Iterator[str]:
    """A version stands in all languages of its document, with one first day; a later one does not begin earlier."""
    for market, code in sorted({(document.market, document.code) for document in documents}):
        mine = [one for one in documents if (one.market, one.code) == (market, code)]
        languages = {one.language for one in mine}
        days: dict[str, set[date]] = {}
        for one in mine:
            days.setdefault(one.version, set()).add(one.valid_from)
        for version, found in sorted(days.items()):
            lacking = languages - {one.language for one in mine if one.version == version}
            if lacking:
                yield f"{market}: {code}.{version}.md is missing in {', '.join(sorted(lacking))}; write it there, too"
            if len(found) > 1:
                yield f"{market}: {code}.{version}.md has different days in valid_from; write the same everywhere"
        first = [min(found) for _version, found in sorted(days.items())]
        if first != sorted(set(first)):
            yield f"{market}: {code}: a later version begins earlier, or two on one day; number them by their first day"
