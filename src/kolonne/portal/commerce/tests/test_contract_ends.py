"""PR-04, PR-06: nobody ends a service earlier, or keeps one longer for nothing, than was agreed."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from kolonne.portal.commerce import actions, outlook
from kolonne.portal.commerce.models import Assignment
from kolonne.portal.commerce.periods import end_of_months
from kolonne.portal.commerce.tests.test_contract_life import DAY, OSLO, START, buy, fresh, go_to
from kolonne.portal.commerce.tests.test_order_pages import SignIn
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import ActingFor
from kolonne.portal.lib.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
ZONE = "Europe/Oslo"


def paid_line(house: House) -> Assignment:
    return Assignment.objects.get(vehicle=house.vehicle, product="remote-access")


def test_notice_for_a_day_far_away_is_none_for_a_nearer_one(our_scope: House) -> None:
    """Else one act on the first day would make every later end possible at once."""
    line, company = paid_line(our_scope), our_scope.company
    far, later = date(2035, 12, 31), START + timedelta(days=400)
    actions.set_common_end(actor=SYSTEM, company=company, lines=[line.pk], day=far, now=START)
    with pytest.raises(Conflict, match="no service can end"):
        actions.set_common_end(actor=SYSTEM, company=company, lines=[line.pk], day=later.date() + DAY, now=later)
    allowed = end_of_months(later, line.notice_months, ZONE)
    nearer = (allowed - DAY).astimezone(OSLO).date()
    actions.set_common_end(actor=SYSTEM, company=company, lines=[line.pk], day=nearer, now=later)
    assert fresh(line).ends_at == allowed
    actions.set_common_end(actor=SYSTEM, company=company, lines=[line.pk], day=far, now=later)
    assert fresh(line).ends_at == datetime(2036, 1, 1, tzinfo=OSLO), "later is always possible"


@pytest.mark.parametrize("hours", [1, 24 * 40])
def test_a_trial_that_is_over_is_paid_for_although_the_job_is_late(our_scope: House, hours: int) -> None:
    [line] = buy(our_scope, "maintenance", converts=True)
    assert line.trial_until is not None
    company, late = our_scope.company, line.trial_until + timedelta(hours=hours)
    with pytest.raises(Conflict, match="on trial any more"):
        actions.choose_after_trial(actor=SYSTEM, company=company, lines=[line.pk], converts=False, now=late)
    with pytest.raises(Conflict, match="only trials"):
        actions.cancel_lines(actor=SYSTEM, company=company, lines=[line.pk], at_once=True, now=late)
    [group] = outlook.of(outlook.CANCEL, [fresh(line)], ZONE, late).groups
    assert "paid for until" in group.text
    actions.cancel_lines(actor=SYSTEM, company=company, lines=[line.pk], now=late)
    end = end_of_months(late, line.notice_months, ZONE)
    assert (fresh(line).state, fresh(line).ends_at) == ("notice", end)
    go_to(late)
    assert fresh(line).ended_at is None
    go_to(end)
    assert fresh(line).ended_at == end


def test_what_is_over_cannot_be_prolonged_while_the_job_is_late(our_scope: House) -> None:
    line, company = paid_line(our_scope), our_scope.company
    actions.cancel_lines(actor=SYSTEM, company=company, lines=[line.pk], now=START)
    end = fresh(line).ends_at
    assert end is not None
    late = end + timedelta(days=3)
    with pytest.raises(Conflict):
        actions.set_common_end(actor=SYSTEM, company=company, lines=[line.pk], day=date(2027, 1, 1), now=late)
    assert outlook.of(outlook.KEEP, [fresh(line)], ZONE, late).chosen == []
    go_to(late)
    assert fresh(line).ended_at == end


def test_a_helper_prolongs_nothing(our_scope: House, alice: User) -> None:
    """SU-03: a later end is paid for."""
    helper = replace(actor_of(alice), acting_for=ActingFor(alice.pk, str(alice), 1))
    line = paid_line(our_scope)
    actions.cancel_lines(actor=SYSTEM, company=our_scope.company, lines=[line.pk], now=START)
    with pytest.raises(Conflict, match="another's name"):
        actions.set_common_end(
            actor=helper, company=our_scope.company, lines=[line.pk], day=date(2040, 1, 1), now=START
        )


def test_a_day_beyond_the_calendar_is_refused_in_words(our_scope: House, alice: User, signed_in: SignIn) -> None:
    line, client = paid_line(our_scope), signed_in(alice)
    with pytest.raises(Invalid, match="too far"):
        actions.set_common_end(
            actor=SYSTEM, company=our_scope.company, lines=[line.pk], day=date(9999, 12, 31), now=START
        )
    asked = {"act": "end", "line": str(line.pk), "day": "9999-12-31"}
    for answer in (client.get("/contracts/services/", asked), client.post("/contracts/services/", asked)):
        assert answer.status_code == 409
        assert "too far away" in answer.content.decode()


def test_thousands_of_services_are_decided_about_at_once(our_scope: House, alice: User, signed_in: SignIn) -> None:
    """PR-06: the page that asks names each of them in its form."""
    line = paid_line(our_scope)
    asked = {"act": "cancel", "line": [line.pk] * 5000}
    assert signed_in(alice).post("/contracts/services/", asked).status_code == 302
    assert fresh(line).state == "notice"
