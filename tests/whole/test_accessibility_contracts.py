"""NF-01, NF-02: axe finds nothing where a company buys, and where its vans come, go and speak (PR-*, VH-*)."""

import pytest
from playwright.sync_api import Page

from tests.whole.accessibility import Walk
from tests.whole.conftest import World
from tests.whole.contract_ways import buying, deciding, merging
from tests.whole.test_accessibility_steps import LANGUAGES, Way
from tests.whole.van_ways import claimed, coming, handed_over, spoken_for

pytestmark = pytest.mark.browser
WAYS: dict[Way, tuple[str, str]] = {
    buying: ("de", "light"),
    claimed: ("nb", "light"),
    spoken_for: ("nb", "dark"),
    merging: ("de", "dark"),
}
"""In one language and one theme; the long run looks at all of them, and at more."""
LONG_WAYS: list[Way] = [*WAYS, deciding, coming, handed_over]


@pytest.mark.parametrize(("way", "looks"), WAYS.items(), ids=[way.__name__ for way in WAYS])
def test_axe_finds_nothing_from_products_to_removed_vans(
    visitor: Page, world: World, way: Way, looks: tuple[str, str]
) -> None:
    language, theme = looks
    walk = Walk(visitor, language, (theme,))
    way(walk, world)
    assert walk.findings == {}


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", LONG_WAYS, ids=lambda way: way.__name__)
@pytest.mark.timeout(600)
def test_axe_finds_nothing_from_products_to_removed_vans_in_any_language(
    visitor: Page, world: World, way: Way, language: str
) -> None:
    walk = Walk(visitor, language)
    way(walk, world)
    assert walk.findings == {}
