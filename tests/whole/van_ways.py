"""Ways of a van: it comes in, is claimed, changes hands, has modules, and leaves."""

from playwright.sync_api import expect

from tests.whole.accessibility import Walk, enter
from tests.whole.account_ways import person_of, verified_company
from tests.whole.company_ways import SEND
from tests.whole.conftest import World
from tests.whole.contract_ways import EMPTY, administrator, new_vin, van_of
from tests.whole.ways import WRONG

DEALER = "Skarvholm"
"""Where Eirik works."""


def coming(walk: Walk, world: World) -> None:
    """By hand, with the VIN explained while it is typed, and from a file."""
    company, _ = administrator(walk, world)
    walk.open("/vans/")
    walk.look("no vans yet")
    walk.open("/vans/add/")
    field = walk.page.locator("[name=vin]")
    field.press_sequentially("WVWZZZ1KZAW00000I")
    expect(walk.page.locator(".vi-explained")).not_to_be_empty()
    walk.look("VIN with a wrong letter explained", ".vi-explained")
    field.fill("")
    field.press_sequentially(new_vin())
    expect(walk.page.locator(".vi-explained dl")).to_be_visible()
    walk.look("VIN explained", ".vi-explained dl")
    vin, _ = van_of(world, company)
    walk.open("/vans/import/")
    walk.press(SEND)
    walk.look("no file with vans", WRONG)
    brought(walk, f"Colour,Size\nred,{vin}\n")
    walk.look("file without VINs", WRONG)
    brought(walk, f"VIN,Plate,Colour\n{vin},EL 1,red\n{new_vin()},EL 2,red\nSHORT,EL 3,red\n")
    walk.look("what a file will bring", "[name=discard]")
    walk.press("main form .btn-primary")
    walk.page.wait_for_selector("h1[role=status]", timeout=60_000)  # a job adds them
    walk.look("report of a file", ".vi-troubles")
    walk.open("/vans/import/")
    walk.look("last files", "#files")


def brought(walk: Walk, content: str) -> None:
    walk.open("/vans/import/")
    file = {"name": "vans.csv", "mimeType": "text/csv", "buffer": content.encode()}
    walk.page.set_input_files("[name=file]", file)  # type: ignore[arg-type]  # a file that is no file
    walk.press(SEND)


def claimed(walk: Walk, world: World) -> None:
    """Both sides, and the dealer who decides."""
    owners, _ = verified_company(world, walk)
    owner, _ = person_of(world, walk, owners, "administrator")
    vin, _ = van_of(world, owners, "vehicle-supervision")
    _, number = administrator(walk, world)
    partner = "UPDATE companies_company SET partner_id = (SELECT company_id FROM companies_company WHERE name LIKE %s) "
    world.query(f"{partner} WHERE company_id = %s RETURNING company_id", f"%{DEALER}%", number)
    walk.open("/vans/changes/")
    walk.look("nothing changes hands")
    claim = asked(walk, vin)
    walk.press("a[href$='/withdraw/']")
    walk.look("claim to withdraw", ".k-btn-danger")
    with walk.beside() as other:
        enter(other.page, owner)
        objects(other)
        decided(walk, claim)
        other.open("/vans/removed/")
        other.look("van that was taken away", "td a[href^='/vans/']")
    walk.open(claim)
    walk.look("claim that was granted", "form[action$='/add/']")
    walk.open(f"{claim}add/")
    walk.look("claimed van to add", "main form .btn-primary")
    walk.press("main form .btn-primary")
    walk.open(claim)
    walk.look("claim that is done")
    walk.open("/vans/changes/")
    walk.look("claims", "#claims ~ ul a")


def asked(walk: Walk, vin: str) -> str:
    """The address of the claim."""
    walk.open("/vans/add/")
    walk.fill(vin=vin)
    walk.look("VIN that is taken", "a[href$='/taken/']")
    walk.press("a[href$='/taken/']")
    walk.look("ways to a van that is taken", ".vc-ways")
    walk.press(".vc-ways form [type=submit]")
    walk.look("claim", "a[href$='/withdraw/']")
    return walk.page.url


def objects(walk: Walk) -> None:
    walk.open("/vans/changes/")
    walk.look("others claim a van", "#asked ~ ul a")
    walk.press("#asked ~ ul a")
    walk.look("request of another company", "form[action$='/object/']")
    page = walk.page.url
    walk.press("a[href$='/release/']")
    walk.look("van to release", ".k-btn-danger")
    walk.open(page)
    walk.press("form[action$='/object/'] button")
    walk.look("objection", ".k-toast")


def decided(walk: Walk, claim: str) -> None:
    walk.open(claim)
    walk.look("claim that was objected to", "a[href$='/decision/']")
    walk.press("a[href$='/decision/']")
    walk.press(SEND)
    walk.look("nobody chosen to decide", WRONG)
    walk.page.locator(".vc-choices label", has_text=DEALER).locator("input").check()
    walk.press(SEND)
    walk.look("claim at a dealer", ".k-toast")
    with walk.beside() as dealer:
        enter(dealer.page, "Eirik")
        dealer.open("/customers/vans/")
        dealer.look("claims that wait for a dealer", ".vc-list a")
        dealer.press(f".vc-list a:has-text('{walk.page.locator('h1').inner_text().split()[-1]}')")
        dealer.press(SEND)
        dealer.look("claim without a decision", WRONG)
        dealer.choose(decision="grant")
        dealer.press(SEND)
        dealer.look("claim without a proof", WRONG)
        dealer.page.locator("select[name=proof]").select_option(index=1)
        dealer.fill(proof_date="2026-01-31")
        dealer.look("decision to confirm", "[name=confirm]")
        dealer.press("[name=confirm]")
        dealer.look("claim decided", ".k-toast")


def handed_over(walk: Walk, world: World) -> None:
    """The seller's code, the buyer who takes over, and what is left of the van."""
    company, _ = administrator(walk, world)
    _, van = van_of(world, company, "vehicle-supervision")
    walk.open("/vans/removed/")
    walk.look("no van was removed", EMPTY)
    walk.open(f"/vans/{van}/hand-over/")
    walk.look("van to hand over", "[name=customer_number]")
    walk.fill(customer_number="")
    walk.look("code of a hand-over", ".vc-code")
    code = walk.page.locator(".vc-code").inner_text()
    walk.open("/vans/changes/")
    walk.look("codes that were given", "form[action$='/revoke/']")
    with walk.beside() as buyer:
        administrator(buyer, world)
        buyer.open("/vans/take-over/")
        buyer.fill(code="AAAAA-AAAAA")
        buyer.look("wrong code of a hand-over", WRONG)
        buyer.fill(code=code)
        buyer.look("van to take over", "[name=confirm]")
        buyer.press("[name=confirm]")
        buyer.look("van taken over", ".k-toast")
    removed(walk, world, company, van)


def removed(walk: Walk, world: World, company: str, sold: int) -> None:
    _, van = van_of(world, company, "vehicle-supervision")
    walk.open(f"/vans/{van}/remove/")
    walk.look("van with services to remove", ".k-btn-danger")
    walk.press(".k-btn-danger")
    walk.look("removed vans", "td a[href^='/vans/']")
    walk.open(f"/vans/{sold}/")
    walk.look("removed van")


def spoken_for(walk: Walk, world: World) -> None:
    """The modules of a van, and how much they send."""
    company, _ = administrator(walk, world)
    vin, van = van_of(world, company, "vehicle-supervision")
    modules = f"/vans/{van}/modules/"
    walk.open(modules)
    walk.look("van without modules")
    walk.open(f"{modules}add/")
    walk.choose(scope="some")
    walk.press(SEND)
    walk.look("module that provides nothing", WRONG)
    walk.choose(scope="all")
    walk.press(SEND)
    walk.look("code for a module", ".vm-code")
    for serial in (f"WAYSMODULE{van}A", f"WAYSMODULE{van}B"):
        world.run("module", "enrol", serial, "--vin", vin, "--beside")
    walk.open(modules)
    walk.look("modules of a van", ".vm-list form")
    walk.press("a[href$='/provides/']")
    walk.look("what a module provides", "[name=groups]")
    walk.open(modules)
    walk.press("a[href$='/revoke/']")
    walk.look("module to cut off", ".k-btn-danger")
    walk.press(".k-btn-danger")
    walk.look("module cut off", ".k-toast")
    walk.open("/vans/traffic/")
    walk.look("nothing was sent", EMPTY)
    with walk.beside() as large:
        enter(large.page, "Ingrid")
        world.wait_for(lambda: world.query("SELECT 1 FROM telemetry.traffic LIMIT 1"))
        large.open("/vans/traffic/")
        large.look("data volume", ".f-sums")
