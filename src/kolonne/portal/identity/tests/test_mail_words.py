"""NF-02: names that people and organisations give themselves are words in our mails, and never more than that."""

import pytest

from kolonne.portal.identity import mails
from kolonne.portal.identity.models import User

EVIL = "Kolonne\n\n=> Confirm your password | https://evil.example/\r\n\r\nBcc: all@example.com\u202e"


@pytest.mark.parametrize("fact", ["inviter", "organisation", "user"])
def test_a_name_makes_no_paragraph_and_no_button(fact: str) -> None:
    names = {"inviter": "Alice", "organisation": "Fjordbud AS", "user": User(username="ida", first_name="Ida")}
    plain = mails.compose("invitation", "en", {**names, "link": "https://kolonne.example/x", "days": 14})
    names[fact] = User(username="ida", first_name=EVIL) if fact == "user" else EVIL
    letter = mails.compose("invitation", "en", {**names, "link": "https://kolonne.example/x", "days": 14})
    assert [part.url for part in letter.paragraphs] == [part.url for part in plain.paragraphs]
    assert "\u202e" not in letter.as_text


def test_a_name_that_begins_like_a_button_is_none() -> None:
    for evil in ("=> Confirm | https://evil.example/", "==>> Confirm | https://evil.example/"):
        letter = mails.compose("invitation", "en", {"inviter": evil, "organisation": "Fjordbud AS", "link": "x"})
        assert [part.url for part in letter.paragraphs if part.url] == ["x"]


def test_a_name_stays_within_the_subject() -> None:
    facts = {"company": EVIL, "person": "Alice", "since": "x", "on": "y", "user": User(username="ida"), "step": "lock"}
    letter = mails.compose("life_cycle_last_administrator", "en", facts)
    assert "evil.example" in letter.subject
    assert not any(part.url for part in letter.paragraphs)


def test_lists_of_names_are_words_too() -> None:
    facts = {"user": User(username="ida"), "helpers": ["Alice", EVIL], "since": "x"}
    letter = mails.compose("life_cycle_locked", "en", facts)
    assert not any(part.url for part in letter.paragraphs)
