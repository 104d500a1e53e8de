"""ID-12, ASVS 10: a standard client library signs people in, and whatever is not in order is refused."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from allauth.idp.oidc.models import Token
from authlib.integrations.base_client import OAuthError
from django.conf import settings
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone
from joserfc.errors import JoseError

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Membership
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity import actions
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests.relying import BACK, HOME, RelyingParty, relying_party
from kolonne.portal.lib.scope import company_scope, user_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Browser]


@pytest.fixture
def routes(db: None) -> RelyingParty:
    cache.clear()
    return relying_party(rights=("use", "plan"))


def grant(house: House, user: User, party: RelyingParty, *rights: str) -> None:
    with company_scope(house.scope):
        membership = Membership.objects.get(user=user, company=house.company)
        companies.grant_access(
            actor=SYSTEM, membership=membership, application=party.application, rights=rights or ["use"]
        )


@pytest.fixture
def browser(bob: User, ours: House, routes: RelyingParty, signed_in: SignIn) -> Browser:
    """Of Bob, who may use the route planner and is signed in."""
    grant(ours, bob, routes, "use", "plan")
    return signed_in(bob)


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(OAuthError) as refusal:
        call()
    return str(refusal.value.error)


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


@pytest.mark.parametrize(
    "address",
    [
        f"{HOME}/signed-in/",
        f"{HOME}/signed-in?more=1",
        f"{HOME}/signed-in#part",
        f"{HOME}:444/signed-in",
        f"{HOME}/Signed-in",
        "https://routes.example.evil.example/signed-in",
        "https://me:pw@routes.example/signed-in",
        "http://routes.example/signed-in",
        "https://evil.example/",
        "javascript:alert(1)",
        "//routes.example/signed-in",
    ],
)
def test_a_wrong_address_to_return_to_gets_a_page_and_no_redirect(
    routes: RelyingParty, browser: Browser, address: str
) -> None:
    routes.oauth.redirect_uri = address
    answer = browser.get(routes.start())
    assert answer.status_code == 400
    assert "This sign-in does not work" in answer.content.decode()
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unauthorized_client"),
        ({"response_type": "none"}, "unauthorized_client"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/r"}, "request_not_supported"),
    ],
)
def test_a_request_that_is_not_in_order_goes_back_with_an_error(
    routes: RelyingParty, browser: Browser, change: dict[str, str], error: str
) -> None:
    parameters = dict(httpx.QueryParams(routes.start().partition("?")[2])) | change
    wanted = httpx.QueryParams({name: value for name, value in parameters.items() if value})
    found = routes.answer(browser.get(f"/identity/o/authorize?{wanted}"))
    assert found["error"] == error
    assert found["state"] == routes.state
    assert "code" not in found
    assert not Token.objects.exists()


def test_an_unknown_application_or_a_parameter_twice_gets_a_page(routes: RelyingParty, browser: Browser) -> None:
    start = routes.start()
    assert browser.get(start.replace(routes.client_id, "nobody")).status_code == 400
    assert browser.get(f"{start}&redirect_uri=https://evil.example/").status_code == 400
    assert browser.get(f"{start}&claims=nonsense").status_code in {303, 400}
    assert browser.get("/identity/o/authorize").status_code == 400


def test_a_wrong_verifier_or_secret_opens_nothing(routes: RelyingParty, browser: Browser) -> None:
    code = routes.code(browser)
    assert refused(lambda: routes.exchange(code, code_verifier="x" * 50)) == "invalid_grant"
    assert refused(lambda: routes.exchange(code, code_verifier="")) in {"invalid_request", "invalid_grant"}
    assert refused(lambda: routes.exchange(code, redirect_uri=f"{HOME}/other")) == "invalid_request"
    right, routes.oauth.client_secret = routes.oauth.client_secret, "wrong"
    assert refused(lambda: routes.exchange(code)) == "invalid_client"
    routes.oauth.client_secret = right
    routes.oauth.token_endpoint_auth_method = "none"
    assert refused(lambda: routes.exchange(code)) == "invalid_client"
    routes.oauth.token_endpoint_auth_method = "client_secret_post"
    assert routes.exchange(code)["access_token"]


def test_a_code_of_another_application_opens_nothing(routes: RelyingParty, browser: Browser) -> None:
    other = relying_party("parts")
    code = routes.code(browser)
    assert refused(lambda: other.exchange(code, code_verifier=routes.verifier)) == "invalid_grant"
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": routes.client_id}
    answer = other.web.post(
        other.known["token_endpoint"],
        data={**form, "code_verifier": routes.verifier},
        auth=(other.client_id, other.secret),
    )
    assert answer.json()["error"] == "invalid_client"
    tokens = routes.exchange(code)
    assert refused(lambda: other.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_a_code_lives_for_a_minute(routes: RelyingParty, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    code = routes.code(browser)
    later = timezone.now() + timedelta(seconds=61)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert refused(lambda: routes.exchange(code)) == "invalid_grant"


def test_a_replayed_code_ends_what_came_of_it(routes: RelyingParty, browser: Browser) -> None:
    """ASVS 10.4: both who holds the code may be the thief."""
    code = routes.code(browser)
    tokens = routes.exchange(code)
    untouched = routes.exchange(routes.code(browser))
    again = routes.refresh(tokens["refresh_token"])
    assert refused(lambda: routes.exchange(code)) == "invalid_grant"
    for one in (tokens, again):
        assert routes.user_info(one["access_token"]).status_code == 401
    assert refused(lambda: routes.refresh(again["refresh_token"])) == "invalid_grant"
    assert routes.user_info(untouched["access_token"]).status_code == 200


def test_a_used_refresh_token_ends_what_came_of_it(routes: RelyingParty, browser: Browser) -> None:
    first = routes.exchange(routes.code(browser))
    second = routes.refresh(first["refresh_token"])
    third = routes.refresh(second["refresh_token"])
    assert refused(lambda: routes.refresh(first["refresh_token"])) == "invalid_grant"
    assert refused(lambda: routes.refresh(third["refresh_token"])) == "invalid_grant"
    assert routes.user_info(third["access_token"]).status_code == 401


def test_refreshing_does_not_go_on_for_ever(
    routes: RelyingParty, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve hours after the sign-in, the person signs in again."""
    start = timezone.now()
    tokens = routes.exchange(routes.code(browser))
    for hours in (4, 8, 11):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: start + timedelta(hours=hours))
        tokens = routes.refresh(tokens["refresh_token"])
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(hours=12, minutes=1))
    assert refused(lambda: routes.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert routes.user_info(tokens["access_token"]).status_code == 401


def test_altered_and_foreign_tokens_open_nothing(routes: RelyingParty, browser: Browser) -> None:
    tokens = routes.exchange(routes.code(browser))
    good = tokens["access_token"]
    for bad in (good[:-1], good + "x", tokens["id_token"], tokens["refresh_token"], "", "ey.ey.ey"):
        answer = routes.user_info(bad)
        assert answer.status_code == 401, bad
        assert "invalid_token" in answer.headers["WWW-Authenticate"]
    in_address = routes.web.get(f"{routes.known['userinfo_endpoint']}?access_token={good}")
    assert in_address.status_code == 401
    head, body, signature = tokens["id_token"].split(".")
    for altered in (f"{head}.{body[:-4]}AAAA.{signature}", f"{head}.{body}.{signature[:-4]}AAAA", f"{head}.{body}."):
        with pytest.raises((JoseError, ValueError)):
            routes.claims(altered)


def test_an_access_token_lives_for_ten_minutes(
    routes: RelyingParty, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = routes.exchange(routes.code(browser))
    later = timezone.now() + timedelta(seconds=601)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert routes.user_info(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("state", [State.BLOCKED, State.LOCKED])
def test_whoever_is_locked_out_here_is_locked_out_everywhere(
    routes: RelyingParty, browser: Browser, bob: User, state: State
) -> None:
    """Tokens and codes end with the account's access, and none that is under way survives."""
    tokens, code = routes.exchange(routes.code(browser)), routes.code(browser)
    actions.move(actor=SYSTEM, user=bob, to=state, verb="identity.user.blocked")
    assert routes.user_info(tokens["access_token"]).status_code == 401
    assert refused(lambda: routes.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert refused(lambda: routes.exchange(code)) == "invalid_grant"
    actions.move(actor=SYSTEM, user=bob, to=State.ACTIVE, verb="identity.user.unblocked")
    assert refused(lambda: routes.exchange(code)) == "invalid_grant"
    assert refused(lambda: routes.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_whoever_loses_the_right_loses_the_application_at_once(
    routes: RelyingParty, browser: Browser, bob: User, ours: House
) -> None:
    tokens, code = routes.exchange(routes.code(browser)), routes.code(browser)
    with company_scope(ours.scope):
        membership = Membership.objects.get(user=bob)
        companies.revoke_access(actor=SYSTEM, membership=membership, application=routes.application)
    assert routes.user_info(tokens["access_token"]).status_code == 401
    assert refused(lambda: routes.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert refused(lambda: routes.exchange(code)) == "invalid_grant"
    assert browser.get(routes.start()).status_code == 403


def test_an_application_returns_its_own_tokens_only(routes: RelyingParty, browser: Browser) -> None:
    tokens = routes.exchange(routes.code(browser))
    other = relying_party("parts")
    form = {"token": tokens["refresh_token"]}
    assert other.web.post(other.known["revocation_endpoint"], data=form).status_code == 401
    other.web.post(other.known["revocation_endpoint"], data=form, auth=(other.client_id, other.secret))
    assert routes.user_info(tokens["access_token"]).status_code == 200
    answer = routes.web.post(routes.known["revocation_endpoint"], data=form, auth=(routes.client_id, routes.secret))
    assert answer.status_code == 200
    assert routes.user_info(tokens["access_token"]).status_code == 401
    assert refused(lambda: routes.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize(
    "grant_type", ["client_credentials", "password", "urn:ietf:params:oauth:grant-type:device_code", "implicit", ""]
)
def test_no_other_grant_is_offered(routes: RelyingParty, bob: User, grant_type: str) -> None:
    form = {"grant_type": grant_type, "username": "bob", "password": "x", "scope": "openid", "device_code": "x"}
    answer = routes.web.post(routes.known["token_endpoint"], data=form, auth=(routes.client_id, routes.secret))
    assert answer.status_code == 400
    assert answer.json()["error"] in {"unsupported_grant_type", "unauthorized_client"}


def test_an_application_signs_a_person_out(browser: Browser, bob: User, ours: House, signed_in: SignIn) -> None:
    party = relying_party("leaving", post_logout_uris=(f"{HOME}/bye",))
    grant(ours, bob, party)
    tokens = party.exchange(party.code(browser))
    query = httpx.QueryParams(
        {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{HOME}/bye", "state": "s"}
    )
    page = browser.get(f"/identity/o/logout?{query}")
    assert "Sign out of Kolonne, too?" in page.content.decode()
    assert f"form-action 'self' {HOME}" in page["Content-Security-Policy"]
    assert browser.post("/identity/o/logout", dict(query))["Location"].startswith("/identity/o/logout?")
    stays = browser.post(f"/identity/o/sign-out?{query}", {"action": "stay"})
    assert stays["Location"] == f"{HOME}/bye?state=s"
    assert party.user_info(tokens["access_token"]).status_code == 401
    assert refused(lambda: party.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert "code" in party.answer(browser.get(party.start()))
    goes = browser.post(f"/identity/o/sign-out?{query}", {"action": "logout"})
    assert goes["Location"] == f"{HOME}/bye?state=s"
    assert browser.get(party.start())["Location"].startswith("/accounts/login/")


def test_nobody_is_signed_out_by_a_foreign_page(routes: RelyingParty, browser: Browser) -> None:
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    assert strict.post("/identity/o/sign-out", {"action": "logout"}).status_code == 403
    assert browser.get("/identity/o/logout").status_code == 200
    assert browser.get("/status/").status_code == 200


@pytest.mark.parametrize("address", ["https://evil.example/", f"{HOME}/", f"{HOME}/bye#x", BACK])
def test_nobody_is_sent_to_an_unknown_address_after_signing_out(browser: Browser, address: str) -> None:
    party = relying_party("leaving", post_logout_uris=(f"{HOME}/bye",))
    query = httpx.QueryParams({"client_id": party.client_id, "post_logout_redirect_uri": address})
    for answer in (
        browser.get(f"/identity/o/logout?{query}"),
        browser.post(f"/identity/o/sign-out?{query}", {"action": "logout"}),
        Browser().get(f"/identity/o/logout?{query}"),
    ):
        assert answer.status_code == 400
        assert "Location" not in answer
