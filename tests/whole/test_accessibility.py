"""NF-01, NF-02: axe finds nothing (WCAG 2.2 A and AA) on any page, in each language, light and dark."""

import pytest
from playwright.sync_api import Page

from tests.whole.accessibility import enter, in_both_themes, links_in_mails, pages_from, speak
from tests.whole.conftest import World

pytestmark = pytest.mark.browser
LANGUAGES = ("de", "nb", "en")
# Who sees what: everybody's own pages, an organisation's and a market's user management, no business at all.
PEOPLE = {"nobody": "en", "Ingrid": "de", "Nora": "nb", "Maja": "en", "Ida": "nb"}
ELSEWHERE = ["Torill", "Marit", "Tiril", "Eirik", "Sigrid"]
"""At a dealer and a workshop, in a company that waits for its dealer, at the dealer's desk, at the support: mostly the
same pages as above, so the long run looks at them. What differs is on the ways through forms, too."""


@pytest.mark.parametrize(("who", "language"), PEOPLE.items())
def test_axe_finds_nothing(visitor: Page, world: World, who: str, language: str) -> None:
    mailed = links_in_mails(world.data / "mail") if who == "nobody" else []
    starts = enter(visitor, who) + mailed
    speak(visitor, language)
    findings, count = {}, 0
    for count, address in enumerate(pages_from(visitor, starts), start=1):  # noqa: B007  # how many there were
        assert visitor.locator("html").get_attribute("lang") == language, address
        findings |= {f"{address} {theme}": bad for theme, bad in in_both_themes(visitor) if bad}
    assert count > 5
    assert findings == {}


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", [*PEOPLE, *ELSEWHERE])
def test_axe_finds_nothing_in_any_language(visitor: Page, world: World, who: str, language: str) -> None:
    test_axe_finds_nothing(visitor, world, who, language)
