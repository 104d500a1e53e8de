"""Whose SIM cards carry the data of modules, and what they let through abroad (VH-07).

The operator's file `KOLONNE_PROVIDERS` names them; without it no module has a policy:

    providers:
      north-mobile:
        name: North Mobile Fleet
        home: [NO, SE, DK, FI]
        abroad: ["group:position", soc]

`abroad` is what is still collected there: signals or groups of them; an empty list is silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from kolonne import config
from kolonne.wire import signals

HOMECOMING = frozenset({"country", "roaming"})
"""Never held back: by them a van tells that it is home again."""
_CODE_LETTERS = 2
MAX_BYTES = 100_000


class ProviderError(Exception):
    """The file cannot be used; the text names place, word and remedy."""


class _Provider(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    home: list[str | bool]
    """YAML 1.1 reads an unquoted NO as false: it means Norway here."""
    abroad: list[str]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    providers: dict[str, _Provider]


@dataclass(frozen=True)
class Provider:
    code: str
    name: str
    home: frozenset[str]
    """ISO 3166-1, two letters: where everything goes through."""
    abroad: frozenset[str]
    """Signals that go through elsewhere."""

    def lets_through(self, country: str, share: Mapping[str, float]) -> dict[str, float]:
        """What of a module's share it sends in this country; everything while nobody knows where it is."""
        if not country or country in self.home:
            return dict(share)
        return {name: interval for name, interval in share.items() if name in self.abroad | HOMECOMING}


@cache
def providers() -> dict[str, Provider]:
    """By code, read once. Raises ProviderError."""
    path = config.load().providers
    if not path:
        return {}
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise ProviderError(f"KOLONNE_PROVIDERS {path!r} cannot be read ({error.strerror}): name a file") from error
    return parse(text)


def parse(text: bytes) -> dict[str, Provider]:
    """Raises ProviderError, naming the place and the word that is wrong."""
    if len(text) > MAX_BYTES:
        raise ProviderError(f"{len(text)} bytes: expected {MAX_BYTES} at most")
    try:
        file = msgspec.yaml.decode(text, type=_File)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProviderError(f"not a list of providers: {error}") from error
    return {code: _provider(code, raw) for code, raw in file.providers.items()}


def _provider(code: str, raw: _Provider) -> Provider:
    place = f"providers.{code}"
    home = ["NO" if country is False else str(country) for country in raw.home]
    for country in home:
        if len(country) != _CODE_LETTERS or not (country.isascii() and country.isalpha() and country.isupper()):
            raise ProviderError(f"{place}.home: {country!r} is no country, write two capital letters (ISO 3166-1)")
    if not home:
        raise ProviderError(f"{place}.home: empty, name the countries in which everything goes through")
    return Provider(code, raw.name, frozenset(home), frozenset(_signals(place, raw.abroad)))


def _signals(place: str, words: list[str]) -> list[str]:
    known, found = signals.catalogue(), list[str]()
    for word in words:
        group = word.removeprefix("group:")
        named = [s.name for s in known.values() if (s.group == group if group != word else s.name == word)]
        if not named:
            raise ProviderError(f"{place}.abroad: no such signal: {word!r}, see the signal catalogue")
        found += named
    return found
