"""ID-05, ID-09: periods and support of a market, from the command line and by its administrator."""

import pytest

from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity.actions.markets import change_market, create_market
from kolonne.portal.identity.models import Market, User
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def test_a_market_is_made_once_and_only_for_a_country() -> None:
    assert create_market(actor=SYSTEM, code="SE").code == "se"
    with pytest.raises(Conflict):
        create_market(actor=SYSTEM, code="se")
    for code in ("", "xx", "swe", "1"):
        with pytest.raises(Invalid):
            create_market(actor=SYSTEM, code=code)


def test_its_administrator_changes_his_market_and_no_other(nora: User, greta: User, alice: User) -> None:
    norway = Market.objects.get(pk="no")
    changed = change_market(actor=actor_of(nora), market=norway, warn_days=50, support_email=" hjelp@kolonne.example ")
    assert (changed.warn_days, changed.lock_days, changed.support_email) == (50, 90, "hjelp@kolonne.example")
    for stranger in (greta, alice):
        with pytest.raises(NotAllowed):
            change_market(actor=actor_of(stranger), market=norway, warn_days=1)
    with pytest.raises(NotAllowed):
        create_market(actor=actor_of(nora), code="dk")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"warn_days": 0}, "warn_days"),
        ({"warn_days": -5}, "warn_days"),
        ({"warn_days": 90}, "lock_days"),
        ({"notice_days": 90}, "notice_days"),
        ({"delete_days": 100}, "delete_days"),
        ({"delete_days": 40_000}, "delete_days"),
        ({"support_email": "nobody"}, "support_email"),
        ({"support_phone": "1" * 31}, "support_phone"),
    ],
)
def test_values_that_make_no_sense_are_refused_with_a_remedy(changes: dict[str, int | str], field: str) -> None:
    norway = Market.objects.get(pk="no")
    with pytest.raises(Invalid) as refusal:
        change_market(actor=SYSTEM, market=norway, **changes)
    assert list(refusal.value.errors) == [field]
    norway.refresh_from_db()
    assert norway.warn_days == 60
