"""The demonstration's outbox: what would have been sent, for whoever looks around; it exists nowhere else."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.test.utils import override_settings

from kolonne.portal.identity import outbox
from kolonne.portal.lib import sms
from kolonne.portal.lib.mail import FolderBackend
from kolonne.portal.lib.sms import Sms

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


def send(folder: Path, number: str, subject: str = "Grüße", text: str = "Open https://kolonne.example/x/ now") -> None:
    headers = {"Message-ID": f"<{number}@kolonne.example>"}
    mail = EmailMultiAlternatives(subject, text, to=["ida@fjordbud.example"], headers=headers)
    mail.attach_alternative('<html><head></head><body><a href="/x/">Open</a></body></html>', "text/html")
    with override_settings(EMAIL_FOLDER=folder):
        FolderBackend().send_messages([mail])


def get(folder: Path, address: str) -> Any:
    with override_settings(EMAIL_FOLDER=folder, SMS_FOLDER=folder.parent / "sms", DEMO=True):
        return Client().get(address)


def test_outside_a_demonstration_there_is_no_outbox(folder: Path) -> None:
    send(folder, "job-1")
    for address in ("/dev/mail/", "/dev/mail/job-1/", "/dev/mail/job-1/html/"):
        with override_settings(EMAIL_FOLDER=folder):
            assert Client().get(address).status_code == 404


def test_mails_are_listed_newest_first_and_only_so_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing was sent yet" in get(folder, "/dev/mail/").content.decode()
    for number in range(4):
        send(folder, f"job-{number}", subject=f"Mail {number}")
        os.utime(folder / f"job-{number}.eml", (number, number))
    monkeypatch.setattr(outbox, "SHOWN", 3)
    assert [mail.number for mail in outbox.newest(folder)] == ["job-3", "job-2", "job-1"]
    page = get(folder, "/dev/mail/").content.decode()
    assert "Mail 3" in page
    assert "Mail 0" not in page


def test_links_lead_to_the_host_where_the_reader_is(folder: Path) -> None:
    """Who came to localhost is signed in there, and a stranger at 127.0.0.1."""
    send(folder, "job-1", text="Open http://127.0.0.1:8000/x/ now")
    with override_settings(PUBLIC_URL="http://127.0.0.1:8000"):
        page = get(folder, "/dev/mail/job-1/").content.decode()
    assert 'href="http://testserver/x/"' in page
    assert "127.0.0.1" not in page


def test_a_mail_is_shown_as_text_with_links_that_open(folder: Path) -> None:
    send(folder, "job-1")
    page = get(folder, "/dev/mail/job-1/").content.decode()
    assert "Grüße" in page
    assert 'href="https://kolonne.example/x/"' in page


def test_the_html_of_a_mail_runs_and_loads_nothing(folder: Path) -> None:
    send(folder, "job-1")
    answer = get(folder, "/dev/mail/job-1/html/")
    assert '<base target="_top">' in answer.content.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("number", ["job-2", "..", "a" * 81])
def test_a_mail_that_is_not_there_is_not_found(folder: Path, number: str) -> None:
    send(folder, "job-1")
    assert get(folder, f"/dev/mail/{number}/").status_code == 404
    assert outbox.one(f"../mail/{number}", folder) is None


def test_an_sms_lies_among_the_mails_and_says_that_it_is_one(folder: Path) -> None:
    """CO-05."""
    send(folder, "job-1")
    with override_settings(SMS_FOLDER=folder.parent / "sms"):
        sms.send(Sms("invitation-1", "+4791234567", "Come in: https://kolonne.example/join/x/"))
    page = get(folder, "/dev/mail/").content.decode()
    assert page.index("Come in") < page.index("Grüße")
    assert page.count(">SMS<") == 1
    page = get(folder, "/dev/mail/invitation-1/").content.decode()
    assert 'href="https://kolonne.example/join/x/"' in page
    assert "+4791234567" in page
