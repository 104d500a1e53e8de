"""ASVS 3.3, 3.4, 14.3: what every answer says to the browser."""

from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/accounts/login/", "/does-not-exist/", "/api/v1/vehicles", "/", "/health/"])
def test_every_answer_is_fenced_in(address: str) -> None:
    answer = Client(raise_request_exception=False).get(address)
    policy = answer["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]


def test_no_page_holds_inline_script_or_style(bob: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(bob)
    for address in ("/", "/vehicles/", "/status/", "/accounts/login/"):
        page = client.get(address).content.decode()
        assert " style=" not in page, address
        assert " onclick=" not in page, address
        assert "<style" not in page, address


def test_the_session_cookie_is_out_of_reach_for_scripts(bob: User) -> None:
    bob.set_password("a long and plain sentence")
    bob.save()
    client = Client()
    client.post("/accounts/login/", {"login": "bob", "password": "a long and plain sentence"})
    cookie = client.cookies["kolonne"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_form_without_its_token_is_refused(bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/language/", {"language": "de"}).status_code == 403
