"""Ways of a company from its registration to its first contract: pages behind forms, mistakes and states."""

from itertools import count

from playwright.sync_api import Page, expect
from stdnum.no import orgnr

from tests.whole.accessibility import Walk, enter, enter_at
from tests.whole.conftest import World
from tests.whole.ways import NEW, WRONG, address_of, altered, new_name, path_in_mail

SEND = "main form[method=post] [type=submit]"
GATE = ".gate [aria-disabled=true]"
MOST_TABS = 60
_numbers = count(1)


def register_number() -> str:
    """Of a Norwegian company, right by its check digit, and of no other walk."""
    numbers = (f"8{number:07}{digit}" for number in _numbers for digit in range(10))
    return next(number for number in numbers if orgnr.is_valid(number))


def company_begins(walk: Walk, world: World) -> None:
    """Registration, a van, an order, the dealer's check, the contract."""
    company = registration(walk, world)
    enter_at(walk.page, company)  # by one click, which asks for no second factor
    walk.open("/start/")
    walk.look("start of a new company", ".r-steps")
    vans(walk)
    order(walk)
    gates(walk)
    own_data_before_the_check(walk)
    code = case(walk)
    with walk.beside() as dealer:
        enter(dealer.page, "Eirik")
        desk(dealer, code, walk)
    contract(walk)


def registration(walk: Walk, world: World) -> str:
    name = new_name(walk)
    walk.open("/register/")
    walk.fill(birth_date="", email="no address", user_id="Ø")
    walk.look("registration refused", WRONG)
    walk.fill(first_name="Ola", last_name="Hansen", birth_date="1980-05-17", email=address_of(name), user_id=name)
    walk.look("registration sent", "a[href*='/register/']")
    link = path_in_mail(world, name, "/register/confirm/")
    walk.open(altered(link))
    walk.look("altered link of a registration")
    walk.open(link)
    walk.look("first password", "[name=password1]")
    walk.fill(password1="short", password2="other")
    walk.look("weak first password", WRONG)
    walk.fill(password1=NEW, password2=NEW)
    walk.look("country of a company", "[name=market]")
    country = walk.page.url
    walk.open("/account/delete/")
    walk.press("a[href$='/now/']")
    walk.look("account without a company to delete", ".k-btn-danger")
    walk.open(country)
    company = wizard(walk, f"Hansen {name.split('.')[0].removeprefix('steps')} {walk.language.upper()}")
    walk.leave()
    walk.open(link)
    walk.look("used link of a registration")
    return company


def wizard(walk: Walk, company: str) -> str:
    walk.choose(market="no")
    walk.press(SEND)
    walk.look("details of a company", "[name=register_number]")
    walk.choose(legal_form="as")
    walk.fill(register_number="923609017", name=company, street="Kaia 1", postal_code="", city="Bergen")
    walk.look("details refused", WRONG)
    walk.fill(register_number=register_number(), postal_code="5003")
    walk.look("company to confirm", ".r-sum")
    walk.press(SEND)
    walk.look("company without a declaration", WRONG)
    walk.page.check("[name=declared]")
    walk.press(SEND)
    return company


def vans(walk: Walk) -> None:
    walk.open("/vans/add/")
    walk.look("van to add", "[name=vin]")
    walk.fill(vin="short", plate="")
    walk.look("van refused", WRONG)
    number = next(_numbers)
    walk.choose(drive="electric")
    walk.fill(vin=f"WK0TEST888{number:07}", plate=f"EL {number:05}", name="Van 1", make="Kolonne", model="E-van")
    walk.look("van added", "td a[href^='/vans/']")
    walk.press("td a[href^='/vans/']")
    walk.look("van that waits for the dealer", ".va-check")
    walk.press(".va-check a[href$='/remove/']")
    walk.look("van to remove", ".k-btn-danger")


def order(walk: Walk) -> None:
    walk.open("/orders/")
    walk.look("no orders")
    walk.open("/orders/new/")
    walk.press(".c-new .btn-primary")
    walk.look("order without a service", WRONG)
    walk.choose(products="vehicle-supervision")
    walk.press(".c-new .btn-primary")
    walk.press("[value=place]")
    walk.look("order that waits", GATE)
    walk.page.check("[name=terms]")
    walk.press("[value=accept]")
    walk.look("order with accepted terms", GATE)
    walk.press("a[href$='/withdraw/']")
    walk.look("order to withdraw", ".k-btn-danger")
    walk.open("/contracts/")
    walk.look("no contracts")


def gates(walk: Walk) -> None:
    """What waits for the dealer can be reached by keyboard, says why, and does nothing."""
    for address in ("/people/", "/people/invite/"):
        walk.open(address)
        walk.look(f"{address} before the check", GATE)
        gate = walk.page.locator(GATE).first
        tab_to(walk.page, GATE)
        expect(gate).to_have_accessible_description(walk.page.locator(".gate-why").first.inner_text())
        gate.press("Enter")
        assert walk.page.url.endswith(address)


def tab_to(page: Page, selector: str) -> None:
    """By the Tab key alone, as somebody without a mouse."""
    wanted = page.locator(selector).first
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("wanted => wanted === document.activeElement"):
            return
    raise AssertionError(f"no way to {selector} by keyboard")


def own_data_before_the_check(walk: Walk) -> None:
    walk.open("/account/data/")
    walk.fill(first_name="", mobile="12")
    walk.look("own data refused", WRONG)
    walk.open("/account/hand-over/")
    walk.look("nobody to hand over to", ".k-empty")


def case(walk: Walk) -> str:
    """Returns the code for the dealer."""
    walk.open("/verification/")
    walk.look("verification to begin", ".v-case")
    walk.open("/verification/?place=Nowhere")
    walk.look("no dealer there", "#dealers")
    walk.press("form[action$='/verification/case/'] .btn-primary")
    walk.look("code for the dealer", ".v-number")
    return walk.page.locator(".v-number").inner_text()


def desk(walk: Walk, code: str, founder: Walk) -> None:
    walk.open("/customers/")
    walk.look("desk of a dealer", ".d-code")
    walk.fill(code="wrong")
    walk.look("wrong code of a customer", WRONG)
    walk.open(f"/customers/code/{code}/")
    walk.look("scanned code", "[name=code]")
    walk.press(SEND)
    walk.look("case", ".d-form")
    case_page = walk.page.url
    founder.open("/verification/")
    founder.look("case at the dealer", ".v-case")
    walk.press(".d-form .btn-primary")
    walk.look("case without findings", WRONG)
    walk.choose(document="passport")
    for box in walk.page.locator("input[type=radio][value=verified]").all():
        box.check()
    walk.fill(expires_on="2020-01-31", birth_date="1980-05-17", first_name="Ole", last_name="Hansen")
    walk.look("case with differences", ".d-differs")
    walk.fill(expires_on="2036-01-31", first_name="Ola")
    walk.look("findings to confirm", "[name=confirm]")
    walk.press("[name=confirm]")
    walk.open(case_page)
    walk.look("closed case", ".v-findings")
    walk.open("/customers/?q=nobody+of+this+name")
    walk.look("no customer fits", ".k-empty")


def contract(walk: Walk) -> None:
    walk.open("/verification/")
    walk.look("verified")
    walk.open("/orders/")
    walk.press("td a[href^='/orders/']")
    walk.look("order that is done", "a[href^='/contracts/']:not(.um-nav a)")
    walk.press("dd a[href^='/contracts/']")
    walk.look("contract", ".c-generations")
    walk.open("/account/data/")
    walk.fill(birth_date="1980-05-18")
    walk.look("own data to confirm", "[name=confirm]")


def private_person_registers(walk: Walk, world: World) -> None:
    """Somebody with a private account, of which nothing is copied: who he is, is asked."""
    enter(walk.page, "Maja")
    walk.open("/register/company/")
    walk.choose(market="no")
    walk.press(SEND)
    walk.look("who registers", "[name=birth_date]")
    walk.fill(mobile="12", last_name="Private")
    walk.look("who registers refused", WRONG)


def check_from_afar(walk: Walk, world: World) -> None:
    """Two people have to agree: the first finds everything right, the second looks, and the customer begins anew."""
    enter(walk.page, "Mehmet")
    walk.open("/verification/")
    walk.press("form[action$='/verification/case/'] button:last-child")
    walk.look("code for a check from afar", ".v-number")
    code = walk.page.locator(".v-number").inner_text()
    with walk.beside() as dealer:
        enter(dealer.page, "Aylin")
        dealer.open(f"/customers/code/{code}/")
        dealer.press(SEND)
        dealer.look("case from afar", "[name=evidence]")
        case_page = dealer.page.url
        dealer.choose(document="passport")
        for box in dealer.page.locator("input[type=radio][value=verified]").all():
            box.check()
        dealer.fill(
            expires_on="2036-01-31", first_name="Mehmet", last_name="Arslan", birth_date="1979-11-03", evidence="Call"
        )
        dealer.look("first check to confirm", "[name=confirm]")
        dealer.press("[name=confirm]")
        dealer.open(case_page)
        dealer.look("case that waits for a second person", ".k-notice")
    with walk.beside() as second:
        enter(second.page, "Greta")
        second.open("/customers/")
        second.look("checks from afar that wait", ".v-open")
        second.open(case_page)
        second.look("second check", "[formaction$='/reject/']")
    walk.open("/verification/")
    walk.look("first of two checks done", ".v-case")
