"""Ways of what a company buys: products, terms, orders, contracts, invoices, and two companies that become one."""

from itertools import count

from tests.whole.accessibility import Walk, enter
from tests.whole.account_ways import confirm, person_of, verified_company
from tests.whole.conftest import World
from tests.whole.ways import WRONG

EMPTY = ".k-empty"
MARK = "[name=line]"
LOOK = ".c-acts [type=submit]"
_numbers = count(1)


def new_vin() -> str:
    return f"WK0TEST777{next(_numbers):07}"


def van_of(world: World, company: str, *products: str) -> tuple[str, int]:
    """Made by the operator, with these products; returns its VIN and number."""
    vin = new_vin()
    world.run("vehicle", "add", vin, "--company", company)
    for product in products:
        world.run("service", "assign", vin, product)
    return vin, world.query("SELECT id FROM vehicles_vehicle WHERE vin = %s AND removed_at IS NULL", vin)[0][0]


def administrator(walk: Walk, world: World) -> tuple[str, int]:
    """Enters as the administrator of a company without anything; returns its name and number."""
    company, number = verified_company(world, walk)
    enter(walk.page, person_of(world, walk, company, "administrator")[0])
    return company, number


def buying(walk: Walk, world: World) -> None:
    """From a company that has nothing to a contract."""
    company, _ = administrator(walk, world)
    nothing_yet(walk)
    van_of(world, company)
    vin, _ = van_of(world, company)
    world.query("UPDATE vehicles_vehicle SET verification = 'unverified' WHERE vin = %s RETURNING id", vin)
    basket(walk)
    terms(walk)
    walk.open("/products/")
    walk.page.locator("details.p-contents > summary").first.click()
    walk.look("products, one of which runs", ".p-running")
    walk.open("/contracts/list/")
    walk.look("contracts", "td a[href^='/contracts/']")
    walk.press("td a[href^='/contracts/']")
    walk.look("contract with services that wait", ".c-waiting")
    walk.press(".c-waiting a")
    walk.look("services that have not begun", ".k-btn-danger")
    walk.press(".k-btn-danger")
    walk.look("services withdrawn", ".k-toast")


def nothing_yet(walk: Walk) -> None:
    for page in ("/orders/", "/orders/new/", "/contracts/", "/contracts/list/", "/invoices/"):
        walk.open(page)
        walk.look(f"{page} of a company without vans", EMPTY)
    walk.open("/products/")
    walk.look("products without vans", ".p-notice")
    walk.open("/terms/")
    walk.look("terms without an order", ".t-documents")


def basket(walk: Walk) -> None:
    walk.open("/orders/new/")
    walk.press(".c-new .btn-primary")
    walk.look("order of nothing", WRONG)
    for box in walk.page.locator("[name=vehicles]:enabled, [name=products]:enabled").all():
        box.check()
    walk.press(".c-new .btn-primary")
    walk.look("basket", "[value=place]")
    walk.press("[value=place]")
    walk.look("order", ".k-check")
    walk.press(".c-decide .btn-primary")
    walk.look("terms not accepted", WRONG)


def terms(walk: Walk) -> None:
    order = walk.page.url
    walk.open("/terms/")
    walk.look("terms to accept", ".t-accept")
    walk.press(".t-accept [type=submit]")
    walk.look("box of the terms not ticked", WRONG)
    walk.page.locator(".t-accept [name=read]").first.check()
    walk.press(".t-accept [type=submit]")
    walk.look("terms accepted", ".k-toast")
    walk.open("/terms/")
    walk.look("accepted terms", "#accepted ~ ul a")
    walk.press("#accepted ~ ul a")
    walk.look("text of terms", ".t-text")
    walk.open(order)
    if walk.page.locator("[value=complete]").count():
        walk.press("[value=complete]")
    walk.look("order that is a contract", "dd a[href^='/contracts/']")


def deciding(walk: Walk, world: World) -> None:
    """What can be done with services that run, and the papers."""
    company, number = administrator(walk, world)
    for _ in range(2):
        van_of(world, company, "vehicle-supervision")
    walk.open("/contracts/")
    walk.look("cockpit", MARK)
    walk.open("/contracts/?q=nothing+of+this+name")
    walk.look("no service fits", EMPTY)
    walk.open("/contracts/")
    walk.press(LOOK)
    walk.look("no service marked")
    for act in ("pay", "stop", "keep", "cancel_now"):
        marked(walk, act)
        walk.look(f"outlook: {act}", "details summary")
    marked(walk, "cancel")
    walk.page.locator("details summary").first.click()
    walk.look("outlook: cancel", ".k-btn-danger")
    walk.press(".k-btn-danger")
    walk.look("service cancelled", ".k-toast")
    common_end(walk)
    invoice = (
        "INSERT INTO commerce_invoice (company_id, number, month, currency, total, lines, party, seller, made_at) "
        "VALUES (%s, %s, '2026-01-01', 'NOK', 69, '[]', '{}', '{}', now()) RETURNING id"
    )
    world.query(invoice, number, f"NO-2026-I{number}")
    walk.open("/invoices/")
    walk.look("invoices", ".c-files a")


def marked(walk: Walk, act: str) -> None:
    walk.open("/contracts/")
    walk.page.locator(MARK).first.check()
    walk.choose(act=act)
    walk.press(LOOK)


def common_end(walk: Walk) -> None:
    marked(walk, "end")
    walk.look("day of a common end", "[name=day]")
    walk.fill(day="2020-01-31")
    walk.look("day of a common end is over", WRONG)
    walk.fill(day="2035-01-31")
    walk.look("outlook: common end", "details summary")


def merging(walk: Walk, world: World) -> None:
    """The code, who asks, who confirms, and how far it is."""
    stays, _ = verified_company(world, walk)
    name, password = person_of(world, walk, stays, "administrator")
    gone, _ = verified_company(world, walk)
    van_of(world, gone, "vehicle-supervision")
    enter(walk.page, name)
    walk.open("/company/merge/")
    walk.look("merge to begin", "[name=code]")
    walk.press("form[action$='/merge/code/'] button")
    walk.look("code of a merge", ".m-code")
    code = walk.page.locator(".m-code").inner_text()
    with walk.beside() as other:
        asks(other, world, gone, code)
        walk.open("/company/merge/")
        walk.look("merge that was asked for", "#asked")
        walk.press("#asked ~ .k-btns a")
        confirm(walk, password)
        walk.look("merge to confirm", ".k-btn-danger")
        walk.fill(name=gone)
        walk.look("merge that runs", "#main h2")
        other.open("/start/")
        other.look("start of the company that goes")
    world.wait_for(lambda: not world.query("SELECT 1 FROM companies_company WHERE name = %s", gone))
    walk.open("/company/merge/")
    walk.look("merged", "#past")


def asks(walk: Walk, world: World, gone: str, code: str) -> None:
    name, password = person_of(world, walk, gone, "administrator")
    enter(walk.page, name)
    walk.open("/company/merge/")
    walk.fill(code="AAAAA-AAAAA")
    walk.look("wrong code of a merge", WRONG)
    walk.fill(code=code)
    confirm(walk, password)
    walk.look("what a merge brings about", ".k-btn-danger")
    walk.fill(name="another name")
    walk.look("merge refused", WRONG)
    walk.open("/company/merge/")
    walk.look("merge that was prepared", "#prepared")
    walk.press("#prepared ~ .k-btns a")
    walk.fill(name=gone)
    walk.look("merge that waits for the other company", "#asking")
