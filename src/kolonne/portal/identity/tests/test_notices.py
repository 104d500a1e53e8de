"""NF-01: every mail of allauth is one of ours, in three languages."""

import re
from pathlib import Path

import allauth
import pytest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from kolonne.portal.identity import devices, mails, notices

FACTS = {
    "code": "ABC-DEF", "device": "Firefox, Windows", "address": "192.0.2.7", "to_email": "new@example.com",
    "password_reset_url": "https://kolonne.example/x", "factor": "totp",
}  # fmt: skip
OWN = ["new_device", "password_locked"]


def sent_by_allauth() -> set[str]:
    """Every mail that its source names."""
    root = Path(allauth.__file__).parent
    sources = [file for app in ("account", "mfa", "usersessions") for file in (root / app).rglob("*.py")]
    return {
        name
        for source in sources
        if "tests" not in source.parts
        for name in re.findall(r'"((?:account|mfa|usersessions)/email/\w+)"', source.read_text())
    }


def test_no_mail_of_allauth_goes_out_in_its_own_words() -> None:
    assert len(sent_by_allauth()) > 12
    assert sorted(sent_by_allauth() - set(notices.TEMPLATES)) == []


@pytest.mark.parametrize("language", ["de", "nb", "en"])
@pytest.mark.parametrize("name", sorted({template for template, _ in notices.TEMPLATES.values()} | set(OWN)))
def test_every_mail_has_a_subject_and_says_what_to_do(name: str, language: str) -> None:
    letter = mails.compose(name, language, FACTS)
    assert letter.subject
    assert letter.paragraphs
    assert not {"{", "None"} & set(letter.as_text.split())
    assert all(part.url.startswith("http") for part in letter.paragraphs if part.url)


def test_codes_and_links_stand_in_no_job() -> None:
    for template, _known in notices.TEMPLATES.values():
        try:
            source = get_template(f"mails/{template}.txt").template.source  # type: ignore[attr-defined]
        except TemplateDoesNotExist:
            pytest.fail(template)
        if "{{ code" in source or "password_reset_url" in source:
            assert template in notices.SECRET


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.9", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_devices_are_called_as_people_call_them(user_agent: str, words: str) -> None:
    assert devices.in_words(user_agent) == words
