"""NIST SP 800-63B-4, ASVS 6.2: passwords are long and not guessable, and nothing else is asked of them."""

import re

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from kolonne.portal.identity.models import User


def faults(password: str) -> list[str]:
    user = User(username="ida.solberg", first_name="Ida", last_name="Solberg", email="ida@fjordbud.example")
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [one.code or "" for one in error.error_list]
    return []


@pytest.mark.parametrize(
    "password",
    [
        "drei blaue Busse essen Radiergummi",
        "tretti knirkende sykler drikker melk",
        "vQ8#mZt0!rKp2xWd",
        "一二三四五六七八九十甲乙丙丁戊己庚辛",
        "correct-ish zebra tuba 91 marmalade " * 5,
    ],
)
def test_long_words_and_random_signs_are_fine(password: str) -> None:
    assert faults(password) == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short but odd", "password_too_short"),
        ("x" * 257, "password_too_long"),
        ("aaaaaaaaaaaaaaaaaaaa", "password_too_easy"),
        ("qwertyuiopasdfghjkl", "password_too_easy"),
        ("passwordpassword1", "password_too_easy"),
        ("kolonnekolonnekolonne", "password_too_easy"),
        ("IdaSolbergFjordbud", "password_too_easy"),
        ("ida@fjordbud.example", "password_too_easy"),
        ("123456789012345678", "password_too_easy"),
    ],
)
def test_what_others_guess_first_is_refused(password: str, code: str) -> None:
    assert code in faults(password)


def test_64_characters_and_more_are_allowed() -> None:
    assert faults("drei blaue Busse essen Radiergummi " * 7) == []


@pytest.mark.parametrize("language", ["de", "nb", "en"])
def test_the_refusal_names_number_and_remedy(language: str) -> None:
    with translation.override(language), pytest.raises(ValidationError) as refused:
        validate_password("only 12 here")
    assert {"12", "15"} <= set(re.findall(r"\d+", refused.value.messages[0]))
