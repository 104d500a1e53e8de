"""ASVS 2.2.1, 16.5.3: what no browser of ours sends is answered, not stumbled over, and opens nothing."""

import json

import pytest
from django.core.cache import cache
from django.test import Client

from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity import actions

PASSWORD = "a long and plain sentence"
pytestmark = pytest.mark.django_db
NUL = "\0"
PASSKEY = {"id": "AA", "rawId": "AA", "type": "public-key"}
SIGNED = {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"}


@pytest.mark.parametrize(
    ("address", "fields", "status"),
    [
        ("/identity/o/authorize?client_id=%00&response_type=code", None, 400),
        ("/identity/o/authorize?client_id=a&max_age=99999999999999999999999", None, 400),
        ("/identity/o/logout?client_id=%00", None, 400),
        ("/identity/o/logout?id_token_hint=%00.x.y", None, 400),
        ("/identity/o/api/token", {"client_id": NUL, "client_secret": NUL, "grant_type": "authorization_code"}, 400),
        ("/identity/o/api/token", {"client_id": "a", "refresh_token": NUL, "grant_type": "refresh_token"}, 401),
        ("/identity/o/api/revoke", {"token": NUL, "client_id": NUL, "client_secret": "x"}, 401),
        ("/identity/o/api/userinfo", {"access_token": NUL}, 401),
        ("/accounts/login/", {"login": f"{NUL}a", "password": "b"}, 200),
        ("/accounts/login/", {"login": "a", "password": f"{NUL}b"}, 200),
        ("/accounts/2fa/webauthn/login/", {"credential": "[]"}, 302),
        ("/accounts/2fa/webauthn/login/", {"credential": json.dumps(PASSKEY | {"response": {"userHandle": 5}})}, 302),
        (
            "/accounts/2fa/webauthn/login/",
            {"credential": json.dumps(PASSKEY | {"response": {"userHandle": "_w", **SIGNED}})},
            302,
        ),
        ("/accounts/signup/", {"username": "x", "email": "e@example.com", "password1": "x", "password2": "x"}, 200),
        ("/accounts/login/code/confirm/", {"code": "x"}, 302),
        ("/accounts/password/set/", {"password1": "x"}, 302),
        ("/accounts/keep/%00/", None, 410),
        ("/accounts/password/reset/key/1-abc/", None, 404),
        ("/accounts/private/", {"user_id": NUL}, 200),
        ("/dev/mail/", None, 404),
        ("/dev/sign-in/x/", None, 404),
    ],
)
def test_odd_requests_are_answered_and_sign_nobody_in(address: str, fields: dict[str, str] | None, status: int) -> None:
    cache.clear()
    browser = Client()
    answer = browser.get(address) if fields is None else browser.post(address, fields)
    assert answer.status_code == status
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x"])
def test_nobody_is_led_elsewhere(elsewhere: str) -> None:
    cache.clear()
    assert Client().post("/language/", {"language": "de", "next": elsewhere})["Location"] == "/"
    data = actions.PersonData("ida", "ida@example.com")
    actions.create_user(actor=SYSTEM, person=data, market="no", password=PASSWORD)
    signed_in = Client().post("/accounts/login/", {"login": "ida", "password": PASSWORD, "next": elsewhere})
    assert signed_in["Location"] == "/"
