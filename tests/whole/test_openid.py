"""ID-12, ASVS 10: an application of others, written with a standard library, against the whole product over HTTP."""

import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.common.security import generate_token
from joserfc import jwt
from joserfc.jwk import KeySet
from playwright.sync_api import Browser, Page, expect

from tests.whole.conftest import PATIENCE_S, World

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # authlib recommends a successor of httpx, which the rest of us does not use
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.httpx_client import OAuth2Client

COMPANY = "Openid test company"


class Website:
    """The application's own address, where people come back to; keeps what they brought."""

    def __init__(self) -> None:
        arrivals: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == "/back":
                    arrivals.append({name: values[0] for name, values in parse_qs(parts.query).items()})
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(f"<h1>Arrived at {parts.path}</h1>".encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as the base class has it
                pass

        self.arrivals = arrivals
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Party:
    """What the application's developers wrote."""

    def __init__(self, world: World, website: Website, made: dict[str, str]) -> None:
        self.website, self.client_id = website, made["client_id"]
        self.known = httpx.get(f"{world.endpoints['portal']}/.well-known/openid-configuration").json()
        self.oauth = OAuth2Client(
            made["client_id"],
            made["client_secret"],
            scope="openid profile email rights",
            redirect_uri=f"{website.address}/back",
            code_challenge_method="S256",
            timeout=PATIENCE_S,
        )
        self.verifier = generate_token(48)

    def start(self, **more: Any) -> str:
        address, self.state = self.oauth.create_authorization_url(
            self.known["authorization_endpoint"], code_verifier=self.verifier, nonce="n-1", **more
        )
        return str(address)

    def code(self) -> str:
        arrival = self.website.arrivals.pop()
        assert arrival["state"] == self.state
        assert arrival["iss"] == self.known["issuer"]
        return arrival["code"]

    def exchange(self, code: str) -> dict[str, Any]:
        return dict(self.oauth.fetch_token(self.known["token_endpoint"], code=code, code_verifier=self.verifier))

    def claims(self, id_token: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(httpx.get(self.known["jwks_uri"]).json())
        token = jwt.decode(id_token, keys, algorithms=["RS256"])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.known["issuer"]},
            aud={"essential": True, "value": self.client_id},
            nonce={"essential": True, "value": "n-1"},
        ).validate(token.claims)
        return dict(token.claims)

    def user_info(self, token: str) -> httpx.Response:
        return httpx.get(self.known["userinfo_endpoint"], headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def website() -> Iterator[Website]:
    site = Website()
    yield site
    site.close()


@pytest.fixture(scope="module")
def party(world: World, website: Website) -> Iterator[Party]:
    """A foreign application and a driver who may use it."""
    world.run("company", "create", COMPANY, "--market", "no")
    made = world.run(
        "application", "create", "routes", "--name", "Route planner", "--redirect", f"{website.address}/back",
        "--after-sign-out", f"{website.address}/bye", "--right", "use", "--right", "plan",
    )  # fmt: skip
    party = Party(world, website, made)
    yield party
    party.oauth.close()


def person(world: World, name: str, *, may: bool = True) -> str:
    """Makes a driver; returns the password."""
    facts = ["--email", f"{name}@example.com", "--company", COMPANY, "--role", "driver"]
    made = world.run("user", "create", name, *facts)
    if may:
        world.run("application", "grant", "routes", "--user", name, "--company", COMPANY)
    return str(made["password"])


def sign_in(page: Page, name: str, password: str) -> None:
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(password)
    page.locator("[name=password]").press("Enter")


@pytest.mark.browser
def test_a_person_signs_in_to_an_application_of_others(browser: Browser, world: World, party: Party) -> None:
    """Also that no fence of ours (form-action) stops Chromium on the way back."""
    password = person(world, "openid-one")
    with browser.new_context(base_url=world.endpoints["portal"]) as context:
        page = context.new_page()
        page.goto(party.start())
        sign_in(page, "openid-one", password)
        expect(page.locator("h1")).to_have_text("Sign in to Route planner")
        page.get_by_role("button", name="Allow and continue").click()
        expect(page.locator("h1")).to_have_text("Arrived at /back")
        tokens = party.exchange(party.code())
        claims = party.claims(tokens["id_token"])
        info = party.user_info(tokens["access_token"]).json()
        assert info["sub"] == claims["sub"]
        assert info["email"] == "openid-one@example.com"
        assert [(one["name"], one["rights"]) for one in info["kolonne_rights"]] == [(COMPANY, ["use"])]
        again = party.oauth.refresh_token(party.known["token_endpoint"], refresh_token=tokens["refresh_token"])
        # The same sign-in opens it again without a question.
        page.goto(party.start())
        expect(page.locator("h1")).to_have_text("Arrived at /back")
        party.code()
        leave = httpx.QueryParams(
            {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{party.website.address}/bye"}
        )
        page.goto(f"{party.known['end_session_endpoint']}?{leave}")
        page.get_by_role("button", name="Sign out of Kolonne").click()
        expect(page.locator("h1")).to_have_text("Arrived at /bye")
        assert party.user_info(again["access_token"]).status_code == 401


@pytest.mark.browser
def test_somebody_without_a_right_asks_with_one_click(browser: Browser, world: World, party: Party) -> None:
    """B2-01."""
    password = person(world, "openid-two", may=False)
    with browser.new_context(base_url=world.endpoints["portal"]) as context:
        page = context.new_page()
        page.goto(party.start())
        sign_in(page, "openid-two", password)
        expect(page.locator("h1")).to_have_text("You have no access to Route planner")
        page.get_by_role("button", name="Ask for access").click()
        expect(page.locator(".k-notice")).to_contain_text("Nobody has answered yet")
        assert party.website.arrivals == []
        world.run("application", "grant", "routes", "--user", "openid-two", "--company", COMPANY)
        page.reload()
        page.get_by_role("button", name="Allow and continue").click()
        expect(page.locator("h1")).to_have_text("Arrived at /back")
        assert party.exchange(party.code())["id_token"]


@pytest.mark.browser
def test_of_exchanges_of_one_code_at_once_at_most_one_succeeds_and_nothing_survives(
    browser: Browser, world: World, party: Party
) -> None:
    password = person(world, "openid-three")
    with browser.new_context(base_url=world.endpoints["portal"]) as context:
        page = context.new_page()
        page.goto(party.start())
        sign_in(page, "openid-three", password)
        page.get_by_role("button", name="Allow and continue").click()
        expect(page.locator("h1")).to_have_text("Arrived at /back")
    code = party.code()

    def attempt(_: int) -> dict[str, Any] | None:
        try:
            return party.exchange(code)
        except OAuthError:
            return None

    with ThreadPoolExecutor(6) as pool:
        won = [tokens for tokens in pool.map(attempt, range(6)) if tokens]
    assert len(won) == 1
    assert party.user_info(won[0]["access_token"]).status_code == 401
    with pytest.raises(OAuthError):
        party.oauth.refresh_token(party.known["token_endpoint"], refresh_token=won[0]["refresh_token"])
