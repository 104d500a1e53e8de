"""PR-04, PR-06, VH-04: whatever is bought, cancelled, taken back and chosen in whatever order while time passes,
states, ends, sums and profiles agree, and nothing is paid for that nobody chose to pay for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kolonne.portal.commerce import actions, cockpit
from kolonne.portal.commerce.actions import clock
from kolonne.portal.commerce.catalogue import products, union
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, Profile
from kolonne.portal.commerce.periods import last_day
from kolonne.portal.commerce.tests.test_contract_life import START, buy
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import KolonneError

pytestmark = pytest.mark.django_db
PRODUCTS = ["maintenance", "driving-style", "driver-services"]
STEPS = ["buy", "buy_and_pay", "cancel", "cancel_now", "keep", "pay", "stop", "end", "wait", "wait_long"]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class World:
    """A company with one van, and a clock."""

    def __init__(self, house: House) -> None:
        self.house, self.now = house, START
        self.reader = Actor("reader", rights={house.company.pk: frozenset({"commerce.product:read"})})

    def line(self, number: int) -> list[int]:
        """One of all that ever were; actions on ended ones must be refused."""
        pks = list(Assignment.objects.order_by("pk").values_list("pk", flat=True))
        return [pks[number % len(pks)]]

    def step(self, name: str, number: int) -> None:
        facts = {"actor": SYSTEM, "company": self.house.company, "lines": self.line(number), "now": self.now}
        product = PRODUCTS[number % len(PRODUCTS)]
        day = last_day(self.now, "Europe/Oslo") + timedelta(days=40 * number)
        acts: dict[str, Callable[[], object]] = {
            "buy": lambda: buy(self.house, product, now=self.now),
            "buy_and_pay": lambda: buy(self.house, product, converts=True, now=self.now),
            "cancel": lambda: actions.cancel_lines(**facts),  # type: ignore[arg-type]
            "cancel_now": lambda: actions.cancel_lines(**facts, at_once=True),  # type: ignore[arg-type]
            "keep": lambda: actions.take_back_notice(**facts),  # type: ignore[arg-type]
            "pay": lambda: actions.choose_after_trial(**facts, converts=True),  # type: ignore[arg-type]
            "stop": lambda: actions.choose_after_trial(**facts, converts=False),  # type: ignore[arg-type]
            "end": lambda: actions.set_common_end(**facts, day=day),  # type: ignore[arg-type]
            "wait": lambda: self.wait(7 * number + 1),
            "wait_long": lambda: self.wait(100 + number),
        }
        with suppress(KolonneError), transaction.atomic():
            acts[name]()

    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        clock.advance_company(actor=SYSTEM, company_id=self.house.company.pk, now=self.now)

    def check(self) -> None:
        for line in Assignment.objects.all():
            check_line(line, self.now)
        for contract in Contract.objects.all():
            check_contract(contract)
        running = Assignment.objects.filter(ended_at=None)
        wanted = union(products()[code] for code in running.values_list("product", flat=True))
        profile = Profile.objects.get(vehicle=self.house.vehicle)
        assert (profile.signals, profile.commands) == (wanted.signals, sorted(wanted.commands))
        paid = running.filter(state__in=["active", "notice"])
        nok = sum((line.price for line in paid if line.contract.currency == "NOK"), Decimal(0))
        shown = cockpit.sums(cockpit.lines_of(self.reader, cockpit.Wanted())).now
        assert shown == (cockpit.words(nok, "NOK") if nok else "")


def check_line(line: Assignment, now: datetime) -> None:
    if line.state == ContractState.TRIAL:
        assert line.trial_until is not None
        assert line.trial_until > now
        assert line.ends_at is not None or line.converts
    elif line.state == ContractState.ACTIVE:
        assert (line.ends_at, line.notice_at) == (None, None)
    elif line.state == ContractState.NOTICE:
        assert line.notice_at is not None
        assert line.ends_at is not None
        assert line.ends_at > now
    else:
        assert line.ended_at is not None
        assert line.ended_at <= now
    if line.trial_until is not None and line.state in {ContractState.ACTIVE, ContractState.NOTICE}:
        assert line.converts, "nobody chose to pay for it"


def check_contract(contract: Contract) -> None:
    running = set(contract.assignments.filter(ended_at=None).values_list("state", flat=True))
    by_rank = [state for state in ("active", "trial", "notice") if state in running]
    assert contract.state == (by_rank[0] if by_rank else "ended")
    if not by_rank:
        ends = contract.assignments.values_list("ended_at", flat=True)
        assert contract.ended_at == max(end for end in ends if end is not None)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), min_size=5, max_size=25))
def test_whatever_happens_to_contracts_everything_agrees(our_scope: House, steps: list[tuple[str, int]]) -> None:
    with undone():
        world = World(our_scope)
        for name, number in steps:
            world.step(name, number)
            world.check()
