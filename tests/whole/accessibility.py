"""Walks all pages that a person can reach, and asks axe about each."""

import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
EVERYTHING: dict[str, str | list[str]] = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}
COLOURS: dict[str, str | list[str]] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""All that a theme changes."""
# No pages: what they answer is data, or ends the visit.
SKIPPED = re.compile(r"^/(static|api|dev/sign-in|\.well-known)/|/download/|/logout/|\.(json|geojson|txt)$")
THEMES = ("light", "dark")
SAMPLES = 2
"""So many pages of one kind, such as `/people/7/`, tell enough."""
MOST_PAGES = 150
DOORS = ["/accounts/login/"]
OWN = ["/", "/account/", "/me/"]


def findings_of(page: Page, what: dict[str, str | list[str]] = EVERYTHING) -> list[str]:
    """What axe objects to on the page as it stands; empty is the aim."""
    assert AXE.exists(), "axe-core is not installed: `make install`"
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("what => axe.run(document, {runOnly: what})", what)
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


def speak(page: Page, language: str) -> None:
    """Changes the language as the menu does."""
    page.evaluate(
        """async (language) => {
            const form = document.querySelector('form[action$="/language/"]');
            const words = new FormData(form);
            words.set("language", language);
            await fetch(form.action, {method: "POST", body: words});
        }""",
        language,
    )


def in_both_themes(page: Page, themes: tuple[str, ...] = THEMES) -> Iterator[tuple[str, list[str]]]:
    """The findings of the page in the light and in the dark."""
    for number, theme in enumerate(themes):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two words
        page.wait_for_function("theme => document.documentElement.dataset.bsTheme === theme", arg=theme)
        yield theme, findings_of(page, COLOURS if number else EVERYTHING)


def enter(page: Page, who: str) -> list[str]:
    """Signs in as a persona and tells where to start."""
    page.goto("/accounts/login/")
    if who == "nobody":
        return DOORS
    with page.expect_navigation():
        page.locator(".k-persona", has_text=who).first.click()
    return OWN


def enter_at(page: Page, organisation: str) -> None:
    """Signs in as the first persona of an organisation."""
    page.goto("/accounts/login/")
    with page.expect_navigation():
        page.locator(".k-persona-group", has_text=organisation).locator(".k-persona").first.click()


class Walk:
    """Somebody's way through pages that follow from each other, in one language. Says nothing that is in a language."""

    def __init__(self, page: Page, language: str, themes: tuple[str, ...] = THEMES) -> None:
        self.page, self.language, self.themes = page, language, themes
        self.findings: dict[str, list[str]] = {}

    def open(self, address: str) -> None:
        self.page.goto(address)
        if self._spoken() != self.language:
            speak(self.page, self.language)
            self.page.goto(address)

    def look(self, step: str, at: str = "h1") -> None:
        """Has axe look at the page; `at` selects what shows that it is the right one."""
        expect(self.page.locator(at).first).to_be_visible()
        assert self._spoken() == self.language, step
        for theme, bad in in_both_themes(self.page, self.themes):
            if bad:
                self.findings[f"{step}, {self.language}, {theme}"] = bad

    def fill(self, **words: str) -> None:
        """Fills the fields with these names, and sends them as Enter does, whatever the browser thinks of them."""
        for name, word in words.items():
            field = self.page.locator(f"[name={name}]:not([type=hidden])")
            field.fill(word)
        field.evaluate("field => { field.form.noValidate = true; }")
        with self.page.expect_navigation():
            field.press("Enter")

    def choose(self, **values: str) -> None:
        """In lists, by their names; of boxes and buttons to tick, the one with this value."""
        for name, value in values.items():
            field = self.page.locator(f"select[name={name}]")
            if field.count():
                field.select_option(value)
            else:
                self.page.locator(f'input[name={name}][value="{value}"]').check()

    def press(self, button: str) -> None:
        """Presses what this selects, with the same indulgence."""
        chosen = self.page.locator(button).first
        chosen.evaluate("button => { if (button.form) button.form.noValidate = true; }")
        with self.page.expect_navigation():
            chosen.click()

    @contextmanager
    def beside(self) -> Iterator["Walk"]:
        """The way of somebody else at a window of their own, meanwhile; what is found there is found here."""
        browser, here = self.page.context.browser, urlsplit(self.page.url)
        assert browser is not None
        context = browser.new_context(base_url=f"{here.scheme}://{here.netloc}", bypass_csp=True)
        other = Walk(context.new_page(), self.language, self.themes)
        other.findings = self.findings
        yield other
        context.close()

    def leave(self) -> None:
        """As another browser would come; the session of this one stays open."""
        self.page.context.clear_cookies()

    def _spoken(self) -> str | None:
        return self.page.locator("html").get_attribute("lang")


def pages_from(page: Page, starts: list[str]) -> Iterator[str]:
    """Opens all pages that links lead to from these, a few of each kind; their addresses."""
    seen: Counter[str] = Counter()
    waiting, known = list(starts), set(starts)
    while waiting and seen.total() < MOST_PAGES:
        address = waiting.pop(0)
        kind = re.sub(r"[0-9a-f]{16,}|\d+", "0", urlsplit(address).path)
        if SKIPPED.search(urlsplit(address).path) or seen[kind] >= SAMPLES:
            continue
        response = page.goto(address)
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            continue
        assert response.status < 500, address
        seen[kind] += 1
        links = page.evaluate(
            """() => [...document.querySelectorAll("a[href]")]
                .filter((link) => link.origin === location.origin && !link.hasAttribute("download"))
                .map((link) => link.pathname + link.search)"""
        )
        new = [link for link in dict.fromkeys(links) if link not in known]
        known.update(new)
        waiting += new
        yield address


def links_in_mails(folder: Path) -> list[str]:
    """Paths of the buttons in all mails: pages that no other page leads to."""
    found = {}
    for file in sorted(folder.glob("*.eml")):
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("plain",))
        for url in re.findall(r"^https?://\S+$", body.get_content() if body else "", re.MULTILINE):
            path = urlsplit(url).path
            found[path.split("/")[1:3][-1] + str(mail["Subject"])] = path
    return list(found.values())
