"""SMS to people: posted to a provider's webhook, or files until an operator sets one up.

`send` is called by jobs, which try again; neither number nor words nor the provider's address get into a log.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
from django.conf import settings

TIMEOUT_S = 20


@dataclass(frozen=True)
class Sms:
    """One message. `key` is the same at each try, so that nobody gets it twice."""

    key: str
    """Letters, digits, hyphens."""
    to: str
    """E.164, e.g. +4791234567."""
    text: str


class SmsNotTaken(Exception):
    """The provider did not take the message this time; says why without saying to whom or by which address."""


def send(message: Sms) -> None:
    """Hands a message over now. Raises SmsNotTaken: whoever calls it tries again later."""
    if settings.SMS_URL:
        _post(message)
    else:
        _write(message, Path(settings.SMS_FOLDER))


def _post(message: Sms) -> None:
    address, auth = _without_password(settings.SMS_URL)
    headers = {"Idempotency-Key": message.key}
    if settings.SMS_TOKEN:
        headers["Authorization"], auth = f"Bearer {settings.SMS_TOKEN}", None
    body = {"to": message.to, "text": message.text}
    try:
        answer = httpx.post(address, json=body, headers=headers, auth=auth, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Not "from error": its text holds the address.
        raise SmsNotTaken(f"the provider of SMS was not reached: {type(error).__name__}") from None
    if not answer.is_success:
        raise SmsNotTaken(f"the provider of SMS answered {answer.status_code}")


def _without_password(url: str) -> tuple[str, tuple[str, str] | None]:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    auth = (unquote(parts.username or ""), unquote(parts.password or "")) if "@" in parts.netloc else None
    return urlunsplit(parts._replace(netloc=place)), auth


def _write(message: Sms, folder: Path) -> None:
    """Named after the key: a job that was killed after the file and before its end writes the same file again."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = folder / f".{message.key}.{os.getpid()}"
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(message), file, ensure_ascii=False)
    half.replace(folder / f"{message.key}.json")
