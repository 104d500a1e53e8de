"""Ways of people in a company that is there already: they invite, are helped, change data, hand over and leave."""

import re

from playwright.sync_api import expect

from tests.whole.accessibility import Walk, enter
from tests.whole.company_ways import SEND, register_number, tab_to
from tests.whole.conftest import World
from tests.whole.people import sms_to
from tests.whole.test_reset_browser import letter_to
from tests.whole.ways import NEW, WRONG, address_of, new_name, path_in_mail

SECRET = "blue-otter-7"


def verified_company(world: World, walk: Walk) -> tuple[str, int]:
    """Made by the operator; returns its name and number."""
    name = f"Account {new_name(walk).replace('.', ' ')} AS"
    world.run("company", "create", name, "--market", "no")
    return name, world.query("SELECT company_id FROM companies_company WHERE name = %s", name)[0][0]


def person_of(world: World, walk: Walk, company: str, role: str) -> tuple[str, str]:
    """Returns user id and password."""
    name = new_name(walk)
    facts = ["--email", address_of(name), "--company", company, "--role", role, "--language", walk.language]
    return name, str(world.run("user", "create", name, *facts)["password"])


def confirm(walk: Walk, password: str) -> None:
    """Where the password is asked for once more."""
    if "/reauthenticate/" in walk.page.url:
        walk.fill(password=password)


def invitations(walk: Walk, world: World) -> None:
    """By SMS, to the end; by mail, taken back."""
    company, _ = verified_company(world, walk)
    name, _ = person_of(world, walk, company, "administrator")
    enter(walk.page, name)
    number = f"+47912{int(re.sub(r'[^0-9]', '', name)) % 100_000:05}"
    walk.open("/people/invite/")
    walk.fill(address="nobody", last_name="Vik")
    walk.look("invitation refused", WRONG)
    walk.choose(roles="driver")
    walk.fill(address=number)
    walk.look("open invitations", ".um-invitations")
    with walk.beside() as invited:
        joins(invited, world, number)
    taken_back = f"back.{name}"
    link = invited_by_mail(walk, world, taken_back)
    walk.open(link)
    walk.look("own invitation")
    walk.open("/people/")
    walk.press("form[action$='/revoke/'] button")
    walk.look("invitation taken back", ".k-toast")
    with walk.beside() as other:
        other.open(link)
        other.look("invitation that was taken back")
        joins_as_known(other, world, walk)


def invited_by_mail(walk: Walk, world: World, name: str) -> str:
    """The link in the mail to somebody with this user id."""
    walk.open("/people/invite/")
    walk.choose(roles="driver")
    walk.fill(address=address_of(name))
    return path_in_mail(world, name, "/join/")


def joins_as_known(walk: Walk, world: World, administrator: Walk) -> None:
    """Who works for another company already has two then, and a helper is asked in which he works."""
    company, _ = verified_company(world, walk)
    name, _ = person_of(world, walk, company, "driver")
    link = invited_by_mail(administrator, world, name)
    walk.open(link)
    walk.look("invitation of somebody known", "a[href*='/login/']")
    enter(walk.page, name)
    walk.open(link)
    walk.look("invitation of somebody signed in", "form[action*='/logout/']")
    walk.press(SEND)
    walk.open(link)
    walk.look("invitation of somebody who came in")
    walk.open("/account/support-password/")
    walk.fill(password=SECRET, password_again=SECRET)
    walk.leave()
    enter(walk.page, "Sigrid")
    walk.open("/support/")
    confirm(walk, helpers_password(world))
    walk.fill(login=name, secret=SECRET)
    walk.look("company to help in", "[name=company]")


def helpers_password(world: World) -> str:
    return (world.data / "demo" / "password").read_text().strip()


def joins(walk: Walk, world: World, number: str) -> None:
    found = re.search(r"/join/\S+", sms_to(world, number))
    assert found
    link, name = found[0], new_name(walk)
    walk.open(f"{link[:-4]}abc/")
    walk.look("broken invitation")
    walk.open(link)
    walk.look("address of the invited", "[name=email]")
    walk.fill(email="no address")
    walk.look("address of the invited refused", WRONG)
    walk.fill(email=address_of(name))
    walk.look("code of the invited", "[name=code]")
    walk.fill(code="0000 0000")
    walk.look("wrong code of the invited", WRONG)
    field = walk.page.locator("[name=code]")
    expect(field).to_have_attribute("inputmode", "numeric")
    expect(field).to_have_accessible_description(walk.page.locator(".k-error").first.inner_text())
    code = re.search(r"\b\d{4} \d{4}\b", letter_to(world, address_of(name), ""))
    assert code
    walk.fill(code=code[0])
    walk.look("data of the invited", "[name=username]")
    walk.fill(first_name="", last_name="Vik", username="Ø", password1="short", password2="other")
    walk.look("data of the invited refused", WRONG)
    walk.fill(first_name="Lars", username=name, password1=NEW, password2=NEW)
    walk.look("invitation accepted", "a[href*='/login/']")
    walk.open(link)
    walk.look("invitation that was used")


def help_in_a_name(walk: Walk, world: World) -> None:
    """A support password, a helper at the desk, what both see meanwhile, and the end by keyboard."""
    company, _ = verified_company(world, walk)
    name, _ = person_of(world, walk, company, "fleet_manager")
    enter(walk.page, name)
    walk.open("/account/support-password/")
    walk.look("no support password", "[name=password]")
    walk.fill(password="short", password_again="other")
    walk.look("support password refused", WRONG)
    walk.fill(password=SECRET, password_again=SECRET)
    walk.press("form[action$='/code/'] button")
    walk.look("code for a helper", ".s-digits")
    with walk.beside() as helper:
        enter(helper.page, "Sigrid")
        helps(helper, world, name)
        walk.open("/account/support-password/")
        walk.look("watched by the person", ".s-watched")
        helper.open("/vans/")
        helper.look("vans of the person", ".s-acting")
        tab_to(helper.page, ".s-end")
        with helper.page.expect_navigation():
            helper.page.keyboard.press("Enter")
        expect(helper.page.locator(".s-acting")).to_have_count(0)
        helper.look("end of the help")
    walk.open("/account/support-password/")
    walk.look("who helped")


def helps(walk: Walk, world: World, name: str) -> None:
    walk.open("/support/")
    confirm(walk, helpers_password(world))
    walk.look("desk of a helper", "[name=secret]")
    walk.fill(login=name, secret="blue-otter-8")
    walk.look("wrong support password", WRONG)
    walk.fill(login=name, secret=SECRET)
    walk.look("begin of the help", ".s-acting")
    walk.open("/support/")
    walk.look("desk during the help", ".s-acting")
    walk.open("/account/data/")
    walk.look("closed during the help", ".k-empty-page")


def data_of_a_company(walk: Walk, world: World) -> None:
    """Sites, two generations of its data, the hand-over, and the request to be deleted."""
    company, number = verified_company(world, walk)
    name, _ = person_of(world, walk, company, "administrator")
    person_of(world, walk, company, "fleet_manager")
    enter(walk.page, name)
    walk.open(f"/organisations/{number}/sites/new/")
    walk.fill(name="")
    walk.look("site refused", WRONG)
    walk.fill(name="Depot", city="Bergen")
    walk.look("organisation with a site", ".c-sites")
    walk.press("a[href*='/sites/']:not([href$='/new/'])")
    walk.look("site", "[name=name]")
    walk.press("a[href$='/remove/']")
    walk.look("site to remove", ".k-btn-danger")
    walk.open(f"/organisations/{number}/edit/")
    walk.fill(name="")
    walk.look("data of a company refused", WRONG)
    walk.choose(legal_form="as")
    walk.fill(register_number=register_number(), name=f"New {company}")
    walk.look("data of a company to confirm", "[name=confirm]")
    walk.press("[name=confirm]")
    walk.look("data of a company saved", ".k-toast")
    walk.open(f"/organisations/{number}/history/")
    walk.page.locator("details.c-all summary").first.click()
    walk.look("two generations", "#generation-2")
    walk.open("/account/hand-over/")
    walk.press(SEND)
    walk.look("hand-over to nobody", WRONG)
    walk.page.locator("[name=to]").first.check()
    walk.press(SEND)
    walk.look("handed over", ".k-toast")
    walk.open("/account/delete/")
    walk.press("[value=ask]")
    walk.look("deletion asked for", "[value=withdraw]")
    walk.open("/people/")
    walk.press(".um-bin a")
    walk.look("person to delete or take out", "main form")


def end_of_a_company(walk: Walk, world: World) -> None:
    """The three steps of its deletion, the time that is left, and the way back."""
    company, _ = verified_company(world, walk)
    name, password = person_of(world, walk, company, "administrator")
    enter(walk.page, name)
    walk.open("/company/export/")
    walk.press(SEND)
    walk.look("export of a company", "[data-export]")
    walk.page.wait_for_selector("[data-export] a.btn", timeout=60_000)  # a job collects it
    walk.look("export that is ready", "[data-export] a.btn")
    walk.open("/company/delete/")
    walk.look("consequences of a deletion", ".l-times")
    walk.open("/company/delete/confirm/")
    confirm(walk, password)
    walk.fill(name="another name")
    walk.look("deletion refused", WRONG)
    walk.fill(name=company)
    walk.look("company that is leaving", ".l-times")
    walk.open("/start/")
    walk.look("start of a company that is leaving")
    walk.open("/company/leaving/withdraw/")
    walk.look("deletion to withdraw", ".l-items")
    walk.press(SEND)
    walk.look("deletion withdrawn", ".k-toast")


def recovery(walk: Walk, world: World) -> None:
    """Of a customer whom nobody administers: the dealer vouches, the market's administrator stops it."""
    company, number = verified_company(world, walk)
    name, _ = person_of(world, walk, company, "driver")
    enter(walk.page, name)
    walk.open("/account/data/")
    walk.fill(first_name="Ola", last_name="Hansen", birth_date="1980-05-17")
    walk.leave()
    enter(walk.page, "Nora")
    walk.open(f"/organisations/{number}/partner/?partner=Skarvholm")
    walk.press(".o-dealers [name=partner]")
    with walk.beside() as dealer:
        enter(dealer.page, "Eirik")
        dealer.open(f"/customers/{number}/")
        dealer.look("customer without administrators", "a[href$='/recovery/']")
        dealer.open(f"/customers/{number}/recovery/")
        dealer.choose(document="passport")
        facts = {"expires_on": "2036-01-31", "last_name": "Hansen", "birth_date": "1980-05-17", "reason": "Register"}
        dealer.fill(person="nobody", first_name="Ole", **facts)
        dealer.look("recovery refused", WRONG)
        dealer.fill(person=name, first_name="Ola")
        dealer.look("customer in recovery", ".d-notice")
    waiting = world.query("SELECT id FROM companies_recovery WHERE company_id = %s", number)[0][0]
    walk.open(f"/recoveries/{waiting}/")
    walk.look("recovery that waits", ".k-btn-danger")
    walk.press(SEND)
    walk.look("recovery that was stopped", ".k-notice")
