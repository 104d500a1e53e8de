"""VE-03, PR-02: whatever people, dealers and the operator do in whatever order, a van's profile is the union of its
active assignments, and nothing runs on a van or for a company that nobody vouched for."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import pytest

from kolonne.portal.commerce import actions
from kolonne.portal.commerce.catalogue import products, union
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, Order, OrderItem, OrderState, Profile
from kolonne.portal.commerce.tests.test_orders import DEALER, set_verified
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies import hooks
from kolonne.portal.companies.models import Company
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.errors import KolonneError, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Vehicle

Row = TypeVar("Row")
pytestmark = pytest.mark.django_db
STEPS = 60
CODES = sorted(code for code, product in products().items() if not product.equipment)
"""What vans without anything special can have."""


class World:
    """A company, its vans, and everything that can happen to its orders."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.company = companies.create_company(actor=SYSTEM, name=f"Random {seed} AS", market="no")
        set_verified(self.company, Verification.UNVERIFIED)
        self.added = 0
        self.by_hand: set[tuple[int, str]] = set()
        """What the operator's command line assigned: it asks no dealer."""

    def acts(self) -> list[Callable[[], None]]:
        return [self.add, self.place, self.accept, self.complete, self.withdraw, self.verify, self.doubt, self.check,
                self.refuse, self.remove, self.end, self.assign, self.go_on, self.place, self.accept]  # fmt: skip

    def van(self) -> Vehicle:
        return self.one_of(list(Vehicle.objects.filter(company=self.company).order_by("pk")))

    def order(self) -> Order:
        return self.one_of(list(Order.objects.filter(company=self.company).order_by("pk")))

    def one_of(self, rows: list[Row]) -> Row:
        if not rows:
            raise NotFound("row")
        return self.chance.choice(rows)

    def add(self) -> None:
        self.added += 1
        vin = f"WK0RAND{self.company.pk % 10000:04}{self.added:06}"
        drive = self.chance.choice(["electric", "diesel"])
        vehicles.add_vehicle(actor=SYSTEM, company=self.company, vin=vin, data=vehicles.VehicleData(drive=drive))

    def place(self) -> None:
        wanted = self.chance.sample(CODES, 2)
        vans = {self.van(), self.van()}
        actions.place_order(actor=SYSTEM, company=self.company, wanted=wanted, vehicles=vans)

    def accept(self) -> None:
        actions.accept_terms(actor=SYSTEM, order=self.order())

    def complete(self) -> None:
        actions.complete_order(actor=SYSTEM, order=self.order())

    def withdraw(self) -> None:
        actions.withdraw_order(actor=SYSTEM, order=self.order())

    def verify(self) -> None:
        set_verified(self.company, Verification.VERIFIED)
        self.go_on()

    def doubt(self) -> None:
        set_verified(self.company, Verification.UNVERIFIED)

    def check(self) -> None:
        vehicles.note_check(actor=DEALER, vehicle=self.van(), verified=True)
        self.go_on()

    def refuse(self) -> None:
        vehicles.note_check(actor=DEALER, vehicle=self.van(), verified=False, reason="other papers")

    def remove(self) -> None:
        vehicles.remove_vehicle(actor=SYSTEM, vehicle=self.van())

    def end(self) -> None:
        running = list(Assignment.objects.filter(company=self.company, ended_at=None).order_by("pk"))
        if running:
            chosen = self.chance.choice(running)
            actions.end_product(actor=SYSTEM, vehicle=chosen.vehicle, product=chosen.product)

    def assign(self) -> None:
        van, product = self.van(), self.chance.choice(CODES)
        actions.assign_product(actor=SYSTEM, vehicle=van, product=product)
        self.by_hand.add((van.pk, product))

    def go_on(self) -> None:
        hooks.go_on(DEALER, Company.objects.get(pk=self.company.pk))

    def check_everything(self) -> None:
        running = Assignment.objects.filter(company=self.company, ended_at=None)
        for van in Vehicle.objects.filter(company=self.company):
            names = set(running.filter(vehicle=van).values_list("product", flat=True))
            wanted = union(products()[name] for name in names)
            profile = Profile.objects.filter(vehicle=van).first()
            assert (profile.signals if profile else {}) == wanted.signals
            assert (profile.commands if profile else []) == sorted(wanted.commands)
        began = OrderItem.objects.filter(company=self.company).exclude(done_at=None)
        assert not began.exclude(order__state=OrderState.DONE).exists()
        contracts = Contract.objects.filter(company=self.company)
        done = Order.objects.filter(company=self.company, state=OrderState.DONE)
        assert contracts.exclude(orders=None).count() == done.count()
        for contract in contracts.exclude(state=ContractState.ENDED).filter(assignments__isnull=False):
            waits = OrderItem.objects.filter(order__contract=contract, done_at=None).exists()
            assert waits or contract.assignments.filter(ended_at=None).exists()
        assert not Order.objects.filter(company=self.company, state=OrderState.DONE, contract=None).exists()
        assert not Order.objects.filter(company=self.company, state=OrderState.DONE, terms_accepted_at=None).exists()
        ordered = set(began.values_list("vehicle", "product"))
        assert set(running.values_list("vehicle", "product")) <= ordered | self.by_hand


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_profile_is_the_union_of_what_runs(seed: int) -> None:
    world = World(seed)
    with company_scope([world.company.pk]):
        for _ in range(STEPS):
            with suppress(KolonneError):  # refused: then nothing changed, which the next line sees
                world.chance.choice(world.acts())()
            world.check_everything()
        assert Assignment.objects.filter(company=world.company).exists()
