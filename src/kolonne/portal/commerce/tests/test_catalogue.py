"""PR-01, PR-02: the catalogue is data; what is wrong in it is said by file, place, word and remedy."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.commerce.catalogue import (
    CatalogueError,
    builtin,
    catalogue,
    load,
    offer,
    packages,
    products,
    shares,
)
from kolonne.portal.commerce.catalogue_file import parse_file
from kolonne.portal.commerce.catalogue_things import DRIVES, Catalogue, Misfit, Offer, Package, Product, Words
from kolonne.portal.commerce.texts import of_product
from kolonne.portal.vehicles.models import Drive

WORDS = {"en": "Word", "de": "Wort", "nb": "Ord"}
SMALL: dict[str, Any] = {
    "markets": {"no": {"currency": "NOK"}, "de": {"currency": "EUR", "trial_months": 6}},
    "equipment": {"tow-bar": WORDS},
    "services": {
        "state": {"name": WORDS, "text": WORDS, "signals": {"speed": 5}, "commands": ["lock"], "pages": ["map"]}
    },
    "products": {
        "one": {"name": WORDS, "text": WORDS, "services": ["state"], "prices": {"no": "10.00", "de": "1.00"}},
        "two": {"name": WORDS, "text": WORDS, "services": ["state"], "prices": {"no": "20.00"}},
    },
    "packages": {"both": {"name": WORDS, "text": WORDS, "products": ["one", "two"], "prices": {"no": "25.00"}}},
}


@dataclass
class Van:
    drive: str = "electric"
    make: str = "Kolonne"
    model: str = "E-van L3"
    equipment: list[str] = field(default_factory=list)


def with_change(change: Callable[[dict[str, Any]], object]) -> bytes:
    data = json.loads(json.dumps(SMALL))
    change(data)
    return written(data)


def written(data: Any) -> bytes:
    """JSON is YAML, without the short forms by which PyYAML writes the same words only once."""
    return json.dumps(data, indent=2).encode()


def complaints(text: bytes) -> str:
    with pytest.raises(CatalogueError) as found:
        parse_file(text, "ours.yaml")
    return str(found.value)


def test_what_comes_with_kolonne_is_a_dozen_products_and_sound() -> None:
    assert len(products()) >= 12
    assert {"vehicle-supervision", "charging-and-climate", "remote-access", "maintenance"} <= set(products())
    assert {"driving-style", "driver-services", "logbook", "theft-watch", "areas", "data-interface"} <= set(products())
    assert set(DRIVES) == set(Drive.values)
    icons = (Path(__file__).parents[2] / "site/static/site/icons.svg").read_text(encoding="utf-8")
    assert {f'id="{product.icon}"' for product in products().values()} <= set(re.findall(r'id="[a-z]+"', icons))


def test_a_product_costs_what_its_market_says_and_nothing_elsewhere() -> None:
    assert offer("no", "remote-access") == Offer(Decimal("49.00"), "NOK", 12, 1)
    assert offer("de", "van-to-grid") == Offer(Decimal("7.90"), "EUR", 3, 1)
    assert offer("no", "van-to-grid") is None
    assert offer("se", "remote-access") is None
    assert offer("no", "teleport") is None


def test_markets_say_trial_and_notice_and_products_may_differ() -> None:
    found = parse_file(with_change(lambda data: data["products"]["one"].update(trial_months=0, notice_months=3)), "x")
    assert found.products["one"].offers["de"] == Offer(Decimal("1.00"), "EUR", 0, 3)
    assert found.products["two"].offers["no"] == Offer(Decimal("20.00"), "NOK", 12, 1)
    assert found.packages["both"].offers["no"].price == Decimal("25.00")


@pytest.mark.parametrize("market", ["no", "de"])
def test_a_package_costs_less_and_its_shares_are_its_price(market: str) -> None:
    for code, package in packages().items():
        parts = shares(market, code)
        assert sum(parts.values()) == package.offers[market].price
        assert all(price <= products()[part].offers[market].price for part, price in parts.items())


@given(
    st.lists(st.decimals(0, 999, places=2), min_size=2, max_size=6),
    st.fractions(0, 1),
)
def test_shares_of_any_package_are_exact(prices: list[Decimal], part: Any) -> None:
    words = Words(en="", de="", nb="")
    whole = (sum(prices, Decimal(0)) * part.numerator / part.denominator).quantize(Decimal("0.01"))
    offers = [Offer(price, "EUR", 0, 0) for price in prices]
    made = {f"p{i}": Product(f"p{i}", words, words, "van", (), offers={"de": o}) for i, o in enumerate(offers)}
    package = Package("all", words, words, tuple(made), {"de": Offer(whole, "EUR", 0, 0)})
    found = Catalogue({}, made, {"all": package}, {}).shares(package, "de")
    assert sum(found.values()) == whole
    assert all(share >= 0 for share in found.values())


def test_a_product_says_why_it_does_not_fit() -> None:
    """PR-02: drive, then model, then equipment."""
    words = Words(en="", de="", nb="")
    product = Product(
        "p", words, words, "van", (), frozenset({"electric", "hybrid"}), ("Kolonne E-van",), frozenset({"tow-bar"})
    )
    assert product.why_not(Van(drive="diesel")) == Misfit("drive", ("electric", "hybrid"))
    assert product.why_not(Van(make="Other")) == Misfit("model", ("Kolonne E-van",))
    assert product.why_not(Van(model="E-vantage")) == Misfit("model", ("Kolonne E-van",))
    assert product.why_not(Van(make="KOLONNE ", equipment=[])) == Misfit("equipment", ("tow-bar",))
    assert product.fits(Van(make="KOLONNE", equipment=["tow-bar", "roof-rack"]))


GONE = object()
MISTAKES: list[tuple[str, Any, str]] = [
    ("services/state/signals/sped", 0, "services.state.signals: no such signal: sped; did you mean speed?"),
    ("services/state/signals/speed", "fast", "services.state.signals.speed: fast seconds; write 0"),
    ("services/state/commands", ["fly"], "services.state.commands: no such command: fly; known: lock"),
    ("services/state/pages", ["maps"], "services.state.pages: no such page: maps; did you mean map?"),
    ("services/state/name/nb", GONE, "services.state.name: Object missing required field `nb`; known here: en, de, nb"),
    ("services/state/text/fr", "Mot", "services.state.text: Object contains unknown field `fr`"),
    ("products/one/services", ["stat"], "products.one.services: no such service: stat; did you mean state?"),
    ("products/one/services", [], "products.one.services: is empty"),
    ("products/one/drives", ["steam"], "products.one.drives: no such drive: steam; known: electric"),
    ("products/one/equipment", ["towbar"], "products.one.equipment: no such equipment: towbar; did you mean tow-bar?"),
    ("products/one/models", [" "], "products.one.models: an empty model"),
    ("products/one/prices/no", 10.0, "products.one.prices.no: 10.0 is no price; write a text in quotes"),
    ("products/one/prices/no", "10,00", "products.one.prices.no: 10,00 is no price"),
    ("products/one/prices/se", "10.00", "products.one.prices: no such market: se; known: no, de"),
    ("products/one/trial_months", 99, "products.one.trial_months: 99 months; write 0 to 60"),
    ("products/one/price", "1", "products.one: Object contains unknown field `price`; known here: name, text"),
    ("products/One!", {}, "products: One! is no code; use small letters"),
    ("products", [1], "products: [1] is no list of entries"),
    ("product", {}, "the file: no such section: product; did you mean products?"),
    ("markets/nor", {}, "markets: nor is no code; use two small letters"),
    ("markets/no/currency", "ABC", "markets.no.currency: no such currency: ABC"),
    ("packages/both/prices", {"no": "31.00"}, "packages.both.prices.no: 31.00 is more than the products singly"),
    ("packages/both/prices", {"de": "1.00"}, "packages.both.prices.de: has products without a price there: two"),
    ("packages/both/products", ["one"], "packages.both.products: 1 product; a package holds at least two"),
    ("packages/one", SMALL["packages"]["both"], "packages.one: is also the code of a product"),
]


@pytest.mark.parametrize(("path", "value", "said"), MISTAKES)
def test_each_mistake_is_named_with_place_and_remedy(path: str, value: Any, said: str) -> None:
    def spoil(data: dict[str, Any]) -> None:
        *way, last = path.split("/")
        for step in way:
            data = data[step]
        if value is GONE:
            del data[last]
        else:
            data[last] = value

    assert f"ours.yaml: {said}" in complaints(with_change(spoil))


def test_everything_wrong_is_said_at_once() -> None:
    def spoil(data: dict[str, Any]) -> None:
        data["services"]["state"]["commands"] = ["fly"]
        data["products"]["two"]["drives"] = ["steam"]

    assert len(complaints(with_change(spoil)).splitlines()) == 2


def test_norway_is_a_country_and_no_falsehood() -> None:
    text = written(SMALL).replace(b'"no":', b"no:")
    assert "no" in parse_file(text, "x").products["one"].offers


def test_what_stands_twice_is_said() -> None:
    assert "products: one stands here twice; keep one" in complaints(written(SMALL).replace(b'"two":', b'"one":'))


@pytest.mark.parametrize("text", [b"\xff\xfe\xfa", b"a: [", b"- 1", b"12", b"? [a]: 1", b"&a [*a]", b"[" * 5000])
def test_what_is_no_catalogue_is_refused(text: bytes) -> None:
    assert complaints(text).startswith("ours.yaml: ")


WORDS_OF_FILES = ["markets", "services", "products", "packages", "name", "text", "en", "prices", "no", "signals"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS_OF_FILES), inner, max_size=4),
        max_leaves=20,
    )
)
def test_any_yaml_is_a_catalogue_or_refused_in_words(data: Any) -> None:
    said = outcome(yaml.safe_dump(data).encode())
    assert all(line.startswith("x.yaml: ") and "; " in line for line in said.splitlines())


@given(st.binary(max_size=60))
def test_any_bytes_are_a_catalogue_or_refused_in_words(data: bytes) -> None:
    assert outcome(data)[:8] in {"", "x.yaml: "}


def outcome(text: bytes) -> str:
    """Empty when it is a catalogue."""
    try:
        parse_file(text, "x.yaml")
    except CatalogueError as error:
        return str(error)
    return ""


def test_an_operators_file_replaces_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it lacks is still called by its name, for lines that run."""
    path = tmp_path / "ours.yaml"
    path.write_bytes(written(SMALL))
    monkeypatch.setenv("KOLONNE_CATALOGUE", str(path))
    catalogue.cache_clear()
    try:
        assert list(products()) == ["one", "two"]
        assert of_product("remote-access").name == "Remote access"
        assert of_product("never-known").name == "never-known"
    finally:
        monkeypatch.undo()
        catalogue.cache_clear()
    with pytest.raises(CatalogueError, match="cannot be read"):
        load(tmp_path / "none.yaml")
    assert builtin() == catalogue()
