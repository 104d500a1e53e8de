"""CO-11: of mails and SMS that became files, those to a person who is erased and those that name him go."""

import json
import os
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from kolonne.portal.lib import folders


def mail(folder: Path, name: str, to: str, text: str) -> Path:
    message = EmailMessage()
    message["To"], message["Subject"] = to, "Grüße"
    message.set_content(text, cte="base64")
    path = folder / f"{name}.eml"
    path.write_bytes(message.as_bytes())
    return path


def left(folder: Path) -> set[str]:
    return {file.stem for file in folder.iterdir()}


def test_mails_to_somebody_and_about_him_go_also_when_they_are_encoded(tmp_path: Path) -> None:
    mail(tmp_path, "to-him", "ola@example.com", "Hei")
    mail(tmp_path, "about-him", "kari@example.com", "Ola  Nordmann ble\nlagt til, æøå")
    mail(tmp_path, "receipt", "ola@example.com", "Ferdig")
    mail(tmp_path, "of-another", "nicola@example.com", "Ola Nordmannsen og ola@example.company")
    assert folders.delete_naming(tmp_path, ["ola@example.com", "Ola Nordmann"], keep="receipt") == 2
    assert left(tmp_path) == {"receipt", "of-another"}


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"key": "k", "to": "+4791234567", "text": "Hei"})])
def test_sms_are_read_and_what_is_no_sms_does_no_harm(text: str, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(text, encoding="utf-8")
    assert folders.delete_naming(tmp_path, ["+4791234567"]) == (1 if "to" in text else 0)


def test_without_words_and_without_a_folder_nothing_is_deleted(tmp_path: Path) -> None:
    mail(tmp_path, "one", "ola@example.com", "Hei")
    assert folders.delete_naming(tmp_path, []) == 0
    assert folders.delete_naming(tmp_path / "missing", ["ola@example.com"]) == 0
    assert left(tmp_path) == {"one"}


def test_old_files_go(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    for name, days in (("old", 31), ("new", 29)):
        path = mail(tmp_path, name, "ola@example.com", "Hei")
        at = (now - timedelta(days=days)).timestamp()
        os.utime(path, (at, at))
    month = now - timedelta(days=30)
    assert folders.delete_older(tmp_path, than=month, keep={"old.eml"}) == 0
    assert folders.delete_older(tmp_path, than=month) == 1
    assert left(tmp_path) == {"new"}
