"""CO-04: whatever twenty people do to each other at once, an administrator who can sign in is left.

Real connections and committed rows: each thread is a browser of its own.
"""

import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.companies.actions import people
from kolonne.portal.companies.actions.handing_over import hand_over
from kolonne.portal.companies.actions.invitations import Invitee, invite
from kolonne.portal.companies.actions.joining import join
from kolonne.portal.companies.models import Channel, Company, Membership, Role, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import forget_committed
from kolonne.portal.identity.models import OPEN_STATES, User, Verification
from kolonne.portal.lib import sealing
from kolonne.portal.lib.errors import KolonneError
from kolonne.portal.lib.scope import company_scope

MANY = 20
PATIENCE_S = 60
Act = Callable[[User, Membership], object]

ACTS: dict[str, Act] = {
    "demote": lambda by, at: people.change_roles(actor=actor_of(by), membership=at, roles=[Role.DRIVER]),
    "delete": lambda by, at: people.delete_person(actor=actor_of(by), user=at.user),
    "block": lambda by, at: people.block(actor=actor_of(by), user=at.user),
    "take out": lambda by, at: people.remove_member(actor=actor_of(by), membership=at),
    "hand over": lambda by, at: hand_over(actor=actor_of(by), to=at, leave=True),
}


@pytest.fixture
def crowd(
    django_db_setup: None, django_db_blocker: Any, admin: "psycopg.Connection[tuple[Any, ...]]"
) -> Iterator[tuple[Company, list[Membership]]]:
    """A company with twenty administrators that other connections see too."""
    with django_db_blocker.unblock():
        before = ProcrastinateJob.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        tenant = Tenant.objects.create(market_id="no")
        with company_scope([tenant.pk]):
            company = Company.objects.create(company=tenant, name="Race AS")
        users = [User.objects.create(username=f"crowd{number}", market_id="no") for number in range(MANY)]
        with company_scope([tenant.pk]):
            made = [Membership.objects.create(company=company, user=user, roles=["administrator"]) for user in users]
        yield company, made
        connection.close()
        with admin.transaction():  # what was queued by it would count in the next tests
            admin.execute("DELETE FROM procrastinate_events WHERE job_id > %s", [before])
            admin.execute("DELETE FROM procrastinate_jobs WHERE id > %s", [before])
        forget_committed(admin, company, users)


def at_once(acts: list[Callable[[], object]]) -> list[str]:
    """All of them from one moment on, each on a connection of its own; what became of each."""
    start = threading.Barrier(len(acts))
    outcome: list[str] = []

    def one(act: Callable[[], object]) -> None:
        try:
            start.wait(PATIENCE_S)
            act()
            outcome.append("done")
        except KolonneError as refusal:
            outcome.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not any(thread.is_alive() for thread in threads)
    return outcome


def administrators_left(company: Company) -> int:
    with company_scope([company.pk]):
        rows = Membership.objects.filter(company=company, roles__contains=[Role.ADMINISTRATOR])
        return rows.filter(user__state__in=OPEN_STATES).count()


@pytest.mark.parametrize("kind", ["demote", "delete", "block"])
def test_twenty_who_act_on_each_other_in_a_ring_leave_one(kind: str, crowd: tuple[Company, list[Membership]]) -> None:
    """Each has his successor in the ring: without the lock every one of them would see somebody left."""
    company, members = crowd
    ring = [*members[1:], members[0]]
    acts: list[Callable[[], object]] = [partial(ACTS[kind], by.user, at) for by, at in zip(members, ring, strict=True)]
    outcome = at_once(acts)
    assert len(outcome) == MANY
    assert set(outcome) <= {"done", "last_administrator", "not_allowed", "wrong_state", "not_found"}
    assert administrators_left(company) >= 1
    if "last_administrator" not in outcome:
        assert "not_allowed" in outcome or outcome.count("done") < MANY


def test_everything_at_once(crowd: tuple[Company, list[Membership]]) -> None:
    """Demote, delete, block, take out, hand over, whoever to whomever."""
    company, members = crowd
    dice = random.Random(7)
    for _ in range(3):
        acts: list[Callable[[], object]] = []
        for by in members:
            at, kind = dice.choice([one for one in members if one is not by]), dice.choice(sorted(ACTS))
            acts.append(partial(ACTS[kind], by.user, at))
        at_once(acts)
        assert administrators_left(company) >= 1


def test_the_last_two_who_remove_each_other_twenty_times_leave_one(crowd: tuple[Company, list[Membership]]) -> None:
    company, (first, second, *others) = crowd
    with company_scope([company.pk]):
        Membership.objects.filter(pk__in=[one.pk for one in others]).update(roles=[Role.DRIVER])
    acts: list[Callable[[], object]] = []
    for number in range(MANY // 2):
        kind = ("demote", "block")[number % 2]
        acts.append(partial(ACTS[kind], first.user, second))
        acts.append(partial(ACTS[kind], second.user, first))
    outcome = at_once(acts)
    assert outcome.count("done") >= 1
    assert administrators_left(company) == 1


def test_one_invitation_brings_one_person_in(
    crowd: tuple[Company, list[Membership]], admin: "psycopg.Connection[tuple[Any, ...]]"
) -> None:
    """CO-05: twenty people with one link."""
    company, members = crowd
    guests = [User.objects.create(username=f"guest{number}", market_id="no") for number in range(MANY)]
    with company_scope([company.pk]):
        Company.objects.update(verification=Verification.VERIFIED)
        verified = Company.objects.select_related("company").get(pk=company.pk)
    invitee = Invitee(Channel.MAIL, "ida@example.com")
    try:
        invite(actor=actor_of(members[0].user), company=verified, invitee=invitee, roles=[Role.DRIVER])
        job = ProcrastinateJob.objects.filter(task_name="companies.send_invitation").latest("pk")
        token = sealing.unseal(job.args["sealed"])
        outcome = at_once([partial(join, actor=actor_of(user), token=token) for user in guests])
        assert sorted(outcome) == ["done", *["used"] * (MANY - 1)]
        with company_scope([company.pk]):
            assert Membership.objects.filter(user__in=guests).count() == 1
    finally:
        connection.close()
        forget_committed(admin, company, guests)
