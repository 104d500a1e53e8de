"""Ways of people who are not signed in: each page that a form, a mail or a mistake leads to."""

import re
from itertools import count
from urllib.parse import urlsplit

from tests.whole.accessibility import Walk
from tests.whole.conftest import World
from tests.whole.test_reset_browser import letter_to

COMPANY = "Steps AS"
WORKSHOP = "Steps Verksted AS"
NEW = "quiet otter under blue gravel"
WRONG = ".k-error, .k-notice-alert"
"""Where a page says what is wrong."""
_numbers = count(1)


def new_name(walk: Walk) -> str:
    return f"steps{next(_numbers)}.{walk.language}"


def address_of(name: str) -> str:
    return f"{name}@example.com"


def somebody(world: World, walk: Walk, role: str = "driver") -> tuple[str, str]:
    """Makes a person of the company; returns user id and password."""
    name = new_name(walk)
    facts = ["--email", address_of(name), "--company", COMPANY, "--role", role, "--language", walk.language]
    return name, str(world.run("user", "create", name, *facts)["password"])


def path_in_mail(world: World, name: str, part: str) -> str:
    """Of the button in the newest mail to this person that leads to such a page."""
    found = re.search(rf"^https?://\S+{part}\S+$", letter_to(world, address_of(name), part), re.MULTILINE)
    assert found
    return urlsplit(found[0]).path


def altered(path: str) -> str:
    """The same link with another sign in its signature."""
    sign = "a" if path[-6] != "a" else "b"
    return path[:-6] + sign + path[-5:]


def sign_in(walk: Walk, name: str, password: str) -> None:
    walk.open("/accounts/login/")
    walk.fill(login=name, password=password)


def password_by_mail(walk: Walk, world: World) -> None:
    name, _ = somebody(world, walk)
    sign_in(walk, name, "not the right password")
    walk.look("wrong password", WRONG)
    walk.open("/accounts/password/reset/")
    walk.fill(email="no address")
    walk.look("reset of no address", WRONG)
    walk.fill(email=address_of(name))
    walk.look("reset asked for")
    link = path_in_mail(world, name, "/key/")
    walk.open(altered(link))
    walk.look("altered link", "a[href*='/password/reset/']")
    walk.open(link)
    walk.look("new password", "[name=password1]")
    walk.fill(password1="short", password2="other")
    walk.look("weak password", WRONG)
    walk.fill(password1=NEW, password2=NEW)
    walk.look("password chosen", "a[href*='/login/']")
    walk.open(link)
    walk.look("used link", "a[href*='/password/reset/']")


def request_for_help(walk: Walk, world: World) -> None:
    name = new_name(walk)
    walk.open("/accounts/help/request/")
    walk.fill(user_id_given="")
    walk.look("help without words", WRONG)
    walk.fill(
        user_id_given=name, first_name="Siri", last_name="Dal", email=address_of(name), company_name=COMPANY,
        company_address="Kaia 1, Oslo",
    )  # fmt: skip
    walk.look("help asked for", "a[href*='/login/']")


def private_account(walk: Walk, world: World) -> None:
    name = new_name(walk)
    walk.open("/accounts/private/")
    walk.fill(user_id="Ø", email="no address", password="short")
    walk.look("private sign-up refused", WRONG)
    walk.fill(user_id=name, email=address_of(name), password=NEW)
    walk.look("private sign-up sent", "a[href*='/login/']")
    link = path_in_mail(world, name, "/confirm/")
    walk.open(altered(link))
    walk.look("altered confirmation", "a[href*='/private/']")
    walk.open(link)
    walk.look("confirmation", "[name=password]")
    walk.fill(password="not the right password")
    walk.look("confirmation refused", WRONG)
    walk.fill(password=NEW)
    walk.look("confirmed", "a[href*='/login/']")
    sign_in(walk, name, NEW)
    walk.open("/me/")
    walk.fill(mobile="+47 123 45 678")
    walk.look("private data saved", ".k-toast")
    walk.open("/me/delete/")
    walk.look("private account to delete")
    walk.press("main form [type=submit]")
    walk.look("private account gone")


def invitation(walk: Walk, world: World, name: str) -> None:
    link = path_in_mail(world, name, "/invitation/")
    walk.open(altered(link))
    walk.look("altered invitation")
    walk.open(link)
    walk.look("invitation", "[name=password1]")
    walk.fill(password1="short", password2="other")
    walk.look("weak password of an invitation", WRONG)
    walk.fill(password1=NEW, password2=NEW)
    walk.look("invitation accepted", "a[href*='/login/']")
    walk.open(link)
    walk.look("used invitation")
    for page in ("keep", "export"):
        walk.open(f"/accounts/{page}/{link.split('/')[-2]}/")
        walk.look(f"link to {page} refused", "a[href*='/login/']")


def renewal(walk: Walk, world: World, name: str, given: str) -> None:
    sign_in(walk, name, given)
    walk.look("own address", "[name=email]")
    taken = world.query("SELECT email FROM identity_user WHERE email <> '' AND username <> %s LIMIT 1", name)[0][0]
    walk.fill(email=taken)
    walk.look("taken address", WRONG)
    own = f"own.{name}"
    walk.fill(email=address_of(own))
    walk.look("code of the own address", "[name=code]")
    walk.fill(code="0000 0000")
    walk.look("wrong code of the own address", WRONG)
    code = re.search(r"\b\d{4} \d{4}\b", letter_to(world, address_of(own), ""))
    assert code
    walk.fill(code=code[0])
    walk.look("own password", "[name=password1]")
    walk.fill(password1=given, password2=given)
    walk.look("given password", WRONG)
    walk.fill(password1=NEW, password2=NEW)
    walk.open("/accounts/reauthenticate/")
    walk.fill(password="not the right password")
    walk.look("confirmation by a wrong password", WRONG)
    walk.leave()
    sign_in(walk, name, NEW)
    walk.open("/accounts/sessions/")
    walk.look("two devices", ".k-btn-danger")
    walk.open("/accounts/renewal/over/")
    walk.look("renewal too late")
