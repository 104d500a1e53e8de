"""ID-04, ID-07, ID-08, NF-02: reset by mail, renewal and request for help, by keyboard alone and with real mails."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.whole.conftest import World
from tests.whole.people import letter_to

pytestmark = pytest.mark.browser
NEW = "quiet otter under blue gravel"
NAME = """() => {
    const here = document.activeElement;
    return (here?.labels?.[0]?.textContent ?? here?.textContent ?? "").trim();
}"""


def somebody(world: World, username: str) -> str:
    """A person without a company; returns the password."""
    made = world.run("user", "create", username, "--email", f"{username}@example.com", "--market", "no")
    return str(made["password"])


def go_to(page: Page, name: str) -> None:
    """Tab until the focus is on what has this name; it must be visible there."""
    for _ in range(60):
        if page.evaluate(NAME) == name:
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {name!r}")


def fill(page: Page, name: str, text: str) -> None:
    go_to(page, name)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    go_to(page, name)
    page.keyboard.press("Enter")


def heading(page: Page, words: str) -> None:
    expect(page.locator("h1")).to_have_text(words)


def sign_in(page: Page, login: str, password: str) -> None:
    """On the page of that name."""
    heading(page, "Sign in")
    fill(page, "User id or e-mail address", login)
    fill(page, "Password", password)
    page.keyboard.press("Enter")


def test_a_new_password_by_mail(page: Page, world: World) -> None:
    somebody(world, "rita")
    page.goto("/accounts/login/")
    press(page, "Trouble signing in?")
    heading(page, "Help with signing in")
    press(page, "New password by mail")
    heading(page, "New password")
    fill(page, "E-mail address", "rita@example.com")
    page.keyboard.press("Enter")  # before or after the check is done: the form waits for it
    heading(page, "Look into your mail")
    found = re.search(r"https?://\S+/key/\S+", letter_to(world, "rita@example.com", "/key/"))
    assert found
    page.goto(found[0])
    heading(page, "Choose a new password")
    assert "/key/" not in page.url
    fill(page, "New password", NEW)
    fill(page, "New password again", NEW)
    page.keyboard.press("Enter")
    heading(page, "Password changed")
    press(page, "Sign in")
    sign_in(page, "rita", NEW)
    page.wait_for_url(lambda url: "/accounts/" not in url)
    assert letter_to(world, "rita@example.com", "password")
    page.goto(found[0])
    heading(page, "This link was used already")


def test_the_sign_in_after_a_helpers_reset(page: Page, world: World) -> None:
    given = somebody(world, "remy")
    world.query(
        "UPDATE identity_user SET renewal_until = now() + interval '1 day' WHERE username = %s RETURNING id", "remy"
    )
    page.goto("/accounts/login/")
    sign_in(page, "remy", given)
    heading(page, "Your own e-mail address")
    page.goto("/")
    heading(page, "Your own e-mail address")
    fill(page, "Your own e-mail address", "remy.own@example.com")
    press(page, "Send the code")
    heading(page, "Enter the code")
    code = re.search(r"\d{4} \d{4}", letter_to(world, "remy.own@example.com", "enter this code"))
    assert code
    fill(page, "Code from the mail", "0000 0000")
    page.keyboard.press("Enter")
    expect(page.locator(".k-error")).to_contain_text("wrong")
    fill(page, "Code from the mail", code[0])
    press(page, "Go on")
    heading(page, "Choose your own password")
    fill(page, "New password", NEW)
    fill(page, "New password again", NEW)
    press(page, "Save and go on")
    page.wait_for_url(lambda url: "/accounts/" not in url)
    rows = world.query("SELECT email, renewal_until FROM identity_user WHERE username = %s", "remy")
    assert rows == [("remy.own@example.com", None)]
    assert letter_to(world, "remy@example.com", "another e-mail address")


def test_a_request_for_help(page: Page, world: World) -> None:
    somebody(world, "runa")
    page.goto("/accounts/help/")
    press(page, "My account is locked, or I cannot read my mail")
    press(page, "Ask for a reset")
    heading(page, "Ask for a reset")
    typed = {
        "User id": "runa", "First name": "Runa", "Last name": "Berg", "E-mail address": "runa@example.com",
        "Name of your company": "Berg AS", "Address of your company": "Kaia 1, Oslo",
    }  # fmt: skip
    for name, text in typed.items():
        fill(page, name, text)
    expect(page.get_by_role("status").filter(has_text="robot")).to_have_text("Checked: you are no robot.")
    press(page, "Send the request")
    heading(page, "Your request was sent")
    assert letter_to(world, "runa@example.com", "reset the sign-in")
    rows = world.query("SELECT company_name FROM identity_helprequest WHERE user_id_given = %s", "runa")
    assert rows == [("Berg AS",)]


def test_finished_jobs_leave_no_address_behind(world: World) -> None:
    def settled() -> bool:
        names = ("identity.answer_reset", "identity.ask_for_help", "identity.send_sealed")
        return not world.query("SELECT id FROM procrastinate_jobs WHERE task_name = ANY(%s)", list(names))

    world.wait_for(settled)
