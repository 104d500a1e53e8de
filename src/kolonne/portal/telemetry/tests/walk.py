"""Two companies, vans that change hands, devices that lag, repeat and have wrong clocks: what can happen to them.

The walk keeps its own notes of what was allowed when, so that it does not believe the tables that ingest reads.
"""

import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from kolonne.portal.commerce import actions as commerce
from kolonne.portal.commerce.actions.clock import advance_company
from kolonne.portal.commerce.catalogue import products, union
from kolonne.portal.commerce.models import Assignment
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle

SYSTEM = Actor.system("walk")
PRODUCTS = ("vehicle-supervision", "remote-access", "maintenance", "driving-style", "driver-services")
READINGS: tuple[dict[str, Any], ...] = (
    {"speed": 43.0, "lat": 59.9, "lon": 10.7},
    {"locked": True, "odometer": 1200},
    {"soc": 61.5, "moving": True, "ignition": "ON"},
    {"locked": False, "speed": 0.0, "fuel_rate": 7.5},
)
PROVIDES: tuple[tuple[str, ...], ...] = ((), (), ("group:position", "speed"), ("group:body", "soc"))
CLOCKS_MS = (0, 0, 0, -500, 3_000, 3_600_000, -3_600_000, -86_400_000 * 20_000, 86_400_000 * 30)
"""The last two are implausible: readings then count with the time of receipt."""
AROUND_MS = (-1, -5, -20, -200, -3_000, 0, 1, 5, 20)
ACTS = (
    *("add",) * 4, "remove", *("assign",) * 6, *("end",) * 3, "cancel", "expire", *("enrol",) * 6, "revoke", "wipe",
    "set_clock", *("measure",) * 8, *("find_old",) * 4,
)  # fmt: skip
"""Each as often as it shall come."""


@dataclass
class Device:
    """A module's outbox: points are numbered, and kept until they are acknowledged."""

    serial: str
    epoch: int = 1
    first: int = 1
    points: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    dropped: int = 0
    clock_ms: int = 0

    def message(self) -> tuple[bytes, bytes]:
        told = {"e": f"{self.serial}E{self.epoch}", "s": self.first, "p": self.points[:50], "d": self.dropped}
        return f"m.{self.serial}.up.telemetry".encode(), json.dumps(told).encode()

    def hear(self, epoch: str, sequence: int) -> int:
        """How many readings were acknowledged."""
        if epoch != f"{self.serial}E{self.epoch}":
            return 0
        gone = max(0, sequence - self.first + 1)
        if gone == 0:
            self.dropped = self.first - 1 - sequence
            return 0
        count = sum(len(readings) for _, readings in self.points[:gone])
        self.first, self.points, self.dropped = self.first + gone, self.points[gone:], 0
        return count

    def wipe(self) -> None:
        self.epoch, self.first, self.points, self.dropped = self.epoch + 1, 1, [], 0


@dataclass
class Span:
    """What was allowed of a van, and the two moments between which that began."""

    before_ms: float
    after_ms: float
    allowed: frozenset[str]


@dataclass
class Van:
    row: Vehicle
    spans: list[Span]
    left_ms: float = float("inf")
    """The moment after its removal."""

    def might_store(self, t_ms: float, signal: str) -> bool:
        """By the notes alone: was it allowed at that time, give or take the moment in which it changed?"""
        if t_ms > self.left_ms:
            return False
        last = [span for span in self.spans if span.after_ms <= t_ms][-1:]
        changing = [span for span in self.spans if span.before_ms <= t_ms < span.after_ms]
        return any(signal in span.allowed for span in [*last, *changing])


class Walk:
    """What can happen; `chance` draws the particulars of each act."""

    chance: random.Random

    def __init__(self) -> None:
        self.companies = [self._company(f"Walk {name}") for name in "AB"]
        self.vins = [f"WK0WALK{self.companies[0].pk % 100_000:05}{i:05}" for i in range(2)]
        self.devices = [Device(f"WALK{self.companies[0].pk:06}{i:04}") for i in range(3)]
        self.vans: list[Van] = []
        self.began_ms = _now_ms()

    def _company(self, name: str) -> Company:
        return companies.create_company(actor=SYSTEM, name=name, market="no")

    @property
    def present(self) -> list[Van]:
        return [van for van in self.vans if van.left_ms == float("inf")]

    def act(self, name: str) -> None:
        """One of ACTS, committed. Raises what it raises."""
        with transaction.atomic(), company_scope([company.pk for company in self.companies]):
            getattr(self, name)()

    def begin(self) -> None:
        """One van with a module and services, so that there is something to lose."""
        self.chance = random.Random(0)
        with transaction.atomic(), company_scope([company.pk for company in self.companies]):
            self.add()
            (van,) = self.vans
            with self._noting(van):
                for product in PRODUCTS[:3]:
                    commerce.assign_product(actor=SYSTEM, vehicle=van.row, product=product)
            vehicles.enrol_module(actor=SYSTEM, vehicle=van.row, serial=self.devices[0].serial)

    def add(self) -> None:
        company, vin = self.chance.choice(self.companies), self.chance.choice(self.vins)
        before = _now_ms()
        row = vehicles.add_vehicle(actor=SYSTEM, company=company, vin=vin)
        self.vans.append(Van(row, [Span(before, _now_ms(), frozenset())]))

    def remove(self) -> None:
        van = self._one()
        is_kept = vehicles.remove_vehicle(actor=SYSTEM, vehicle=van.row)
        if is_kept:
            van.left_ms = _now_ms()
            van.row.refresh_from_db()
        else:
            self.vans.remove(van)

    def assign(self) -> None:
        van, product = self._one(), self.chance.choice(PRODUCTS)
        with self._noting(van):
            commerce.assign_product(actor=SYSTEM, vehicle=van.row, product=product)

    def end(self) -> None:
        van = self._one()
        product = self.chance.choice(PRODUCTS)
        with self._noting(van):
            commerce.end_product(actor=SYSTEM, vehicle=van.row, product=product)

    def cancel(self) -> None:
        van = self._one()
        lines = list(Assignment.objects.filter(vehicle=van.row, ended_at=None).values_list("pk", flat=True))
        if lines:
            company = Company.objects.get(pk=van.row.company_id)
            commerce.cancel_lines(actor=SYSTEM, company=company, lines=lines[:1])

    def expire(self) -> None:
        company = self.chance.choice(self.companies)
        vans, before = [van for van in self.present if van.row.company_id == company.pk], _now_ms()
        advance_company(actor=SYSTEM, company_id=company.pk, now=datetime.now(UTC) + timedelta(days=100))
        for van in vans:
            self._note(van, before)

    def enrol(self) -> None:
        van, device = self._one(), self.chance.choice(self.devices)
        provides = self.chance.choice(PROVIDES)
        vehicles.enrol_module(actor=SYSTEM, vehicle=van.row, serial=device.serial, rank=None, provides=provides)

    def revoke(self) -> None:
        modules = list(Module.objects.filter(vehicle=self._one().row, status=ModuleStatus.ACTIVE).order_by("pk"))
        if modules:
            vehicles.revoke_module(actor=SYSTEM, module=self.chance.choice(modules))

    def wipe(self) -> None:
        self.chance.choice(self.devices).wipe()

    def set_clock(self) -> None:
        self.chance.choice(self.devices).clock_ms = self.chance.choice(CLOCKS_MS)

    def measure(self) -> None:
        device = self.chance.choice(self.devices)
        t_ms = max(0, int(_now_ms()) + device.clock_ms)
        device.points += [(t_ms, dict(self.chance.choice(READINGS))) for _ in range(self.chance.randint(1, 3))]

    def find_old(self) -> None:
        """A reading that was never sent, of about the time at which something began or ended for a van."""
        device = self.chance.choice(self.devices)
        moments = [van.left_ms for van in self.vans if van not in self.present]
        moments += [span.after_ms for van in self.vans for span in van.spans]
        moments += [span.before_ms for van in self.vans for span in van.spans]
        t_ms = int(self.chance.choice(moments or [self.began_ms])) + self.chance.choice(AROUND_MS)
        device.points.append((t_ms, dict(self.chance.choice(READINGS))))

    def _one(self) -> Van:
        """A van that is there, nearly always; acts on one that is gone are refused."""
        there = self.present if self.chance.random() < 0.95 else self.vans
        return self.chance.choice(there or [Van(Vehicle(pk=0, company_id=self.companies[0].pk), [])])

    def _noting(self, van: Van) -> "_Noting":
        return _Noting(self, van, _now_ms())

    def _note(self, van: Van, before_ms: float) -> None:
        van.spans.append(Span(before_ms, _now_ms(), frozenset(allowed_now(van.row))))


@dataclass
class _Noting:
    walk: Walk
    van: Van
    before_ms: float

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.walk._note(self.van, self.before_ms)


def allowed_now(row: Vehicle) -> dict[str, float]:
    """The union of the services of what runs on a van."""
    running = Assignment.objects.filter(vehicle_id=row.pk, ended_at=None).values_list("product", flat=True)
    return union(products()[name] for name in running).signals


def _now_ms() -> float:
    return time.time() * 1000
