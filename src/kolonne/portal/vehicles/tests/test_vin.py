"""VH-01: what a VIN says by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.vehicles.vin import LENGTH, Problem, _data, check_digit, explain, normalised
from kolonne.wire.subjects import VIN

SIGNS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
VINS = st.text(SIGNS, min_size=LENGTH, max_size=LENGTH)
YEAR = 2026


def problems(typed: str) -> list[Problem]:
    return [wrong.problem for wrong in explain(typed, this_year=YEAR).wrong]


@given(st.text(max_size=60))
def test_whatever_is_typed_is_explained_and_nothing_breaks(typed: str) -> None:
    explained = explain(typed, this_year=YEAR)
    assert explained.is_right is False or VIN.fullmatch(explained.vin)
    assert len(explained.country) in (0, 2)


@given(VINS, st.integers(0, 16), st.sampled_from([" ", "-", "\u00a0", "  ", "–"]))
def test_case_and_separators_do_no_harm(vin: str, place: int, separator: str) -> None:
    typed = f" {vin[:place].lower()}{separator}{vin[place:]}\n"
    assert normalised(typed) == vin
    assert explain(typed, this_year=YEAR) == explain(vin, this_year=YEAR)


@given(VINS, st.integers(0, 16), st.sampled_from("IOQ"))
def test_letters_that_no_vin_has_are_found_where_they_are(vin: str, place: int, letter: str) -> None:
    [wrong] = explain(vin[:place] + letter + vin[place + 1 :], this_year=YEAR).wrong
    assert (wrong.problem, wrong.position, wrong.sign) == (Problem.LETTER, place + 1, letter)
    assert wrong.meant == ("1" if letter == "I" else "0")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("", Problem.EMPTY), (" - ", Problem.EMPTY), ("WV1ZZZ", Problem.LENGTH), ("W" * 18, Problem.LENGTH),
     ("WV1ZZZ7HZ8H12345É", Problem.SIGN), ("WV1ZZZ7HZ8H12345１", Problem.SIGN)],
)  # fmt: skip
def test_what_is_no_vin_is_named(typed: str, problem: Problem) -> None:
    assert problems(typed) == [problem]


@pytest.mark.parametrize(
    "vin",
    # Of the first one anybody can add up the sum: 89 = 8 * 11 + 1.
    ["11111111111111111", "1M8GDM9AXKP042788", "LSKG4GL11MA012345", "1FTYE1Y8XKKA12345"],
)
def test_right_check_digits_are_right(vin: str) -> None:
    assert check_digit(vin) == vin[8]
    explained = explain(vin, this_year=YEAR)
    assert explained.is_right
    assert explained.is_checked


@given(VINS, st.sampled_from("12345L"), st.sampled_from("ABC"), st.integers(2, 16), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_found_where_check_digits_apply(
    vin: str, first: str, second: str, place: int, other: str
) -> None:
    """What weighs the same by the rule of ISO 3779 cannot be found; everything else is."""
    vin = first + second + vin[2:]
    vin = vin[:8] + check_digit(vin) + vin[9:]
    assert problems(vin) == []
    typed = vin[:place] + other + vin[place + 1 :]
    assert problems(typed) == ([Problem.CHECK_DIGIT] if check_digit(typed) != typed[8] else [])


@given(VINS)
def test_elsewhere_the_ninth_sign_is_the_makers_affair(vin: str) -> None:
    explained = explain("WV1" + vin[3:], this_year=YEAR)
    assert explained.is_right
    assert not explained.is_checked


@pytest.mark.parametrize(
    ("vin", "maker", "country", "year"),
    [("WV1ZZZSYZM9012345", "Volkswagen", "DE", 2021), ("WF0XXXTTGXKA12345", "Ford", "DE", None),
     ("NM0GXXTTPGKA12345", "Ford", "TR", None), ("VF1MA000012345678", "Renault", "FR", None),
     ("VSA44760313123456", "Mercedes-Benz", "ES", None), ("8AC90663512345678", "Mercedes-Benz", "AR", None),
     ("VXEV1234567890123", "Opel", "FR", None), ("YARVEEHTMGZ012345", "Toyota", "BE", None),
     ("WK0TEST0000000001", "", "DE", None), ("Z9900000000000000", "", "", None)],
)  # fmt: skip
def test_makers_are_known_by_their_codes(vin: str, maker: str, country: str, year: int | None) -> None:
    explained = explain(vin, this_year=YEAR)
    assert (explained.maker, explained.country, explained.model_year) == (maker, country, year)


def test_maker_and_country_are_told_while_the_rest_is_still_typed() -> None:
    explained = explain("WV1 ZZZ", this_year=YEAR)
    assert (explained.maker, explained.country, explained.model_year) == ("Volkswagen", "DE", None)


@pytest.mark.parametrize(
    ("sign", "this_year", "year"), [("V", 2026, 2027), ("W", 2026, 1998), ("W", 2028, 2028), ("A", 2026, 2010)]
)
def test_a_model_year_is_the_latest_that_can_be(sign: str, this_year: int, year: int) -> None:
    assert explain(f"WV1ZZZSYZ{sign}9012345", this_year=this_year).model_year == year


@given(VINS, st.integers(1980, 2100))
def test_no_van_is_newer_than_next_years_model(vin: str, this_year: int) -> None:
    year = explain("WV1" + vin[3:], this_year=this_year).model_year
    assert year is None or this_year - 28 <= year <= this_year + 1


def test_the_data_of_makers_are_whole() -> None:
    """Each code has three signs that a VIN can have, stands there once, and has a country."""
    makers = _data().makers
    assert all(len(code) == 3 and set(code) <= set(SIGNS) and maker.country for code, maker in makers.items())
    codes = [code for one in open_data() for code in one["wmi"].split()]
    assert len(codes) == len(set(codes)) == len(makers)


def open_data() -> list[dict[str, str]]:
    from pathlib import Path

    import yaml

    from kolonne.portal.vehicles import vin

    makers: list[dict[str, str]] = yaml.safe_load(Path(vin.__file__).with_name("wmi.yaml").read_text())["makers"]
    return makers
