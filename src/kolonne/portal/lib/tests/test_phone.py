"""CO-05: a mobile number is one number however it is written."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.lib.errors import Invalid
from kolonne.portal.lib.phone import mobile_number, written


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("+47 912 34 567", "de"),
        ("0047 912 34 567", "no"),
        ("912 34 567", "no"),
        ("91234567", "NO"),
        ("(+47) 912-34-567", "de"),
        ("tel:+4791234567", "no"),
    ],
)
def test_one_number_however_it_is_written(text: str, country: str) -> None:
    assert mobile_number(text, country) == "+4791234567"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "+",
        "123",
        "+47 22 22 22 22",
        "030 901820",
        "+47 912 34 567 ext 5",
        "+999123456789",
        "112",
        "\0",
        "a@b.no",
    ],
)
def test_what_takes_no_sms_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        mobile_number(text, "no")


def test_it_is_read_as_people_write_it() -> None:
    assert written("+4791234567") == "+47 91 23 45 67"
    assert written("gone") == "gone"


@given(st.integers(90_000_000, 99_999_999), st.sampled_from(["{}", "+47{}", "0047{}", "+47 {}"]), st.booleans())
def test_every_writing_of_a_number_is_the_same_number(digits: int, form: str, spaced: bool) -> None:
    plain = f"{digits}"
    typed = form.format(f"{plain[:3]} {plain[3:5]} {plain[5:]}" if spaced else plain)
    if not phonenumbers.is_valid_number(phonenumbers.parse(f"+47{plain}")):
        return
    assert mobile_number(typed, "no") == f"+47{plain}"


@given(st.text(max_size=60))
def test_whatever_is_typed_gives_a_number_or_a_remedy(text: str) -> None:
    """Never anything else; and what was understood once is understood again."""
    try:
        number = mobile_number(text, "de")
    except Invalid:
        return
    assert number.startswith("+")
    assert mobile_number(number, "no") == number
    assert mobile_number(written(number), "no") == number
