"""ID-10: second factors are set up, used, kept by those who need one, and never guessed or replayed."""

import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity import actions
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests import passkey
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db
PASSWORD = "a long and plain sentence"
_SITE = Client().handler


@pytest.fixture(autouse=True)
def no_limits() -> None:
    cache.clear()


def door(user: User) -> Client:
    """A browser in which the password was typed."""
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    browser = Client()
    browser.handler = _SITE
    browser.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return browser


def code_of(key: str) -> str:
    return str(format_hotp_value(hotp_value(key, int(time.time()) // 30)))


def is_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def test_an_administrator_sets_up_an_app_before_anything_else_opens(alice: User) -> None:
    browser = door(alice)
    assert browser.get("/")["Location"] == "/accounts/2fa/"
    assert "Set up a second factor to go on" in browser.get("/accounts/2fa/").content.decode()
    page = browser.get("/accounts/2fa/totp/activate/").content.decode()
    assert "data:image/svg+xml" in page
    key = browser.session["mfa.totp.secret"]
    assert " ".join(key[part : part + 4] for part in range(0, 32, 4)) in page
    answer = browser.post("/accounts/2fa/totp/activate/", {"code": code_of(key)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"

    shown = browser.get("/accounts/2fa/recovery-codes/").content.decode()
    again = browser.get("/accounts/2fa/recovery-codes/").content.decode()
    assert (shown.count("<li>"), again.count('class="k-codes"')) == (10, 0)
    assert browser.get("/").status_code == 200


def test_the_secret_of_an_app_lies_encrypted(alice: User) -> None:
    TOTP.activate(alice, key := generate_totp_secret())
    assert key not in str(Authenticator.objects.get(user=alice).data)


def test_a_code_works_once(alice: User) -> None:
    TOTP.activate(alice, key := generate_totp_secret())
    code = code_of(key)
    for expected in (True, False):
        browser = door(alice)
        assert not is_in(browser)
        browser.post("/accounts/2fa/authenticate/", {"code": code})
        assert is_in(browser) is expected


def test_a_recovery_code_works_once_and_is_named_in_the_audit(alice: User) -> None:
    browser = door(alice)
    passkey.add(browser)
    codes = Authenticator.objects.get(user=alice, type="recovery_codes").wrap().get_unused_codes()
    for expected in (True, False):
        browser = door(alice)
        browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert is_in(browser) is expected
    with user_scope(alice.pk):
        last = Entry.objects.filter(verb="identity.user.signed_in").latest("id")
    assert last.facts["method"] == "password+recovery_codes"


def test_a_passkey_stands_for_password_and_second_factor(alice: User) -> None:
    key = passkey.add(door(alice))
    browser = Client()
    passkey.sign_in(browser, key)
    assert is_in(browser)
    assert browser.get("/accounts/2fa/webauthn/").status_code == 200


def last_factor(user: User) -> tuple[Client, Authenticator]:
    browser = door(user)
    passkey.add(browser)
    return browser, Authenticator.objects.get(user=user, type="webauthn")


def test_whoever_needs_a_factor_keeps_the_last_one(alice: User) -> None:
    browser, factor = last_factor(alice)
    address = f"/accounts/2fa/webauthn/keys/{factor.pk}/remove/"
    assert "only second factor" in browser.get(address).content.decode()
    assert browser.post(address).status_code == 409
    assert Authenticator.objects.filter(pk=factor.pk).exists()

    TOTP.activate(alice, generate_totp_secret())
    assert browser.post(address).status_code == 302
    assert not Authenticator.objects.filter(pk=factor.pk).exists()
    browser.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=alice, type="totp").exists()


def test_whoever_needs_none_may_remove_it_and_the_codes_go_too(sam: User) -> None:
    browser, factor = last_factor(sam)
    browser.post(f"/accounts/2fa/webauthn/keys/{factor.pk}/remove/")
    assert not Authenticator.objects.filter(user=sam).exists()
    with user_scope(sam.pk):
        verbs = list(Entry.objects.values_list("verb", flat=True))
    assert {"identity.second_factor.added", "identity.second_factor.removed"} <= set(verbs)


def test_nobody_touches_a_strangers_passkey(alice: User, charlie: User) -> None:
    _, factor = last_factor(alice)
    browser, _ = last_factor(charlie)
    for page in ("remove", "edit"):
        address = f"/accounts/2fa/webauthn/keys/{factor.pk}/{page}/"
        assert (browser.get(address).status_code, browser.post(address, {"name": "x"}).status_code) == (404, 404)


def test_factors_change_only_shortly_after_it_was_shown_who_is_there(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    """ASVS 7.5.1: by the factor, not by the password alone, once there is one."""
    alice.set_password(PASSWORD)
    alice.save(update_fields=["password"])
    browser = signed_in(alice)
    answer = browser.get("/accounts/2fa/webauthn/add/")
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert browser.get("/accounts/reauthenticate/")["Location"].startswith("/accounts/2fa/reauthenticate/")
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert browser.get("/accounts/2fa/webauthn/add/").status_code == 302


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.INVITED, "Your invitation waits"),
        (State.LOCKED, "Your account is locked"),
        (State.BLOCKED, "Your account is blocked"),
        (State.DELETED, "This account was deleted"),
    ],
)
def test_a_shut_door_says_why_to_the_right_password_only(sam: User, state: State, words: str) -> None:
    sam.set_password(PASSWORD)
    sam.save(update_fields=["password"])
    User.objects.filter(pk=sam.pk).update(state=state)
    right = Client().post("/accounts/login/", {"login": "sam", "password": PASSWORD})
    wrong = Client().post("/accounts/login/", {"login": "sam", "password": "something else"})
    assert (right.status_code, words in right.content.decode()) == (403, True)
    assert words not in wrong.content.decode()
    assert not is_in(right.client)


def test_somebody_blocked_between_password_and_code_stays_outside(alice: User) -> None:
    TOTP.activate(alice, key := generate_totp_secret())
    browser = door(alice)
    actions.move(actor=SYSTEM, user=alice, to=State.BLOCKED, verb="identity.user.blocked")
    answer = browser.post("/accounts/2fa/authenticate/", {"code": code_of(key)})
    assert "Your account is blocked" in answer.content.decode()
    assert not is_in(browser)
