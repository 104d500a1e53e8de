"""ID-12, ASVS 10: a standard client library signs people in."""

import re
from datetime import timedelta

import pytest
from allauth.idp.oidc.models import Token
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.identity.tests.provider_cast import SignIn, browser, grant, routes
from kolonne.portal.identity.tests.relying import BACK, HOME, RelyingParty, relying_party
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db
__all__ = ["browser", "routes"]


def test_the_discovery_document_says_what_is_offered_and_no_more(routes: RelyingParty) -> None:
    known = routes.known
    assert known["issuer"] == settings.PUBLIC_URL
    assert known["response_types_supported"] == ["code"]
    assert known["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert known["code_challenge_methods_supported"] == ["S256"]
    assert not [name for name in known if "device" in name or "registration" in name or "introspection" in name]
    for name, address in known.items():
        if name.endswith(("_endpoint", "_uri")):
            assert address.startswith(known["issuer"] + "/"), name


def test_the_issuer_does_not_depend_on_the_name_in_the_request(routes: RelyingParty) -> None:
    for name in ("localhost", "127.0.0.1:9"):
        assert Browser().get("/.well-known/openid-configuration", headers={"host": name}).json() == routes.known


@pytest.mark.parametrize("path", ["/identity/o/device", "/identity/o/api/device/code", "/identity/o/api/introspect"])
def test_what_is_not_offered_has_no_address(path: str) -> None:
    assert Browser().get(path).status_code == 404
    assert Browser().post(path).status_code == 404


def test_the_whole_dance(routes: RelyingParty, browser: Browser, bob: User, ours: House) -> None:
    tokens = routes.exchange(routes.code(browser))
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 600
    claims = routes.claims(tokens["id_token"])
    expected_rights = [
        {"organisation": ours.company.pk, "name": "Fjordbud AS", "kind": "fleet", "rights": ["use", "plan"]}
    ]
    assert claims["nonce"] == "n-0815"
    assert abs(claims["auth_time"] - timezone.now().timestamp()) < 60
    info = routes.user_info(tokens["access_token"]).json()
    for found in (claims, info):
        assert found["sub"] == claims["sub"] != str(bob.pk)
        assert found["name"] == "Bob Test"
        assert found["preferred_username"] == "bob"
        assert found["email"] == "bob@example.com"
        assert found["email_verified"] is True
        assert found["locale"] == "en"
        assert found["kolonne_rights"] == expected_rights
    again = routes.refresh(tokens["refresh_token"])
    assert again["access_token"] != tokens["access_token"]
    assert routes.claims(again["id_token"])["sub"] == claims["sub"]
    assert routes.claims(again["id_token"])["auth_time"] == claims["auth_time"]
    assert routes.user_info(again["access_token"]).json() == info


def test_a_sign_in_to_an_application_counts_for_the_life_cycle_and_is_written_down(
    routes: RelyingParty, browser: Browser, bob: User
) -> None:
    """ID-05."""
    User.objects.filter(pk=bob.pk).update(last_sign_in_at=timezone.now() - timedelta(days=70))
    routes.exchange(routes.code(browser))
    bob.refresh_from_db()
    assert timezone.now() - bob.last_sign_in_at < timedelta(minutes=1)
    with user_scope(bob.pk):
        entry = Entry.objects.get(verb="identity.application.opened")
    assert entry.facts == {"application": "routes"}
    assert entry.user_id == bob.pk


def test_the_subject_is_stable_and_differs_between_applications_and_people(
    routes: RelyingParty, browser: Browser, bob: User, dora: User, ours: House, signed_in: SignIn
) -> None:
    other = relying_party("parts")
    grant(ours, bob, other)
    grant(ours, dora, routes)
    subjects = [
        party.claims(party.exchange(party.code(who))["id_token"])["sub"]
        for party, who in ((routes, browser), (routes, browser), (other, browser), (routes, signed_in(dora)))
    ]
    assert subjects[0] == subjects[1]
    assert len(set(subjects)) == 3


def test_an_application_gets_only_what_it_asked_for(routes: RelyingParty, browser: Browser) -> None:
    routes.oauth.scope = "openid"
    claims = routes.claims(routes.exchange(routes.code(browser))["id_token"])
    assert not {"name", "email", "kolonne_rights", "locale"} & set(claims)


def test_a_public_application_needs_no_secret_but_pkce(browser: Browser, bob: User, ours: House) -> None:
    party = relying_party("app", public=True, redirect_uris=("http://127.0.0.1/back",))
    assert party.secret == ""
    grant(ours, bob, party)
    party.back = party.oauth.redirect_uri = "http://127.0.0.1:53211/back"
    assert party.claims(party.exchange(party.code(browser))["id_token"])["email"] == "bob@example.com"


def test_whoever_is_not_signed_in_signs_in_first(routes: RelyingParty, bob: User, ours: House) -> None:
    """Through our own door, with all its stages."""
    grant(ours, bob, routes)
    bob.set_password("a long and plain sentence")
    bob.save()
    browser = Browser()
    door = browser.get(routes.start())
    assert door.status_code == 302
    assert door["Location"].startswith("/accounts/login/?next=")
    page = browser.get(door["Location"])
    assert f"form-action 'self' {HOME}" in page["Content-Security-Policy"]
    answer = browser.post(door["Location"], {"login": "bob", "password": "a long and plain sentence"}, follow=False)
    for _ in range(4):
        if answer["Location"].startswith(BACK):
            break
        answer = browser.get(answer["Location"])
    assert routes.answer(answer)["state"] == routes.state
    assert HOME not in browser.get("/status/")["Content-Security-Policy"]


def test_an_administrator_without_second_factor_gets_no_code(routes: RelyingParty, alice: User, ours: House) -> None:
    """ID-10."""
    grant(ours, alice, routes)
    browser = Browser()
    browser.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = browser.get(routes.start())
    assert answer["Location"] == "/accounts/2fa/"
    assert not Token.objects.exists()


def test_prompt_none_never_shows_a_page(routes: RelyingParty, browser: Browser, dora: User, signed_in: SignIn) -> None:
    assert "code" in routes.answer(browser.get(routes.start(prompt="none")))
    assert routes.answer(Browser().get(routes.start(prompt="none")))["error"] == "login_required"
    assert routes.answer(signed_in(dora).get(routes.start(prompt="none")))["error"] == "access_denied"
    assert routes.answer(browser.get(routes.start(prompt="none login")))["error"] == "invalid_request"


def test_prompt_none_does_not_take_the_consent_for_another_application(
    routes: RelyingParty, browser: Browser, bob: User, ours: House
) -> None:
    routes.exchange(routes.code(browser))
    foreign = relying_party("parts", needs_consent=True)
    grant(ours, bob, foreign)
    assert foreign.answer(browser.get(foreign.start(prompt="none")))["error"] == "consent_required"


def test_prompt_login_and_max_age_ask_for_the_password_again(routes: RelyingParty, browser: Browser, bob: User) -> None:
    for more in ({"prompt": "login"}, {"max_age": 0}):
        answer = browser.get(routes.start(**more))
        assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
        assert "prompt" not in answer["Location"]
        assert "max_age" not in answer["Location"]
    assert "code" in routes.answer(browser.get(routes.start(max_age=3600)))
    User.objects.filter(pk=bob.pk).update(last_login=timezone.now() - timedelta(hours=2))
    assert browser.get(routes.start(max_age=3600))["Location"].startswith("/accounts/reauthenticate/")
    assert routes.answer(browser.get(routes.start(max_age=3600, prompt="none")))["error"] == "login_required"


def test_an_application_that_expects_somebody_else_learns_so(
    routes: RelyingParty, browser: Browser, dora: User, ours: House, signed_in: SignIn
) -> None:
    hint = routes.exchange(routes.code(browser))["id_token"]
    grant(ours, dora, routes)
    assert "code" in routes.answer(browser.get(routes.start(id_token_hint=hint)))
    answer = routes.answer(signed_in(dora).get(routes.start(id_token_hint=hint, prompt="none")))
    assert answer["error"] == "login_required"


def test_whoever_has_no_right_is_told_whom_to_ask_and_asks_with_one_click(
    routes: RelyingParty, alice: User, dora: User, ours: House, signed_in: SignIn
) -> None:
    """B2-01."""
    browser = signed_in(dora)
    start = routes.start()
    page = browser.get(start)
    assert page.status_code == 403
    assert "You have no access to Route planner" in page.content.decode()
    assert alice.email in page.content.decode()
    assert not Token.objects.exists()
    [action] = re.findall(r'<form method="post" action="(/identity/o/access[^"]*)"', page.content.decode())
    fields = {"application": "routes", "organisation": ours.company.pk}
    answer = browser.post(action.replace("&amp;", "&"), fields, follow=True)
    assert answer.status_code == 403
    assert "Nobody has answered yet" in answer.content.decode()
    assert "<button" not in answer.content.decode().split("<main")[1]
    browser.post(action.replace("&amp;", "&"), fields)
    grant(ours, dora, routes)
    assert browser.post(action.replace("&amp;", "&"), fields).status_code == 302
    assert "code" in routes.answer(browser.get(start))


def test_nobody_asks_in_an_organisation_that_is_not_his(
    routes: RelyingParty, dora: User, theirs: House, signed_in: SignIn
) -> None:
    for organisation in (theirs.company.pk, 0, "x", 2**40):
        fields = {"application": "routes", "organisation": organisation}
        assert signed_in(dora).post("/identity/o/access", fields).status_code == 404


def test_consent_says_what_goes_to_whom_and_no_is_no(browser: Browser, bob: User, ours: House) -> None:
    party = relying_party("foreign", needs_consent=True, name="Foreign <b>app</b>")
    grant(ours, bob, party)
    page = browser.get(party.start())
    words = page.content.decode()
    assert "Foreign &lt;b&gt;app&lt;/b&gt;" in words
    assert "Your e-mail address" in words
    assert HOME in words
    assert f"form-action 'self' {HOME}" in page["Content-Security-Policy"]
    [action] = re.findall(r'<form method="post" action="(/identity/o/consent[^"]*)"', words)
    action = action.replace("&amp;", "&")
    assert party.answer(browser.post(action, {"action": "cancel"}))["error"] == "access_denied"
    assert not Token.objects.exists()
    found = party.answer(browser.post(action, {"action": "grant"}))
    assert party.claims(party.exchange(found["code"])["id_token"])["email"] == "bob@example.com"
    assert "code" in party.answer(browser.get(party.start()))
    assert browser.get(party.start(prompt="consent")).status_code == 200


def test_consent_needs_our_own_form_and_a_right(browser: Browser, bob: User, ours: House) -> None:
    party = relying_party("foreign", needs_consent=True)
    query = party.start().partition("?")[2]
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    assert strict.post(f"/identity/o/consent?{query}", {"action": "grant"}).status_code == 403
    assert browser.post(f"/identity/o/consent?{query}", {"action": "grant"}).status_code == 403
    assert not Token.objects.exists()
