"""ASVS 16.2.5: no key that opens something stands in a log."""

import logging

import pytest

from kolonne.portal.identity.log_filter import WithoutKeys

KEY = "5-0f3c:1abc.x_Y-z"


@pytest.mark.parametrize(
    "page",
    [
        "accounts/keep",
        "accounts/export",
        "accounts/invitation",
        "accounts/private/confirm",
        "accounts/password/reset/key",
        "account/export",
        "customers/code",
        "join",
        "register/confirm",
    ],
)
def test_a_refused_request_is_logged_without_its_key(page: str) -> None:
    text = "Forbidden (%s): %s"
    record = logging.LogRecord("django.security.csrf", 30, "", 1, text, ("no cookie", f"/{page}/{KEY}/"), None)
    assert WithoutKeys().filter(record)
    assert record.getMessage() == f"Forbidden (no cookie): /{page}/…/"


def test_other_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("django.request", 30, "", 1, "%s: %s", ("Not Found", "/vans/12/"), None)
    assert WithoutKeys().filter(record)
    assert (record.msg, record.getMessage()) == ("%s: %s", "Not Found: /vans/12/")
