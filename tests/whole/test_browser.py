"""FT-01, FT-02, CD-02, CD-03, NF-01, NF-02: what people see and do, in a real browser against the whole product."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.whole.accessibility import findings_of
from tests.whole.conftest import World

pytestmark = pytest.mark.browser
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


def sign_in(page: Page, person: str) -> None:
    page.goto("/accounts/login/")
    page.locator(".k-persona", has_text=person).click()
    page.wait_for_url("**/")


def vans(page: Page) -> list[dict[str, Any]]:
    return list(page.request.get("/api/v1/live/snapshot").json()["vans"])


def parked_van(page: Page, world: World) -> dict[str, Any]:
    """One that stands with its doors shut."""

    def fits(van: dict[str, Any]) -> bool:
        now = {name: reading[0] for name, reading in van["signals"].items()}
        doors = [name for name in now if name.startswith("door_") or name in {"tailgate", "bonnet"}]
        return now.get("speed") == 0 and now.get("moving") is False and not any(now[name] for name in doors)

    return dict(world.wait_for(lambda: next((van for van in vans(page) if fits(van)), None)))


def test_a_manager_finds_his_vans_and_nobody_elses(page: Page, world: World) -> None:
    sign_in(page, "Grace")
    expect(page.locator("[data-state=''] b")).to_have_text("18")
    world.wait_for(lambda: len([van for van in vans(page) if "lat" in van["signals"]]) == 18)
    row = page.get_by_role("option", name=re.compile("EL 48213")).or_(page.locator("[data-van]", has_text="EL 48213"))
    expect(row.first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("EL 51120")
    expect(page.locator("body")).not_to_contain_text("EL 48213")
    expect(page.locator("body")).to_contain_text("EL 51120")


def test_a_van_moves_on_the_screen_without_a_reload(page: Page, world: World) -> None:
    sign_in(page, "Grace")
    moving = page.locator("[data-state='moving'] b")
    expect(moving).not_to_have_text("–")
    expect(moving).not_to_have_text("0")
    before = {van["id"]: van["signals"]["odometer"][0] for van in vans(page) if "odometer" in van["signals"]}
    world.wait_for(lambda: any(van["signals"]["odometer"][0] > before.get(van["id"], 1e9) for van in vans(page)))


def test_a_click_on_lock_reaches_done_and_the_doors_show_it(page: Page, world: World) -> None:
    sign_in(page, "Grace")
    van = parked_van(page, world)
    page.goto(f"/vans/{van['id']}/")
    page.locator("form[data-command='lock'] button").click()
    newest = page.locator("#command-history li").first
    expect(newest).to_contain_text("done")
    expect(page.locator("#main")).to_contain_text("locked")
    state = next(one for one in vans(page) if one["id"] == van["id"])["signals"]
    assert state["locked"][0] is True
    assert all(reading[0] for name, reading in state.items() if name.startswith("lock_"))


def test_opening_needs_the_pin(page: Page, world: World) -> None:
    sign_in(page, "Grace")
    van = parked_van(page, world)
    page.goto(f"/vans/{van['id']}/")
    unlock, dialog = page.locator("form[data-command='unlock'] button"), page.locator("#pin-dialog")
    unlock.click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    right = (world.data / "demo" / "pin").read_text().strip()
    wrong = "135792" if right != "135792" else "246813"
    for pin, outcome in ((wrong, "PIN was wrong"), (right, "done")):
        unlock.click()
        dialog.locator("#pin").fill(pin)
        page.keyboard.press("Enter")
        expect(page.locator("#command-history li").first).to_contain_text(outcome)
    state = next(one for one in vans(page) if one["id"] == van["id"])["signals"]
    assert state["locked"][0] is False


def test_a_driver_is_told_why_there_is_no_fleet(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator(".k-persona", has_text="Ida").click()
    expect(page.locator("body")).not_to_contain_text("EL 48213")
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("language", ["de", "nb", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, world: World, language: str, theme: str) -> None:
    context = browser.new_context(
        base_url=world.endpoints["portal"],
        color_scheme="dark" if theme == "dark" else "light",
        locale=language,
        bypass_csp=True,  # axe is ours for the test and no part of the pages
    )
    page = context.new_page()
    findings = {}
    page.goto("/accounts/login/")
    findings["/accounts/login/"] = findings_of(page)
    sign_in(page, "Grace")
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    page.request.post("/language/", form={"language": language, "csrfmiddlewaretoken": token, "next": "/"})
    for address in ("/", "/vans/", f"/vans/{parked_van(page, world)['id']}/", "/profile/pin/", "/status/"):
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("h1").first).to_be_attached()
        findings[address] = findings_of(page)
    page.request.post("/language/", form={"language": "en", "csrfmiddlewaretoken": token, "next": "/"})
    context.close()
    assert {address: found for address, found in findings.items() if found} == {}
