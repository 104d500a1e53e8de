"""Walks all pages that a person can reach, and asks axe about each."""

import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# No pages: what they answer is data, or ends the visit.
SKIPPED = re.compile(r"^/(static|api|dev/sign-in|\.well-known)/|/download/|/logout/|\.(json|geojson|txt)$")
SAMPLES = 2
"""So many pages of one kind, such as `/people/7/`, tell enough."""
MOST_PAGES = 150


def findings_of(page: Page) -> list[str]:
    """What axe objects to on the page as it stands; empty is the aim."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make install`")
    page.evaluate(AXE.read_text())
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
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


def in_both_themes(page: Page) -> Iterator[tuple[str, list[str]]]:
    """The findings of the page in the light and in the dark."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two words
        page.wait_for_function("theme => document.documentElement.dataset.bsTheme === theme", arg=theme)
        yield theme, findings_of(page)


def pages_from(page: Page, starts: list[str]) -> list[str]:
    """Addresses of all pages that links lead to from these, a few of each kind."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    waiting = list(starts)
    while waiting and len(found) < MOST_PAGES:
        address = waiting.pop(0)
        kind = re.sub(r"\d+", "0", urlsplit(address).path)
        if SKIPPED.search(urlsplit(address).path) or address in found or seen[kind] >= SAMPLES:
            continue
        response = page.goto(address)
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            continue
        assert response.status < 500, address
        seen[kind] += 1
        found.append(address)
        waiting += page.evaluate(
            """() => [...document.querySelectorAll("a[href]")]
                .filter((link) => link.origin === location.origin && !link.hasAttribute("download"))
                .map((link) => link.pathname + link.search)"""
        )
    return found


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
