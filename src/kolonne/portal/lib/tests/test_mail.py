"""Mails go through the operator's own server, or into a folder."""

import subprocess
import sys

import pytest

from kolonne import config
from kolonne.config import Config, ConfigError

_SHOW = """
from kolonne.portal.site import settings as s
print(s.EMAIL_BACKEND.split(".")[-1], s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL, s.EMAIL_HOST_USER,
      s.EMAIL_HOST_PASSWORD, s.DEFAULT_FROM_EMAIL, sep="|")
"""


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://fleet:p%40ss@mail.example", "EmailBackend|mail.example|587|True|False|fleet|p@ss"),
        ("smtps://fleet:secret@mail.example:4650", "EmailBackend|mail.example|4650|False|True|fleet|secret"),
    ],
)
def test_a_mail_server_is_used_with_encryption(platform: Config, url: str, told: str) -> None:
    environ = {"KOLONNE_DATA": str(platform.data), "KOLONNE_MAIL_URL": url, "KOLONNE_MAIL_FROM": "Fleet <a@b.example>"}
    shown = subprocess.run([sys.executable, "-c", _SHOW], env=environ, capture_output=True, text=True, check=False)
    assert shown.stdout.strip() == f"{told}|Fleet <a@b.example>", shown.stderr


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://a b@c"])
def test_a_malformed_address_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(ConfigError, match="KOLONNE_MAIL_URL") as refused:
        config.load({"KOLONNE_MAIL_URL": url})
    assert url not in str(refused.value).replace("smtp://user", "")
