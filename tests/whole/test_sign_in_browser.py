"""ID-01, ID-10, ID-11, NF-02: sign-in and second factors by keyboard alone, in a real browser, from the first day."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.whole.accessibility import findings_of
from tests.whole.conftest import World
from tests.whole.people import code_now

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)
_numbers = count(1)
FOCUSED = """() => {
  const element = document.activeElement;
  return (element.getAttribute("aria-label") ?? element.innerText ?? "").trim() || element.name || element.tagName;
}"""


@dataclass
class Person:
    username: str
    password: str


@pytest.fixture
def administrator(world: World) -> Person:
    """Made by the operator; needs a second factor and has none yet."""
    number = next(_numbers)
    company, username = f"Sign-in company {number}", f"hedda.berg{number}"
    world.run("company", "create", company, "--market", "no")
    options = ["--email", f"{username}@example.com", "--company", company, "--role", "administrator"]
    made = world.run("user", "create", username, *options, "--language", "en")
    return Person(username, made["password"])


@pytest.fixture
def tab(browser: Browser, world: World) -> Iterator[Page]:
    """A browser with a device that has a passkey built in. Passkeys belong to names, not to addresses."""
    base = world.endpoints["portal"].replace("127.0.0.1", "localhost")
    context = browser.new_context(base_url=base, locale="en", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    context.close()
    assert complaints == []


def tab_to(page: Page, words: str) -> None:
    """Presses Tab until the thing with these words has the focus, as somebody without a mouse does."""
    seen = []
    for _ in range(70):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
        if seen[-1].startswith(words):
            return
    raise AssertionError(f"{words} cannot be reached by keyboard: {seen}")


def press(page: Page, words: str) -> None:
    tab_to(page, words)
    page.keyboard.press("Enter")


def type_password(page: Page, person: Person) -> None:
    """The cursor stands in the first field."""
    page.goto("/accounts/login/")
    expect(page.locator("[name=login]")).to_be_focused()  # a busy machine draws before it listens
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    expect(page.locator("[name=password]")).to_be_focused()
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    press(page, "Sign out")
    page.wait_for_url("**/accounts/login/**")


def set_up_app(page: Page) -> list[str]:
    """From the page that asks for a factor to the recovery codes."""
    press(page, "Set up an app")
    expect(page.locator("#totp-key")).to_be_visible()
    key = page.locator("#totp-key").inner_text().replace(" ", "")
    expect(page.locator("[name=code]")).to_be_focused()
    page.keyboard.type(code_now(key))
    page.keyboard.press("Enter")
    page.wait_for_url("**/recovery-codes/")
    return page.locator(".k-codes li").all_inner_texts()


def test_everything_from_the_first_sign_in_to_a_passkey_goes_by_keyboard(tab: Page, administrator: Person) -> None:
    type_password(tab, administrator)
    tab.wait_for_url("**/accounts/2fa/")
    expect(tab.get_by_role("alert")).to_contain_text("Set up a second factor to go on")
    tab.goto("/vans/")
    tab.wait_for_url("**/accounts/2fa/")

    codes = set_up_app(tab)
    assert len(codes) == 10
    press(tab, "I have them, go on")
    tab.wait_for_url(lambda url: "/accounts/" not in url)

    sign_out(tab)
    type_password(tab, administrator)
    tab.wait_for_url("**/2fa/authenticate/")
    tab.keyboard.type("000000")
    tab.keyboard.press("Enter")
    expect(tab.locator(".k-error")).to_contain_text("This code is wrong")
    expect(tab.locator("#id_code")).to_be_focused()
    tab.keyboard.press("Control+a")
    tab.keyboard.type(codes[0])
    tab.keyboard.press("Enter")
    tab.wait_for_url(lambda url: "/accounts/" not in url)

    tab.goto("/accounts/2fa/")
    press(tab, "Add a passkey")
    expect(tab.locator("#id_name")).to_be_focused()
    tab.keyboard.type(" of the test")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/accounts/2fa/")
    expect(tab.locator("#main")).to_contain_text("1 set up.")

    sign_out(tab)
    press(tab, "Sign in with a passkey")
    tab.wait_for_url(lambda url: "/accounts/" not in url)

    sign_out(tab)
    type_password(tab, administrator)
    tab.wait_for_url("**/2fa/authenticate/")
    press(tab, "Use a passkey")
    tab.wait_for_url(lambda url: "/accounts/" not in url)

    tab.goto("/accounts/sessions/")
    expect(tab.locator(".k-rows .k-chip")).to_have_text("This device")


def test_a_password_is_shown_on_demand_and_a_wrong_one_says_what_to_do(tab: Page, administrator: Person) -> None:
    type_password(tab, Person(administrator.username, "not the right password"))
    expect(tab.get_by_role("alert")).to_contain_text("get a new password by mail")
    expect(tab.locator("#id_password")).to_be_focused()
    tab.keyboard.type("visible words")
    press(tab, "Show")
    expect(tab.locator("#id_password")).to_have_attribute("type", "text")
    press(tab, "Hide")
    expect(tab.locator("#id_password")).to_have_attribute("type", "password")


PAGES = (
    "/accounts/2fa/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/", "/accounts/password/change/",
    "/accounts/email/", "/accounts/sessions/", "/accounts/logout/", "/accounts/reauthenticate/",
)  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, world: World, administrator: Person, theme: Any) -> None:
    base = world.endpoints["portal"]
    context = browser.new_context(base_url=base, color_scheme=theme, locale="en", bypass_csp=True)
    page = context.new_page()
    page.goto("/accounts/login/")
    findings = {"login": findings_of(page)}
    type_password(page, Person(administrator.username, "wrong"))
    expect(page.get_by_role("alert")).to_be_visible()
    findings["login refused"] = findings_of(page)
    type_password(page, administrator)
    page.wait_for_url("**/accounts/2fa/")
    findings["forced"] = findings_of(page)
    page.goto("/accounts/2fa/totp/activate/")
    findings["app"] = findings_of(page)
    page.goto("/accounts/2fa/")
    set_up_app(page)
    findings["codes"] = findings_of(page)
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    for language in ("de", "nb", "en"):
        page.request.post("/language/", form={"language": language, "csrfmiddlewaretoken": token, "next": "/"})
        for address in PAGES:
            page.goto(address)
            expect(page.locator("html")).to_have_attribute("lang", language)
            findings[f"{language} {address}"] = findings_of(page)
    context.close()
    assert {address: found for address, found in findings.items() if found} == {}
