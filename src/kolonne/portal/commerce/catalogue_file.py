"""Reads a catalogue file and says everything that is wrong in it: file, place, word, remedy (PR-01, PR-02)."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import yaml
from babel import Locale

from kolonne.config import ConfigError
from kolonne.portal.commerce import catalogue_yaml
from kolonne.portal.commerce.catalogue_things import DRIVES, Catalogue, Offer, Package, Product, Service, Words
from kolonne.wire import commands, signals

CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
MARKET = re.compile(r"[a-z]{2}")
PRICE = re.compile(r"[0-9]{1,7}\.[0-9]{2}")
MOST_MONTHS = 60
MOST_SECONDS = 86_400
PAGES = ("map", "vans", "van", "api")
"""Where a service is seen: map, list of vans, page of a van, programs of the company's own."""
EXAMPLE = 'a text in quotes with two decimals, e.g. "69.00"'


class CatalogueError(ConfigError):
    """Everything that is wrong in a catalogue, one line each."""


class _Market(msgspec.Struct, forbid_unknown_fields=True):
    currency: str
    trial_months: int = 12
    notice_months: int = 1


class _Service(msgspec.Struct, forbid_unknown_fields=True):
    name: Words
    text: Words
    signals: dict[str, Any] = {}
    commands: list[str] = []
    pages: list[str] = []


class _Product(msgspec.Struct, forbid_unknown_fields=True):
    name: Words
    text: Words
    services: list[str]
    icon: str = "van"
    drives: list[str] = []
    models: list[str] = []
    equipment: list[str] = []
    prices: dict[str, Any] = {}
    trial_months: int | None = None
    notice_months: int | None = None


class _Package(msgspec.Struct, forbid_unknown_fields=True):
    name: Words
    text: Words
    products: list[str]
    prices: dict[str, Any] = {}
    trial_months: int | None = None
    notice_months: int | None = None


Entry = TypeVar("Entry")
SECTIONS = ("markets", "equipment", "services", "products", "packages")


def parse_file(text: bytes, file: str) -> Catalogue:
    """Raises CatalogueError that names everything at once."""
    reader = _Reader()
    found = reader.read(text)
    if reader.problems:
        raise CatalogueError("\n".join(f"{file}: {problem}" for problem in dict.fromkeys(reader.problems)))
    return found


class _Reader:
    """Collects what is wrong instead of stopping at the first thing."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.markets: dict[str, _Market] = {}
        self.equipment: dict[str, Words] = {}
        self.services: dict[str, Service] = {}
        self.products: dict[str, Product] = {}

    def wrong(self, place: str, what: str, remedy: str) -> None:
        line = f"{place}: {what}; {remedy}"
        self.problems.append("".join(sign if sign.isprintable() else " " for sign in line))

    def read(self, text: bytes) -> Catalogue:
        raw = self._sections(text)
        self.markets = self._entries(raw, "markets", _Market, self._market, MARKET)
        self.equipment = self._entries(raw, "equipment", Words, lambda _place, _code, words: words, CODE)
        self.services = self._entries(raw, "services", _Service, self._service, CODE)
        self.products = self._entries(raw, "products", _Product, self._product, CODE)
        packages = self._entries(raw, "packages", _Package, self._package, CODE)
        return Catalogue(self.services, self.products, packages, self.equipment)

    def _sections(self, text: bytes) -> dict[str, Any]:
        try:
            raw, twice = catalogue_yaml.read(text)
        except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
            self.wrong(catalogue_yaml.place_of(error), "this is not YAML", "see docs/guides/operator.md for an example")
            return {}
        for place, word in twice:
            self.wrong(place, f"{word} stands here twice", "keep one of them")
        if not isinstance(raw, dict):
            self.wrong("the file", f"is {_shown(raw)}", "write sections: " + ", ".join(SECTIONS))
            return {}
        for name in raw:
            self._known("the file", "section", [name], SECTIONS)
        return {name: self._mapping(name, raw.get(name) or {}) for name in SECTIONS}

    def _mapping(self, place: str, raw: Any) -> dict[Any, Any]:
        if isinstance(raw, dict):
            return raw
        self.wrong(place, f"{_shown(raw)} is no list of entries", "write one entry per line, as `code: …`")
        return {}

    def _entries(
        self,
        raw: Mapping[str, Any],
        section: str,
        kind: type[msgspec.Struct],
        make: Callable[[str, str, Any], Entry],
        pattern: "re.Pattern[str]",
    ) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for code, entry in raw.get(section, {}).items():
            place = f"{section}.{code}"
            if not isinstance(code, str) or not pattern.fullmatch(code):
                letters = "two small letters, e.g. no" if pattern is MARKET else "small letters, digits and -"
                self.wrong(section, f"{_shown(code)} is no code", f"use {letters}")
                continue
            try:
                found[code] = make(place, code, msgspec.convert(entry, kind))
            except (msgspec.ValidationError, RecursionError) as error:
                self._misshapen(place, kind, str(error))
        return found

    def _misshapen(self, place: str, kind: type[msgspec.Struct], said: str) -> None:
        words, _, path = said.partition(" - at `$")
        path = path.rstrip("`")
        fields = ", ".join((Words if path in {".name", ".text"} else kind).__struct_fields__)
        self.wrong(place + path, words, f"known here: {fields}")

    def _known(self, place: str, what: str, words: Iterable[Any], known: Iterable[str]) -> bool:
        unknown, all_known = [word for word in words if word not in set(known)], list(known)
        for word in unknown:
            near = difflib.get_close_matches(str(word), all_known, n=1)
            remedy = f"did you mean {near[0]}?" if near else "known: " + ", ".join(all_known[:20])
            self.wrong(place, f"no such {what}: {_shown(word)}", remedy)
        return not unknown

    def _months(self, place: str, **months: int | None) -> None:
        for name, value in months.items():
            if value is not None and not 0 <= value <= MOST_MONTHS:
                self.wrong(f"{place}.{name}", f"{value} months", f"write 0 to {MOST_MONTHS}")

    def _market(self, place: str, _code: str, raw: _Market) -> _Market:
        self._months(place, trial_months=raw.trial_months, notice_months=raw.notice_months)
        if raw.currency not in Locale("en").currencies:
            self.wrong(
                f"{place}.currency", f"no such currency: {_shown(raw.currency)}", "three letters, e.g. EUR or NOK"
            )
        return raw

    def _service(self, place: str, code: str, raw: _Service) -> Service:
        self._known(f"{place}.commands", "command", raw.commands, commands.KINDS)
        self._known(f"{place}.pages", "page", raw.pages, PAGES)
        expanded: dict[str, float] = {}
        for word, interval in raw.signals.items():
            if isinstance(interval, bool) or not isinstance(interval, int | float) or not 0 <= interval <= MOST_SECONDS:
                self.wrong(f"{place}.signals.{word}", f"{_shown(interval)} seconds", f"write 0 to {MOST_SECONDS}")
                continue
            for signal in self._named(place, word):
                expanded[signal] = min(float(interval), expanded.get(signal, float(interval)))
        return Service(code, raw.name, raw.text, expanded, frozenset(raw.commands), tuple(raw.pages))

    def _named(self, place: str, word: str) -> list[str]:
        known = signals.catalogue()
        if word in known:
            return [word]
        groups = {f"group:{signal.group}" for signal in known.values()}
        self._known(f"{place}.signals", "signal", [word], [*known, *sorted(groups)])
        return [signal.name for signal in known.values() if f"group:{signal.group}" == word]

    def _product(self, place: str, code: str, raw: _Product) -> Product:
        self._known(f"{place}.services", "service", raw.services, self.services)
        self._known(f"{place}.drives", "drive", raw.drives, DRIVES)
        self._known(f"{place}.equipment", "equipment", raw.equipment, self.equipment)
        if not raw.services:
            self.wrong(f"{place}.services", "is empty", "name at least one service")
        if not all(model.strip() for model in raw.models):
            self.wrong(f"{place}.models", "an empty model", "write how make and model begin")
        return Product(
            code,
            raw.name,
            raw.text,
            raw.icon,
            tuple(self.services[word] for word in dict.fromkeys(raw.services) if word in self.services),
            frozenset(raw.drives),
            tuple(raw.models),
            frozenset(raw.equipment),
            self._offers(place, raw),
        )

    def _package(self, place: str, code: str, raw: _Package) -> Package:
        if code in self.products:
            self.wrong(place, "is also the code of a product", "choose another code")
        known = self._known(f"{place}.products", "product", raw.products, self.products)
        parts = tuple(dict.fromkeys(raw.products))
        if len(parts) < 2:  # a package is more than one
            self.wrong(f"{place}.products", f"{len(parts)} product", "a package holds at least two")
        offers = self._offers(place, raw)
        for market, offered in offers.items() if known else ():
            self._check_package_price(f"{place}.prices.{market}", market, parts, offered)
        return Package(code, raw.name, raw.text, parts, offers)

    def _check_package_price(self, place: str, market: str, parts: tuple[str, ...], offered: Offer) -> None:
        singly = [self.products[part].offers.get(market) for part in parts]
        prices = [found.price for found in singly if found is not None]
        if len(prices) < len(singly):
            names = ", ".join(part for part in parts if market not in self.products[part].offers)
            self.wrong(place, f"has products without a price there: {names}", "give them one or leave this out")
        elif offered.price > sum(prices):
            self.wrong(place, f"{offered.price} is more than the products singly", f"write {sum(prices)} at most")

    def _offers(self, place: str, raw: _Product | _Package) -> dict[str, Offer]:
        self._months(place, trial_months=raw.trial_months, notice_months=raw.notice_months)
        self._known(f"{place}.prices", "market", raw.prices, self.markets)
        found = {}
        for code, price in raw.prices.items():
            if not isinstance(price, str) or not PRICE.fullmatch(price):
                self.wrong(f"{place}.prices.{code}", f"{_shown(price)} is no price", f"write {EXAMPLE}")
            elif code in self.markets:
                market = self.markets[code]
                trial = market.trial_months if raw.trial_months is None else raw.trial_months
                notice = market.notice_months if raw.notice_months is None else raw.notice_months
                found[code] = Offer(Decimal(price), market.currency, trial, notice)
        return found


def _shown(word: Any) -> str:
    """Short enough for a line."""
    text = word if isinstance(word, str) else repr(word)
    return text if len(text) <= 60 else text[:57] + "…"  # a line's worth
