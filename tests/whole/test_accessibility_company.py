"""NF-01, NF-02: axe finds nothing on the ways of the company account (CO-01 to CO-10, VE-01 to VE-05, SU-01, SU-02)."""

import pytest
from playwright.sync_api import Page

from tests.whole.accessibility import Walk
from tests.whole.account_ways import data_of_a_company, end_of_a_company, help_in_a_name, invitations, recovery
from tests.whole.company_ways import check_from_afar, company_begins, private_person_registers
from tests.whole.conftest import World
from tests.whole.test_accessibility_steps import LANGUAGES, Way

pytestmark = pytest.mark.browser
WAYS: dict[Way, str] = {
    company_begins: "de",
    private_person_registers: "nb",
    invitations: "nb",
    help_in_a_name: "de",
    data_of_a_company: "nb",
    end_of_a_company: "de",
    recovery: "nb",
}
LONG_WAYS: list[Way] = [*WAYS, check_from_afar]


@pytest.mark.parametrize(("way", "language"), WAYS.items(), ids=[way.__name__ for way in WAYS])
def test_axe_finds_nothing_in_the_company_account(visitor: Page, world: World, way: Way, language: str) -> None:
    walk = Walk(visitor, language)
    way(walk, world)
    assert walk.findings == {}


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", LONG_WAYS, ids=lambda way: way.__name__)
def test_axe_finds_nothing_in_the_company_account_in_any_language(
    visitor: Page, world: World, way: Way, language: str
) -> None:
    test_axe_finds_nothing_in_the_company_account(visitor, world, way, language)
