"""People with a browser each, for stories that several of them play: what they fill in, press and read."""

import base64
import email
import email.policy
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, Locator, Page, expect

from tests.whole.conftest import World

PASSWORD = "quiet otter under blue gravel"


@dataclass
class Somebody:
    """A person at a window of their own; `page` shows what they see."""

    name: str
    page: Page
    login: str = ""
    password: str = PASSWORD

    def go(self, address: str) -> None:
        self.page.goto(address)

    def reads(self, words: str, at: str = "#main") -> None:
        expect(self.page.locator(at).first).to_contain_text(words)

    def fill(self, **fields: str) -> None:
        """By the names of the fields; of a box to tick, `True` does it."""
        for name, value in fields.items():
            field = self.page.locator(f":is(input, select, textarea)[name={name}]:not([type=hidden])")
            if field.first.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.first.fill(value)

    def tick(self, name: str, value: str = "") -> None:
        self.page.locator(f'[name="{name}"]' + (f'[value="{value}"]' if value else "")).first.check()

    def press(self, words: str, *, within: Locator | None = None) -> None:
        """A button or a link with these words, which leads to another page."""
        place = within or self.page.locator("body")
        shown = place.get_by_role("button", name=words).or_(place.get_by_role("link", name=words))
        with self.page.expect_navigation():
            shown.first.click()

    def sign_in(self) -> None:
        self.go("/accounts/login/")
        self.fill(login=self.login, password=self.password)
        with self.page.expect_navigation():
            self.page.locator("[name=password]").press("Enter")

    def confirms_password(self) -> None:
        """On the page that asks for it again, if it does."""
        if "/reauthenticate/" in self.page.url:
            self.fill(password=self.password)
            with self.page.expect_navigation():
                self.page.locator("[name=password]").press("Enter")

    def set_up_factor(self) -> None:
        """The app of the page that asks for a second factor, and its recovery codes put away."""
        self.page.wait_for_url("**/accounts/2fa/")
        self.press("Set up an app")
        key = self.page.locator("#totp-key").inner_text().replace(" ", "")
        self.fill(code=code_now(key))
        with self.page.expect_navigation():
            self.page.locator("[name=code]").press("Enter")
        self.press("I have them, go on")


@contextmanager
def window(browser: Browser, world: World, name: str) -> Iterator[Somebody]:
    """A browser of somebody's own; a script that fails, or that the policy refuses, fails the test."""
    context = browser.new_context(
        base_url=world.endpoints["portal"], locale="en", viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    yield Somebody(name, page)
    context.close()
    assert complaints == []


def code_now(key: str) -> str:
    """What the app shows in this half minute, or in the next when this one is nearly over."""
    left = 30 - time.time() % 30
    if left < 12:
        time.sleep(left + 0.5)
    return TOTP(base64.b32decode(key), 6, SHA1(), 30).generate(int(time.time())).decode()  # as apps do


def letter_to(world: World, address: str, words: str) -> str:
    """The body of the newest mail to somebody that says this, once it lies in the folder."""

    def find() -> str | None:
        for file in sorted(Path(world.data, "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            body: Any = mail.get_body(("plain",))
            if mail["To"] == address and words in body.get_content():
                return str(body.get_content())
        return None

    return str(world.wait_for(find))


def sms_to(world: World, number: str) -> str:
    """The text of an SMS, once it lies in the folder."""

    def find() -> str | None:
        messages = [json.loads(file.read_text()) for file in Path(world.data, "sms").glob("*.json")]
        return next((str(one["text"]) for one in messages if one["to"] == number), None)

    return str(world.wait_for(find))


def link_in(letter: str, part: str) -> str:
    """The address in a letter that has this part."""
    found = re.search(rf"https?://\S+{re.escape(part)}\S*", letter)
    assert found, letter
    return found[0]
