"""ID-05, ID-06, ID-08: an invited, blocked, locked, deleted or half-verified account gets in nowhere."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from asgiref.sync import async_to_sync
from authlib.integrations.base_client import OAuthError
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.commands import actions as commands
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.actions import people
from kolonne.portal.companies.models import Membership
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity import actions, links
from kolonne.portal.identity.actions import erasure, life_cycle, reset
from kolonne.portal.identity.models import LifeCycleStep, State, User
from kolonne.portal.identity.tests import passkey
from kolonne.portal.identity.tests.passkey import Passkey
from kolonne.portal.identity.tests.relying import RelyingParty, relying_party
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site import watchers

pytestmark = pytest.mark.django_db
PASSWORD = "a long and plain sentence"
PAGES = ("/", "/vans/", "/account/", "/account/export/", "/profile/pin/", "/accounts/2fa/", "/accounts/sessions/")
API = ("/api/v1/vehicles", "/api/v1/live/snapshot")


@dataclass
class Insider:
    """Somebody who was in everywhere, and what is left of that in his hands."""

    user: User
    browser: Client
    passkey: Passkey
    party: RelyingParty
    tokens: dict[str, Any]
    password: str = PASSWORD
    second_browser: Client = field(default_factory=Client)


@pytest.fixture
def insider(bob: User, ours: House) -> Insider:
    """Bob, fleet manager: signed in with his password and a passkey, and in an application by OpenID Connect."""
    cache.clear()
    bob.set_password(PASSWORD)
    bob.save()
    browser = Client(raise_request_exception=False)
    browser.post("/accounts/login/", {"login": "bob", "password": PASSWORD})
    key = passkey.add(browser)
    party = relying_party(rights=("use",))
    with company_scope(ours.scope):
        membership = Membership.objects.get(user=bob, company=ours.company)
        companies.grant_access(actor=SYSTEM, membership=membership, application=party.application, rights=["use"])
    tokens = party.exchange(party.code(browser))
    return Insider(bob, browser, key, party, tokens)


def invite(who: Insider) -> None:
    User.objects.filter(pk=who.user.pk).update(state=State.INVITED)
    EmailAddress.objects.filter(user=who.user).update(verified=False)
    actions.end_access(who.user)


def block(who: Insider) -> None:
    actions.move(actor=SYSTEM, user=who.user, to=State.BLOCKED, verb="identity.user.blocked")


def lock(who: Insider) -> None:
    """By the life cycle itself."""
    now = timezone.now()
    long_ago = {"last_sign_in_at": now - timedelta(days=95), "state_since": now - timedelta(days=95)}
    warned = {"life_cycle_step": LifeCycleStep.WARNED, "life_cycle_at": now - timedelta(days=31)}
    User.objects.filter(pk=who.user.pk).update(**long_ago, **warned)
    assert life_cycle.advance(now=now)["lock"] == 1


def delete(who: Insider) -> None:
    erasure.delete_user(actor=SYSTEM, user=who.user)


def halve(who: Insider) -> None:
    """A helper has reset the password; nothing is verified yet."""
    who.password = people.reset_password(actor=SYSTEM, user=who.user)


SHUT: dict[str, Callable[[Insider], None]] = {
    "invited": invite,
    "blocked": block,
    "locked": lock,
    "deleted": delete,
    "half-verified": halve,
}
shut_out = pytest.mark.parametrize("how", SHUT)


def is_in(browser: Client) -> bool:
    return any(browser.get(page).status_code == 200 for page in ("/vans/", "/account/"))


@pytest.fixture(autouse=True)
def _watchers_use_the_tests_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "close", lambda: None)


def watches(browser: Client) -> bool:
    cookie = SimpleCookie({settings.SESSION_COOKIE_NAME: browser.cookies[settings.SESSION_COOKIE_NAME].value})
    headers = [(b"cookie", cookie.output(header="").strip().encode())]
    key = watchers.session_key({"headers": headers})
    return bool(key) and watchers._look_up(key) is not None


def test_before_that_everything_is_open(insider: Insider) -> None:
    """Or the refusals below would prove nothing."""
    for page in PAGES:
        assert insider.browser.get(page).status_code == 200, page
    for address in API:
        assert insider.browser.get(address).status_code == 200, address
    assert watches(insider.browser)
    assert insider.party.user_info(insider.tokens["access_token"]).status_code == 200
    passkey.sign_in(insider.second_browser, insider.passkey)
    assert is_in(insider.second_browser)
    assert insider.party.refresh(insider.tokens["refresh_token"])["access_token"]


@shut_out
def test_what_was_open_is_shut_at_once(how: str, insider: Insider) -> None:
    SHUT[how](insider)
    for page in PAGES:
        assert insider.browser.get(page).status_code == 302, page
    for address in API:
        assert insider.browser.get(address).status_code == 401, address
    assert not watches(insider.browser)
    assert not Token.objects.filter(user=insider.user).exists()
    assert insider.party.user_info(insider.tokens["access_token"]).status_code == 401
    with pytest.raises(OAuthError):
        insider.party.refresh(insider.tokens["refresh_token"])


@shut_out
def test_no_door_opens_any_more(how: str, insider: Insider) -> None:
    SHUT[how](insider)
    for login in ("bob", "bob@example.com"):
        browser = Client(raise_request_exception=False)
        browser.post("/accounts/login/", {"login": login, "password": insider.password})
        assert not is_in(browser), login
        # Neither on a page by typing its address, nor by an application that sends the person here.
        for address in (*PAGES, insider.party.start()):
            answer = browser.get(address)
            assert answer.status_code == 302, address
            assert not answer["Location"].startswith(insider.party.back), address
        for address in API:
            assert browser.get(address).status_code == 401, address


@shut_out
def test_neither_does_a_passkey(how: str, insider: Insider) -> None:
    SHUT[how](insider)
    passkey.sign_in(insider.second_browser, insider.passkey)
    assert not is_in(insider.second_browser)
    assert "_auth_user_id" not in insider.second_browser.session


@pytest.mark.parametrize("how", ["invited", "blocked", "locked", "deleted"])
def test_a_reset_by_mail_is_of_no_use(how: str, insider: Insider) -> None:
    SHUT[how](insider)
    ProcrastinateJob.objects.all().delete()
    reset.answer(actor=SYSTEM, email="bob@example.com")
    insider.user.refresh_from_db()
    sent = [job.args for job in ProcrastinateJob.objects.filter(task_name="identity.send_mail")]
    assert not [args for args in sent if args["user_id"] == insider.user.pk and args["mail"] == "password_reset"], sent
    # Nor do links that were made before, or that somebody could make.
    own = {"password1": "quiet otter under blue gravel", "password2": "quiet otter under blue gravel"}
    for purpose, page in ((reset.PURPOSE, "password/reset/key"), ("invitation", "invitation"), ("keep", "keep")):
        if (how, purpose) == ("invited", "invitation"):
            continue  # that is the one way in which they have
        browser = Client(raise_request_exception=False)
        address = f"/accounts/{page}/{links.make(purpose, insider.user)}/"
        assert browser.get(address).status_code < 500
        assert browser.post(address, own).status_code < 500
        assert browser.post("/accounts/password/reset/choose/", own).status_code < 500
        assert not is_in(browser), page
    state = insider.user.state
    insider.user.refresh_from_db()
    assert insider.user.state == state


def test_a_locked_password_opens_nothing_and_a_passkey_still_does(insider: Insider) -> None:
    User.objects.filter(pk=insider.user.pk).update(state=State.PASSWORD_LOCKED)
    browser = Client(raise_request_exception=False)
    browser.post("/accounts/login/", {"login": "bob", "password": PASSWORD})
    assert not is_in(browser)
    passkey.sign_in(insider.second_browser, insider.passkey)
    assert is_in(insider.second_browser)
    insider.user.refresh_from_db()
    assert insider.user.state == State.ACTIVE


@pytest.mark.parametrize("how", ["blocked", "locked", "deleted"])
def test_a_key_for_the_api_opens_no_van_in_the_name_of_its_maker(how: str, insider: Insider, ours: House) -> None:
    """The key itself is the company's and goes on working; what needs its maker's PIN does not."""
    with company_scope(ours.scope):
        key, token = companies.create_api_key(
            actor=SYSTEM, company=ours.company, name="erp", scopes=["vehicles:read", "commands:unlock"]
        )
        type(key).objects.filter(pk=key.pk).update(created_by=insider.user)
    commands.set_pin(actor=actor_of(insider.user), user=insider.user, current_password=PASSWORD, pin="527183")
    SHUT[how](insider)
    program = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
    order = json.dumps({"command": "unlock", "pin": "527183"})
    address = f"/api/v1/vehicles/{ours.vehicle.vin}/commands"
    answer = program.post(address, order, content_type="application/json")
    assert answer.status_code in {403, 409}
    assert "pin_not_set" in answer.content.decode()


def test_the_watcher_is_looked_up_as_the_live_stream_does(insider: Insider) -> None:
    scope = {"headers": [(b"cookie", f"{settings.SESSION_COOKIE_NAME}=nonsense".encode())]}
    assert async_to_sync(watchers.companies_of)({"headers": []}) is None
    assert watchers.session_key(scope) == "nonsense"
