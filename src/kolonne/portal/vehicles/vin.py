"""What a VIN says by itself: ISO 3779 (the number) and ISO 3780 (who made the van). Pure: knows nothing of our vans.

The makers are data (`wmi.yaml`); who is missing there is unknown and no error. A wrong check digit is one only where
every maker has to write it: North America and China.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

LENGTH = 17
CHECK_POSITION = 8
"""Of the check digit, counted from 0."""
YEAR_POSITION = 9
_SEPARATORS = str.maketrans("", "", " \t\r\n\f\v\u00a0\u2007\u2009\u202f\ufeff-–—‐‑_./·*")
_LOOKS_LIKE = {"I": "1", "O": "0", "Q": "0"}
_VALUES = {digit: int(digit) for digit in "0123456789"} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9], strict=True)
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
"""Model years from 1980 on; the signs come again after thirty years."""
_FIRST_YEAR = 1980
_ORDER = "ABCDEFGHJKLMNPRSTUVWXYZ1234567890"
"""In which ISO 3780 counts, for its ranges of countries."""


class Problem(StrEnum):
    """What is wrong with a VIN; the words for it are where it is shown."""

    EMPTY = "empty"
    LENGTH = "length"
    LETTER = "letter"
    """I, O or Q."""
    SIGN = "sign"
    """Neither a digit nor a letter from A to Z."""
    CHECK_DIGIT = "check_digit"


@dataclass(frozen=True)
class Wrong:
    """One problem: where it is, what stands there and what might be meant."""

    problem: Problem
    position: int = 0
    """From 1; 0 for the whole."""
    sign: str = ""
    meant: str = ""
    """What to type instead, if that can be said."""


@dataclass(frozen=True)
class Explained:
    """A VIN, or what somebody has typed of it so far."""

    vin: str
    wrong: tuple[Wrong, ...]
    maker: str = ""
    country: str = ""
    """ISO 3166-1 alpha-2 of the country that gave the maker its code; the van may have been built elsewhere."""
    model_year: int | None = None
    is_checked: bool = False
    """Whether the check digit applies to this VIN and is right."""

    @property
    def is_right(self) -> bool:
        return not self.wrong

    @property
    def too_long(self) -> bool:
        return len(self.vin) > LENGTH


@dataclass(frozen=True)
class _Maker:
    name: str
    has_year: bool
    has_check_digit: bool
    country: str


def normalised(typed: str) -> str:
    """As it is stored: capitals, without what people put between groups."""
    return typed.translate(_SEPARATORS).upper()


def explain(typed: str, *, this_year: int) -> Explained:
    """Everything that follows from the VIN alone. `this_year` decides between model years thirty years apart."""
    vin = normalised(typed)
    wrong = _wrong_signs(vin) or _wrong_length(vin)
    country, maker = _country(vin), _maker(vin)
    if wrong:
        return Explained(vin, wrong, maker.name if maker else "", maker.country if maker else country)
    checks = _has_check_digit(country, maker)
    wrong = _wrong_check_digit(vin) if checks else ()
    year = _model_year(vin, this_year) if maker and maker.has_year else None
    return Explained(
        vin, wrong, maker.name if maker else "", maker.country if maker else country, year, checks and not wrong
    )


def check_digit(vin: str) -> str:
    """What has to stand at the ninth place of a VIN whose signs are right; what stands there now does not matter."""
    rest = sum(_VALUES[sign] * weight for sign, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)  # the remainder for which there is no digit


def _wrong_signs(vin: str) -> tuple[Wrong, ...]:
    found = []
    for position, sign in enumerate(vin, start=1):
        if sign in _LOOKS_LIKE:
            found.append(Wrong(Problem.LETTER, position, sign, _LOOKS_LIKE[sign]))
        elif sign not in _VALUES:
            found.append(Wrong(Problem.SIGN, position, sign))
    return tuple(found)


def _wrong_length(vin: str) -> tuple[Wrong, ...]:
    if len(vin) == LENGTH:
        return ()
    return (Wrong(Problem.LENGTH if vin else Problem.EMPTY),)


def _wrong_check_digit(vin: str) -> tuple[Wrong, ...]:
    right = check_digit(vin)
    if vin[CHECK_POSITION] == right:
        return ()
    return (Wrong(Problem.CHECK_DIGIT, CHECK_POSITION + 1, vin[CHECK_POSITION], right),)


def _has_check_digit(country: str, maker: _Maker | None) -> bool:
    return country in _data().check_digit or (maker is not None and maker.has_check_digit)


def _model_year(vin: str, this_year: int) -> int | None:
    """The latest year that the sign can mean; vans of next year's model are sold this year."""
    place = _YEARS.find(vin[YEAR_POSITION])
    if place < 0:
        return None
    cycles = range(_FIRST_YEAR + place, this_year + 2, len(_YEARS))
    return cycles[-1] if cycles else None


def _country(vin: str) -> str:
    return next((code for first, last, code in _data().countries if first <= _rank(vin) <= last), "")


def _rank(vin: str) -> int:
    signs = vin[:2]
    if len(signs) < 2 or any(sign not in _ORDER for sign in signs):  # a country is two signs
        return -1
    return _ORDER.index(signs[0]) * len(_ORDER) + _ORDER.index(signs[1])


def _maker(vin: str) -> _Maker | None:
    return _data().makers.get(vin[:3])


@dataclass(frozen=True)
class _Data:
    countries: list[tuple[int, int, str]]
    check_digit: frozenset[str]
    makers: dict[str, _Maker]


@cache
def _data() -> _Data:
    raw = yaml.safe_load(Path(__file__).with_name("wmi.yaml").read_text(encoding="utf-8"))
    countries = [
        (_rank(first), _rank(last), code)
        for code, ranges in raw["countries"].items()
        for first, _, last in (one.partition("-") for one in ranges.split())
    ]
    data = _Data(countries, frozenset(raw["check_digit"]), {})
    for one in raw["makers"]:
        for wmi in one["wmi"].split():
            place = next((code for first, last, code in countries if first <= _rank(wmi) <= last), "")
            data.makers[wmi] = _Maker(
                one["maker"], one.get("year", False), one.get("check_digit", False), one.get("country", place)
            )
    return data
