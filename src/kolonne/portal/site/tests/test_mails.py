"""NF-01: every mail of the portal, as text and as HTML, in three languages."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from kolonne.portal.identity import mails
from kolonne.portal.identity.models import Language, State, User

PORTAL = Path(__file__).parents[2]
NAMES = sorted(file.stem for file in PORTAL.glob("*/templates/mails/*.txt") if not file.stem.startswith("_"))
PERSON = User(username="kari.nordmann", first_name="Kari", last_name="Nordmann & Sønner")
FACTS: dict[str, Any] = {
    "user": PERSON, "name": str(PERSON), "username": PERSON.username, "id": PERSON.username, "email": "k@example.com",
    "to_email": "new@example.com", "support_email": "help@example.com", "support_phone": "+47 00", "market": "Norge",
    "link": "https://k.example/link", "password_reset_url": "https://k.example/link", "code": "1234 5678",
    "device": "Firefox", "address": "192.0.2.7", "factor": "totp", "state": State.BLOCKED, "helpers": ["Alice"],
    "since": "1.", "lock_on": "2.", "notice_on": "3.", "delete_on": "4.", "on": "5.", "step": "warn", "days": 14,
    "company": "Fjordbud <AS>", "company_id": 7, "organisation": "Fjordbud <AS>", "person": "Bob", "inviter": "Alice",
    "helper": "Nora", "roles": ["driver"], "rights": ["use"], "application": "Parts",
    "application_url": "https://parts.example/", "minutes": 10, "tries": 3,
    "vans": 2, "going": 1, "ending": 1, "day": "6.", "price": "69.00 NOK",
}  # fmt: skip


@pytest.mark.parametrize("language", Language.values)
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_text_and_html_in_the_readers_language(name: str, language: str) -> None:
    mails.deliver(name, "k@example.com", language, FACTS)
    sent = mail.outbox[-1]
    assert isinstance(sent, EmailMultiAlternatives)
    ((html, kind),) = sent.alternatives
    assert kind == "text/html"
    assert sent.extra_headers["Content-Language"] == language
    assert f'<html lang="{language}">' in str(html)
    assert sent.subject
    assert "\n" not in str(sent.subject)
    for part in (str(sent.body), str(html)):
        assert not {"{{", "{%", "None"} & set(part.split())
    # Names are words, not markup: in the HTML they are escaped, in the text they stand as they are.
    assert "<AS>" not in str(html)
    assert "&amp;" not in str(sent.body)
    letter = mails.compose(name, language, FACTS)
    assert letter.paragraphs
    assert all(part.url.startswith("http") for part in letter.paragraphs if part.url)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_languages_have_the_same_words(name: str) -> None:
    """Or one of them was forgotten."""
    assert len({mails.compose(name, language, FACTS).as_text for language in Language.values}) == len(Language.values)
