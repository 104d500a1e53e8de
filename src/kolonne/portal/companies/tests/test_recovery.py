"""CO-10: a company that nobody administers any more gets an administrator again, and everybody concerned can object."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions.recovery import (
    RECOVERY_WAIT,
    Voucher,
    finish_recoveries,
    open_recovery,
    stop_recovery,
)
from kolonne.portal.companies.models import Company, Membership, Recovery, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.recovery import is_orphaned
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import BORN
from kolonne.portal.conftest import House, person
from kolonne.portal.identity.models import State, User, Verification
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.sweep import body_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def dealer(ours: House) -> Company:
    """The partner of our company."""
    cache.clear()
    found = desk.a_dealer("Bergen Varebil AS")
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(partner=found.pk)
        ours.company.refresh_from_db()
    return found


@pytest.fixture
def dagny(dealer: Company) -> User:
    return person("dagny", dealer, Role.DEALER_EMPLOYEE)


@pytest.fixture
def orphaned(ours: House, alice: User, bob: User) -> Company:
    """Alice cannot sign in any more; Bob manages the vans and has shown who he is."""
    User.objects.filter(pk=alice.pk).update(state=State.BLOCKED)
    desk.born(bob)
    return ours.company


def voucher(user: User, **changes: Any) -> Voucher:
    expires_on = timezone.localdate() + timedelta(days=90)
    whole = Voucher(PersonalData.of(user), "passport", expires_on, "Managing director by the register")
    return replace(whole, **changes)


def recover(actor: Actor, company: Company, user: User, **changes: Any) -> Recovery:
    dealer_id = actor.company_ids[0]
    return open_recovery(actor=actor, dealer_id=dealer_id, company=company, user=user, voucher=voucher(user, **changes))


def finish(days: float) -> int:
    return finish_recoveries(actor=Actor.system("recovery"), now=timezone.now() + timedelta(days=days))


def roles_of(user: User, company: Company) -> list[str]:
    with company_scope([company.pk]):
        return [role for row in Membership.objects.filter(user=user, company=company) for role in row.roles]


def told(mail: str) -> set[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail", args__mail=mail)
    return set(jobs.values_list("args__user_id", flat=True))


def test_after_the_waiting_period_the_person_administers_the_company(
    orphaned: Company, dagny: User, alice: User, bob: User, dora: User, nora: User, greta: User
) -> None:
    recovery = recover(actor_of(dagny), orphaned, bob)
    assert told("recovery_opened") == {alice.pk, bob.pk, dora.pk, nora.pk}
    bob.refresh_from_db()
    assert bob.verification == Verification.VERIFIED
    assert finish(RECOVERY_WAIT.days - 0.1) == 0
    assert roles_of(bob, orphaned) == [Role.FLEET_MANAGER]
    assert finish(RECOVERY_WAIT.days + 0.1) == 1
    assert finish(RECOVERY_WAIT.days + 0.2) == 0
    assert roles_of(bob, orphaned) == [Role.ADMINISTRATOR, Role.FLEET_MANAGER]
    assert not is_orphaned(orphaned)
    assert told("recovery_done") == {alice.pk, bob.pk, dora.pk, nora.pk}
    with company_scope([orphaned.pk]):
        verbs = list(Entry.objects.filter(target=f"companies.recovery:{recovery.pk}").values_list("verb", flat=True))
    assert sorted(verbs) == ["companies.recovery.done", "companies.recovery.opened"]


def test_somebody_who_was_no_member_is_taken_in(orphaned: Company, dagny: User, sam: User) -> None:
    recover(actor_of(dagny), orphaned, desk.born(sam))
    finish(RECOVERY_WAIT.days + 1)
    assert roles_of(sam, orphaned) == [Role.ADMINISTRATOR]


def test_an_administrator_who_is_back_or_the_market_stops_it(
    orphaned: Company, dagny: User, alice: User, bob: User, dora: User, nora: User, greta: User
) -> None:
    recovery = recover(actor_of(dagny), orphaned, bob)
    for stranger in (dora, greta, dagny):
        with pytest.raises(NotAllowed):
            stop_recovery(actor=actor_of(stranger), recovery=recovery)
    stop_recovery(actor=actor_of(nora), recovery=recovery)
    with pytest.raises(Conflict):
        stop_recovery(actor=actor_of(nora), recovery=recovery)
    second = recover(actor_of(dagny), orphaned, bob)
    User.objects.filter(pk=alice.pk).update(state=State.ACTIVE)
    alice.refresh_from_db()
    stop_recovery(actor=actor_of(alice), recovery=second)
    assert finish(RECOVERY_WAIT.days + 1) == 0
    assert roles_of(bob, orphaned) == [Role.FLEET_MANAGER]


def test_it_ends_by_itself_when_somebody_administers_the_company_again(
    orphaned: Company, dagny: User, alice: User, bob: User
) -> None:
    recover(actor_of(dagny), orphaned, bob)
    User.objects.filter(pk=alice.pk).update(state=State.ACTIVE)
    assert finish(RECOVERY_WAIT.days + 1) == 0
    assert roles_of(bob, orphaned) == [Role.FLEET_MANAGER]
    with company_scope([orphaned.pk]):
        assert Recovery.objects.get().stopped_by == "recovery"


def test_only_an_orphaned_customer_is_recovered_once_and_not_by_its_own_people(
    ours: House, theirs: House, alice: User, charlie: User, bob: User, dealer: Company, dagny: User
) -> None:
    actor = actor_of(dagny)
    desk.born(bob)
    with pytest.raises(Conflict) as refused:
        recover(actor, ours.company, bob)
    assert refused.value.code == "not_orphaned"
    with pytest.raises(NotFound):
        recover(actor, theirs.company, bob)
    User.objects.filter(pk=alice.pk).update(state=State.BLOCKED)
    with pytest.raises(NotAllowed):
        open_recovery(
            actor=actor_of(bob), dealer_id=dealer.pk, company=ours.company, user=charlie, voucher=voucher(charlie)
        )
    with pytest.raises(Conflict) as refused:
        recover(actor, ours.company, desk.born(dagny))
    assert refused.value.code == "own_case"
    recover(actor, ours.company, bob)
    with pytest.raises(Conflict) as refused:
        recover(actor, ours.company, bob)
    assert refused.value.code == "recovery_runs"


@pytest.mark.parametrize(
    "changes",
    [
        {"document": "library_card"},
        {"expires_on": timezone.localdate() - timedelta(days=1)},
        {"typed": PersonalData("Bob", "Other", BORN)},
        {"reason": " "},
    ],
)
def test_a_document_that_does_not_fit_begins_nothing(
    orphaned: Company, dagny: User, bob: User, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        recover(actor_of(dagny), orphaned, bob, **changes)
    with company_scope([orphaned.pk]):
        assert not Recovery.objects.exists()


def test_the_pages(
    orphaned: Company, dagny: User, bob: User, nora: User, greta: User, dora: User, signed_in: SignIn
) -> None:
    client = signed_in(dagny)
    address = f"/customers/{orphaned.pk}/"
    assert "Recover it" in body_of(client.get(address))
    form = {
        "person": "nobody.here", "document": "passport", "first_name": "Bob", "last_name": "Test",
        "birth_date": BORN.isoformat(), "reason": "Managing director",
        "expires_on": (timezone.localdate() + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    assert "Nobody with these data" in body_of(client.post(address + "recovery/", form))
    assert client.post(address + "recovery/", form | {"person": bob.email})["Location"] == address
    assert "becomes administrator on" in body_of(client.get(address))
    with company_scope([orphaned.pk]):
        page = f"/recoveries/{Recovery.objects.get().pk}/"
    for stranger in (greta, dora, dagny):
        assert signed_in(stranger).get(page).status_code == 404
    market = signed_in(nora)
    assert "Stop the recovery" in body_of(market.get(page))
    market.post(page)
    assert "Stopped by Nora Test" in body_of(market.get(page))


def test_a_company_with_an_administrator_has_no_recovery_page(
    ours: House, alice: User, dagny: User, signed_in: SignIn
) -> None:
    assert signed_in(dagny).get(f"/customers/{ours.company.pk}/recovery/").status_code == 404
