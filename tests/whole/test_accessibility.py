"""NF-01, NF-02: axe finds nothing (WCAG 2.2 A and AA) on any page, in each language, light and dark."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.whole.accessibility import in_both_themes, links_in_mails, pages_from, speak
from tests.whole.conftest import World

pytestmark = pytest.mark.browser
LANGUAGES = ("de", "nb", "en")
# Who sees what: everybody's own pages, an organisation's and a market's user management, no business at all.
PEOPLE = {"nobody": "en", "Ingrid": "de", "Nora": "nb", "Maja": "en", "Ida": "nb"}
DOORS = ["/accounts/login/"]
OWN = ["/", "/account/", "/me/"]


@pytest.fixture
def visitor(browser: Browser, world: World) -> Iterator[Page]:
    context = browser.new_context(
        base_url=world.endpoints["portal"],
        reduced_motion="reduce",
        bypass_csp=True,  # axe is ours for the test and no part of the pages
    )
    yield context.new_page()
    context.close()


def enter(page: Page, who: str) -> list[str]:
    """Signs in as a persona and tells where to start."""
    page.goto("/accounts/login/")
    if who == "nobody":
        return DOORS
    page.locator(".k-persona", has_text=who).first.click()
    return OWN


def findings(page: Page, addresses: list[str], language: str) -> dict[str, list[str]]:
    found = {}
    speak(page, language)
    for address in addresses:
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == language
        found |= {f"{address} {language} {theme}": bad for theme, bad in in_both_themes(page) if bad}
    return found


@pytest.mark.parametrize(("who", "language"), PEOPLE.items())
def test_axe_finds_nothing(visitor: Page, world: World, who: str, language: str) -> None:
    mailed = links_in_mails(world.data / "mail") if who == "nobody" else []
    addresses = pages_from(visitor, enter(visitor, who) + mailed)
    assert len(addresses) > 5, addresses
    assert findings(visitor, addresses, language) == {}


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", PEOPLE)
def test_axe_finds_nothing_in_any_language(visitor: Page, world: World, who: str, language: str) -> None:
    test_axe_finds_nothing(visitor, world, who, language)
