"""NF-01, NF-02: axe finds nothing on pages that only a form, a mail or a state leads to, errors included."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.whole.accessibility import Walk, enter
from tests.whole.conftest import World
from tests.whole.test_sign_in_browser import code_now
from tests.whole.ways import (
    COMPANY,
    NEW,
    WORKSHOP,
    WRONG,
    address_of,
    invitation,
    new_name,
    password_by_mail,
    private_account,
    renewal,
    request_for_help,
    sign_in,
    somebody,
)  # fmt: skip

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def company(world: World) -> str:
    world.run("company", "create", COMPANY, "--market", "no")
    world.run("company", "create", WORKSHOP, "--market", "no", "--kind", "workshop")
    return COMPANY


def administrators_factors(walk: Walk, world: World) -> None:
    name, password = somebody(world, walk, "administrator")
    sign_in(walk, name, password)
    walk.look("second factor demanded", ".k-notice-alert")
    walk.press("a[href*='/totp/activate/']")
    walk.look("app to set up", "#totp-key")
    walk.fill(code="000000")
    walk.look("wrong code of an app", WRONG)
    walk.fill(code=code_now(walk.page.locator("#totp-key").inner_text().replace(" ", "")))
    walk.look("recovery codes", ".k-codes")
    codes = walk.page.locator(".k-codes li").all_inner_texts()
    walk.open("/accounts/2fa/recovery-codes/")
    walk.look("recovery codes shown before")
    walk.open("/accounts/2fa/totp/deactivate/")
    walk.look("last factor kept", ".k-notice")
    walk.open("/accounts/logout/")
    walk.press("main form [type=submit]")
    walk.look("signed out", "[name=login]")
    sign_in(walk, name, password)
    walk.look("second factor asked for", "[name=code]")
    walk.fill(code="000000")
    walk.look("wrong second factor", WRONG)
    walk.fill(code=codes[0])
    passkeys(walk)
    address_and_password(walk, name)


def passkeys(walk: Walk) -> None:
    device = walk.page.context.new_cdp_session(walk.page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    walk.open("/accounts/2fa/webauthn/add/")
    walk.press("[data-passkey-start]")
    walk.look("all factors", ".k-on")
    walk.open("/accounts/2fa/webauthn/")
    walk.look("passkeys", ".k-rows")
    edit = walk.page.locator(".k-rows a").first.get_attribute("href") or ""
    remove = walk.page.locator(".k-rows a").nth(1).get_attribute("href") or ""
    walk.open(edit)
    walk.fill(name="")
    walk.look("passkey without a name", WRONG)
    walk.open(remove)
    walk.look("passkey to remove", ".k-btn-danger")
    walk.open("/accounts/2fa/webauthn/reauthenticate/")
    walk.look("confirmation by passkey", "[data-passkey-start]")
    walk.open("/accounts/2fa/reauthenticate/")
    walk.fill(code="000000")
    walk.look("confirmation by a wrong code", WRONG)


def address_and_password(walk: Walk, name: str) -> None:
    walk.open("/accounts/email/")
    walk.fill(email=address_of(name))
    walk.look("address known already", WRONG)
    walk.fill(email=address_of(f"new.{name}"))
    walk.look("code of an address", "[name=code]")
    walk.fill(code="ABC-DEF")
    walk.look("wrong code of an address", WRONG)
    walk.open("/accounts/password/change/")
    walk.fill(oldpassword="not the right password", password1="short", password2="other")
    walk.look("password not changed", WRONG)
    for _ in range(5):
        walk.press("main form [type=submit]")
    walk.look("too many tries", "main a[href*='/help/']")


def helpers_work(walk: Walk, world: World) -> None:
    """A market's administrator resets somebody, who then signs in; invites somebody; blocks somebody."""
    name, _ = somebody(world, walk)
    person = world.query("SELECT id FROM identity_user WHERE username = %s", name)[0][0]
    enter(walk.page, "Nora")
    invited = newcomer(walk)
    walk.open("/organisations/new/")
    walk.fill(name="")
    walk.look("organisation refused", WRONG)
    walk.open("/market/")
    warn = walk.page.locator("[name=warn_days]")
    days = int(warn.input_value())
    walk.fill(warn_days="5000")
    walk.look("periods refused", WRONG)
    walk.fill(warn_days=str(days - 1))
    walk.look("preview of periods", ".o-outlook")
    walk.open(f"/people/{person}/delete/")
    walk.look("person to delete", ".k-btn-danger")
    walk.open(f"/people/{person}/password/")
    walk.look("password to reset", "main form")
    walk.press("main form [type=submit]")
    walk.look("temporary password", ".um-secret")
    given = walk.page.locator(".um-secret").inner_text()
    walk.leave()
    invitation(walk, world, invited)
    renewal(walk, world, name, given)
    walk.leave()
    enter(walk.page, "Nora")
    walk.open(f"/people/{person}/block/")
    walk.look("person to block", ".k-btn-danger")
    walk.fill(reason="A test")
    walk.look("person blocked", ".k-toast")
    walk.leave()
    sign_in(walk, name, NEW)
    walk.look("blocked at the door", "a[href*='/help/']")


def newcomer(walk: Walk) -> str:
    """Invites somebody; returns the user id."""
    name = new_name(walk)
    walk.open("/people/new/")
    walk.look("organisation of a newcomer", "[name=organisation]")
    walk.page.select_option("[name=organisation]", label=WORKSHOP)
    walk.press("main form [type=submit]")
    walk.fill(email="no address", username="Ø")
    walk.look("newcomer refused", WRONG)
    walk.page.check("[name=roles][value=workshop_user]")
    walk.fill(first_name="Siri", last_name="Dal", email=address_of(name), username=name)
    walk.look("newcomer invited", ".k-toast")
    return name


def application_of_others(walk: Walk, world: World) -> None:
    name, password = somebody(world, walk)
    code = name.replace(".", "-")
    back = "https://planner.example.com/back"
    made = world.run("application", "create", code, "--name", "Planner", "--redirect", back, "--right", "use")
    asked = {
        "client_id": made["client_id"], "redirect_uri": back, "response_type": "code", "scope": "openid email",
        "state": "s", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
    }  # fmt: skip
    sign_in(walk, name, password)
    walk.open(f"/identity/o/authorize?{urlencode(asked)}")
    walk.look("no access", "form[action*='/o/access']")
    walk.press("form[action*='/o/access'] [type=submit]")
    walk.look("access asked for", ".k-desk .k-notice")
    world.run("application", "grant", code, "--user", name, "--company", COMPANY)
    walk.open(f"/identity/o/authorize?{urlencode(asked)}")
    walk.look("consent", "form[action*='/o/consent']")
    walk.open(f"/identity/o/authorize?{urlencode(asked | {'redirect_uri': 'https://example.com/'})}")
    walk.look("request of an application refused", ".k-fault")
    walk.open(f"/identity/o/logout?client_id={made['client_id']}")
    walk.look("sign-out of an application", "form[action*='/o/sign-out']")


def wrong_ways(walk: Walk, world: World) -> None:
    enter(walk.page, "Ida")
    walk.open("/account/")
    walk.open("/people/")
    walk.look("not allowed", ".k-empty-page")
    walk.open("/nowhere/")
    walk.look("not found", ".k-empty-page")
    walk.open("/accounts/logout/")
    walk.page.locator("main [name=csrfmiddlewaretoken]").evaluate("field => { field.value = 'forged'; }")
    walk.press("main form [type=submit]")
    walk.look("form too old", ".k-empty-page")


Way = Callable[[Walk, World], None]
LANGUAGES = ("de", "nb", "en")
WAYS: dict[Way, str] = {
    password_by_mail: "nb",
    request_for_help: "de",
    private_account: "en",
    administrators_factors: "de",
    helpers_work: "nb",
    application_of_others: "en",
    wrong_ways: "de",
}


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(("way", "language"), WAYS.items(), ids=[way.__name__ for way in WAYS])
def test_axe_finds_nothing_on_the_way(visitor: Page, world: World, way: Way, language: str) -> None:
    walk = Walk(visitor, language)
    way(walk, world)
    assert walk.findings == {}


@pytest.mark.long
@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_axe_finds_nothing_on_the_way_in_any_language(visitor: Page, world: World, way: Way, language: str) -> None:
    test_axe_finds_nothing_on_the_way(visitor, world, way, language)
