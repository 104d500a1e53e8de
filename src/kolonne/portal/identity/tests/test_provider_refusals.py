"""ID-12, ASVS 10: what is not in order is refused, and whoever is signed out is signed out everywhere."""

from datetime import timedelta

import httpx
import pytest
from allauth.idp.oidc.models import Token
from django.test import Client as Browser
from django.utils import timezone
from joserfc.errors import JoseError

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Membership
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity import actions
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests.provider_cast import SignIn, browser, grant, refused, routes
from kolonne.portal.identity.tests.relying import BACK, HOME, RelyingParty, relying_party
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
__all__ = ["browser", "routes"]


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
