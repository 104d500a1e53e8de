"""CO-01 to CO-07, VE-01 to VE-03, SU-01, SU-02: a company's life, played by three people in three windows."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.whole.conftest import World
from tests.whole.people import PASSWORD, Somebody, letter_to, link_in, sms_to, window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
COMPANY = "Hansen Bud AS"
VIN = "WK0TEST9999999901"
REGISTER_NUMBER = "923 609 016"
MOBILE = "+4791234567"
OLA, LARS = "ola@hansen.example", "lars@vik.example"


@pytest.fixture
def ola(browser: Browser, world: World) -> Iterator[Somebody]:
    """Registers his company."""
    with window(browser, world, "Ola Hansen") as somebody:
        somebody.login = "ola.hansen"
        yield somebody


@pytest.fixture
def mette(browser: Browser, world: World) -> Iterator[Somebody]:
    """Works at a dealer."""
    world.run("company", "create", "Bilhus Story AS", "--market", "no", "--kind", "dealer")
    options = ["--email", "mette@bilhus.example", "--company", "Bilhus Story AS", "--role", "dealer_employee"]
    made = world.run("user", "create", "mette.lie", *options, "--language", "en")
    with window(browser, world, "Mette Lie") as somebody:
        somebody.login, somebody.password = "mette.lie", made["password"]
        yield somebody


@pytest.fixture
def lars(browser: Browser, world: World) -> Iterator[Somebody]:
    """Drives for the company, and has nothing but a telephone."""
    with window(browser, world, "Lars Vik") as somebody:
        somebody.login = "lars.vik"
        yield somebody


def test_a_companys_life(world: World, ola: Somebody, mette: Somebody, lars: Somebody) -> None:
    registers(world, ola)
    adds_a_van_and_orders(ola)
    reads_why_nobody_can_be_invited(ola)
    verifies(mette, code_of(ola))
    sees_the_order_become_a_contract(world, ola)
    invites_by_sms(ola)
    comes_in(world, lars)
    is_helped(world, ola, mette)
    hands_over(world, ola, lars)
    deletes_the_company(world, lars)


def registers(world: World, ola: Somebody) -> None:
    ola.go("/accounts/login/")
    ola.press("Register a company")
    ola.fill(first_name="Ola", last_name="Hansen", birth_date="1980-05-17", email=OLA)
    ola.fill(user_id=ola.login, language="en")
    with ola.page.expect_navigation():
        ola.page.locator("[name=user_id]").press("Enter")  # the form waits for the proof of no robot
    ola.go(link_in(letter_to(world, OLA, "/register/confirm/"), "/register/confirm/"))
    ola.fill(password1=PASSWORD, password2=PASSWORD)
    with ola.page.expect_navigation():
        ola.page.locator("[name=password2]").press("Enter")
    ola.fill(market="no")
    ola.press("Next")
    ola.fill(legal_form="as", name=COMPANY, register_number="923609017", street="Kaia 1")
    ola.fill(postal_code="5003", city="Bergen")
    ola.press("Next")
    expect(ola.page.locator(".k-error").first).to_be_visible()
    ola.fill(register_number=REGISTER_NUMBER)
    ola.press("Next")
    ola.reads(REGISTER_NUMBER.replace(" ", ""))
    ola.tick("declared")
    ola.press("Register the company")
    ola.set_up_factor()
    ola.go("/")
    ola.reads("Not verified yet")


def adds_a_van_and_orders(ola: Somebody) -> None:
    ola.go("/vans/add/")
    ola.fill(vin=VIN, plate="EL 99001", name="Van 1", make="Kolonne", model="E-van L3")
    with ola.page.expect_navigation():
        ola.page.get_by_role("button", name="Add the van").click()
    ola.go("/orders/new/")
    ola.tick("products", "vehicle-supervision")
    with ola.page.expect_navigation():
        ola.page.locator(".c-new .btn-primary").click()
    with ola.page.expect_navigation():
        ola.page.locator("[value=place]").click()
    ola.tick("terms")
    ola.press("Accept the terms")
    ola.reads("Complete the purchase")
    blocked = ola.page.get_by_role("button", name="Complete the purchase")
    expect(blocked).to_have_attribute("aria-disabled", "true")
    ola.reads("This waits for a dealer")


def reads_why_nobody_can_be_invited(ola: Somebody) -> None:
    ola.go("/people/")
    expect(ola.page.get_by_role("button", name="Invite somebody")).to_have_attribute("aria-disabled", "true")
    ola.reads("Take your identity document to a dealer")
    ola.press("To the verification")


def code_of(ola: Somebody) -> str:
    ola.press("Make a code")
    expect(ola.page.locator(".v-qr")).to_be_visible()
    return ola.page.locator(".v-number").inner_text()


def verifies(mette: Somebody, code: str) -> None:
    mette.sign_in()
    mette.set_up_factor()
    mette.go("/customers/")
    mette.fill(code=code)
    mette.press("Open the case")
    mette.reads("Ola")
    mette.fill(document="passport", expires_on="2031-01-31", first_name="Ola", last_name="Hansen")
    mette.fill(birth_date="1980-05-17")
    for box in mette.page.locator("input[type=radio][value=verified]").all():
        box.check()
    mette.press("Continue")
    mette.reads("orders become contracts")
    mette.press("Save the findings")


def sees_the_order_become_a_contract(world: World, ola: Somebody) -> None:
    assert letter_to(world, OLA, "verified")
    ola.go("/contracts/")
    ola.reads("EL 99001")
    running = "SELECT a.product FROM commerce_assignment a JOIN vehicles_vehicle v ON v.id = a.vehicle_id"
    assert world.query(f"{running} WHERE v.vin = %s AND a.ended_at IS NULL", VIN) == [("vehicle-supervision",)]


def invites_by_sms(ola: Somebody) -> None:
    ola.go("/people/")
    ola.press("Invite somebody")
    ola.fill(address=MOBILE, first_name="Lars", last_name="Vik", language="en")
    ola.tick("roles", "driver")
    ola.press("Send invitation")
    ola.reads("Lars Vik")


def comes_in(world: World, lars: Somebody) -> None:
    invitation = link_in(sms_to(world, MOBILE), "/join/")
    lars.go(invitation)
    lars.reads(COMPANY, at="body")
    lars.fill(email=LARS)
    lars.press("Send the code")
    code = re.search(r"\d{4} \d{4}", letter_to(world, LARS, "code"))
    assert code
    lars.fill(code=code[0])
    lars.press("Go on")
    lars.fill(username=lars.login, password1=PASSWORD, password2=PASSWORD)
    lars.press("Accept the invitation")
    lars.go(invitation)
    lars.reads("used", at="body")
    lars.sign_in()
    lars.go("/account/")
    lars.reads(COMPANY)


def is_helped(world: World, ola: Somebody, mette: Somebody) -> None:
    ola.go("/account/support-password/")
    ola.fill(password="blue-otter-7", password_again="blue-otter-7")
    ola.press("Save the support password")
    mette.go("/support/")
    mette.fill(login=ola.login, secret="blue-otter-8")
    mette.press("Begin")
    expect(mette.page.locator(".k-error, .k-notice-alert").first).to_be_visible()
    mette.fill(login=ola.login, secret="blue-otter-7")
    mette.press("Begin")
    expect(mette.page.locator(".s-acting")).to_contain_text("You work for Ola Hansen")
    watched = ola.page.locator(".s-watched")
    expect(watched).to_contain_text("Bilhus", timeout=30_000)  # without a reload
    mette.go("/company/delete/")
    mette.reads("Closed while you work for somebody")
    mette.go("/vans/")
    mette.reads("EL 99001")
    with ola.page.expect_response(re.compile("/end/")):
        watched.get_by_role("button", name="End now").click()
    mette.go("/vans/")
    expect(mette.page.locator("body")).not_to_contain_text("EL 99001")
    assert "Bilhus" in letter_to(world, OLA, "worked in your name")


def hands_over(world: World, ola: Somebody, lars: Somebody) -> None:
    ola.go("/account/hand-over/")
    ola.page.get_by_label("Lars Vik").check()
    ola.tick("leave")
    ola.press("Hand over")
    assert letter_to(world, LARS, COMPANY)
    lars.go("/people/")
    lars.set_up_factor()
    lars.go("/people/")
    lars.press("Ola Hansen")
    lars.page.locator(".um-bin-button").click()
    with lars.page.expect_navigation():
        lars.page.locator("#main form button[type=submit]").last.click()
    assert letter_to(world, OLA, "deleted")
    ola.go("/vans/")
    ola.page.wait_for_url("**/accounts/login/**")


def deletes_the_company(world: World, lars: Somebody) -> None:
    lars.go("/company/delete/")
    lars.reads("1 van")
    lars.press("Continue")
    lars.press("Continue")
    lars.confirms_password()
    lars.fill(name=COMPANY)
    lars.press("Delete the company")
    lars.reads(f"{COMPANY} is being deleted")
    lars.go("/vans/")
    expect(lars.page.locator("body")).not_to_contain_text("EL 99001")
    running = "SELECT a.id FROM commerce_assignment a JOIN vehicles_vehicle v ON v.id = a.vehicle_id"
    assert world.query(f"{running} WHERE v.vin = %s AND a.ended_at IS NULL", VIN) == []
    ends = "SELECT (ends_at AT TIME ZONE 'Europe/Oslo')::date - (ordered_at AT TIME ZONE 'Europe/Oslo')::date"
    assert world.query(f"{ends} FROM companies_leaving WHERE company_id = (SELECT company_id "
                       "FROM companies_company WHERE name = %s)", COMPANY) == [(14,)]  # fmt: skip
    assert COMPANY in letter_to(world, LARS, "deletion")
