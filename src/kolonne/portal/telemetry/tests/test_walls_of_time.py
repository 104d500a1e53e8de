"""VH-03, VH-04, VH-05: whatever is bought, ended, removed, sold, enrolled, late or wrong about the time, in whatever
order: vans send what their services allow, nothing else is stored, and each company sees its own time only."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import msgspec
import psycopg
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import ProtectedError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kolonne.config import Config
from kolonne.portal.commerce import visibility
from kolonne.portal.commerce.actions.profiles import provides
from kolonne.portal.commerce.models import Assignment, ModuleProfile, Profile
from kolonne.portal.conftest import forget_committed
from kolonne.portal.lib.errors import KolonneError
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.telemetry import database, queries
from kolonne.portal.telemetry.ingest import store
from kolonne.portal.telemetry.ingest.binding import Bindings
from kolonne.portal.telemetry.ingest.broker import Broker
from kolonne.portal.telemetry.ingest.pipeline import Pipeline
from kolonne.portal.telemetry.tests.walk import ACTS, Device, Van, Walk, allowed_now
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle

Database = psycopg.Connection[tuple[Any, ...]]
_STORED = """
    SELECT vehicle_id, company_id, extract(epoch FROM least(ts, received)) * 1000, ext,
        lat, lon, altitude, heading, speed, soc, charge_power, outside_temperature, low_voltage,
        odometer, range, fuel_level
    FROM telemetry.sample WHERE vehicle_id = ANY (%s) AND received >= to_timestamp(%s)
"""
_SEEN = """
    SELECT 1 FROM telemetry.sample s WHERE vehicle_id = %s AND ts >= %s AND (ts < %s::timestamptz) IS NOT false AND (
        EXISTS (SELECT FROM jsonb_each(to_jsonb(s)) c WHERE c.key = ANY (%s) AND c.value <> 'null') OR ext ?| %s)
"""
_COLUMNS = (
    *("lat", "lon", "altitude", "heading", "speed", "soc", "charge_power", "outside_temperature", "low_voltage"),
    *("odometer", "range", "fuel_level"),
)


class Line(Broker):
    """A broker whose other end are the walk's devices."""

    def __init__(self) -> None:
        super().__init__("nats://127.0.0.1:1", "", "", "")
        self.acks: list[tuple[str, str, int]] = []

    def send(self, commands: bytes) -> bool:
        lines = iter(commands.split(b"\r\n")[:-1])
        for head in lines:
            subject, body = head.split()[1].decode(), msgspec.json.decode(next(lines))
            if subject.endswith(".down.ack"):
                self.acks.append((subject.split(".")[1], body["e"], body["s"]))
        return True


class Ingest:
    """The real drafter and the real transaction, on a connection of their own."""

    def __init__(self, platform: Config, runner: asyncio.Runner) -> None:
        self.line, self.bindings, self.runner = Line(), Bindings(), runner
        connect = database.connector(platform, "kolonne_ingest", name="walk")
        self.pipeline = Pipeline(self.line, self.bindings, connect)
        self.connection: store.Connection = runner.run(_opened(connect))
        self.hear_of_changes()

    def hear_of_changes(self) -> None:
        self.runner.run(self.bindings.reload(self.connection))

    def take(self, device: Device) -> int:
        """How many readings of the device were acknowledged."""
        self.line.acks.clear()
        self.runner.run(self.pipeline.flush(self.connection, [device.message()]))
        return sum(
            device.hear(epoch, sequence) for serial, epoch, sequence in self.line.acks if serial == device.serial
        )


class Watch:
    """What must hold after every step."""

    def __init__(self, walk: Walk, admin: Database) -> None:
        self.walk, self.admin = walk, admin
        self.counted = 0
        self.readings = Counter[str]()

    def check_modules(self) -> None:
        for van in self.walk.present:
            modules = list(Module.objects.filter(vehicle=van.row, status=ModuleStatus.ACTIVE).order_by("rank"))
            profile = Profile.objects.filter(vehicle=van.row).first()
            wanted = profile.signals if profile else {}
            assert wanted == allowed_now(van.row)
            shares = [share.signals if (share := _share(module)) else {} for module in modules]
            given = [name for share in shares for name in share]
            assert len(given) == len(set(given)), "two modules in charge of one signal"
            assert set(given) == {name for name in wanted if any(provides(module, name) for module in modules)}
        gone = Module.objects.filter(company_id__in=self._companies()).exclude(status=ModuleStatus.ACTIVE)
        assert not ModuleProfile.objects.filter(module__in=gone).exclude(signals={}).exists()
        removed = [van.row.pk for van in self.walk.vans if van not in self.walk.present]
        assert not Profile.objects.filter(vehicle__in=removed).exclude(signals={}).exists()
        assert not Assignment.objects.filter(vehicle__in=removed, ended_at=None).exists()

    def check_stored(self, since_s: float, acknowledged: int) -> None:
        """Every acknowledged reading is stored or counted as refused, and none is stored that was not allowed."""
        vans = {van.row.pk: van for van in self.walk.vans}
        stored = 0
        for vehicle_id, company_id, t_ms, ext, *values in self.admin.execute(_STORED, [list(vans), since_s]):
            names = [name for name, value in zip(_COLUMNS, values, strict=True) if value is not None] + list(ext or {})
            van, stored = vans[vehicle_id], stored + len(names)
            assert company_id == van.row.company_id
            for name in names:
                assert van.might_store(float(t_ms), name), f"{name} at {t_ms} of {van}"
        refused = self._refused(list(vans))
        assert stored + refused - self.counted == acknowledged
        self.readings.update(acknowledged=acknowledged, stored=stored, refused=refused - self.counted)
        self.counted = refused

    def check_sight(self) -> None:
        """Each company sees of each of its vans' rows what is stored of it, as far as active services go."""
        for company in self.walk.companies:
            active = [allowed_now(van.row) for van in self.walk.present if van.row.company_id == company.pk]
            visible = frozenset(name for signals in active for name in signals)
            assert visibility.sight(company.pk).signals == visible
            for van in [van for van in self.walk.vans if van.row.company_id == company.pk][-4:]:
                self._check_van(van, visible)

    def _check_van(self, van: Van, visible: frozenset[str]) -> None:
        row = Vehicle.ever.get(pk=van.row.pk)
        shown, window = queries.history(row, limit=queries.MAX_POINTS).points, visibility.van_window(row)
        assert all(point.signals.keys() <= visible for point in shown)
        assert all(window.since <= point.at and (window.until is None or point.at < window.until) for point in shown)
        state = queries.vehicle_state(row).signals
        assert state.keys() <= visible
        assert all({change.signal} <= visible for change in queries.transitions(row))
        stored = self.admin.execute(_SEEN, [row.pk, window.since, window.until, sorted(visible), list(visible)])
        assert len(shown) == min(len(stored.fetchall()), queries.MAX_POINTS)

    def _companies(self) -> list[int]:
        return [company.pk for company in self.walk.companies]

    def _refused(self, vans: list[int]) -> int:
        sql = "SELECT coalesce(sum(count), 0)::int FROM telemetry.refusal WHERE vehicle_id = ANY (%s)"
        row = self.admin.execute(sql, [vans]).fetchone()
        return int(row[0]) if row else 0


async def _opened(connect: database.Connect) -> store.Connection:
    return await connect()


def _share(module: Module) -> ModuleProfile | None:
    return ModuleProfile.objects.filter(module=module).first()


class Lives(RuleBasedStateMachine):
    """A walk of acts, messages and late news, looked at after each step."""

    def __init__(self, platform: Config, admin: Database, total: Counter[str]) -> None:
        super().__init__()
        cache.clear()
        self.admin, self.total, self.step = admin, total, 0
        self.walk, self.runner = Walk(), asyncio.Runner()
        self.ingest, self.watch = Ingest(platform, self.runner), Watch(self.walk, admin)

    @initialize()
    def begin(self) -> None:
        self.walk.begin()
        self.ingest.hear_of_changes()

    @rule(name=st.sampled_from(ACTS), chance=st.randoms(use_true_random=False))
    def act(self, name: str, chance: Random) -> None:
        self.walk.chance = chance
        with suppress(KolonneError, ProtectedError, Vehicle.DoesNotExist):
            self.walk.act(name)

    @rule(chance=st.randoms(use_true_random=False))
    def measure(self, chance: Random) -> None:
        self.walk.chance = chance
        self.walk.measure()

    @rule(which=st.integers(0, 2))
    def send(self, which: int) -> None:
        device, now_s = self.walk.devices[which], time.time() - 0.001
        if device.points:
            self.watch.check_stored(now_s, self.ingest.take(device))

    @rule()
    def hear(self) -> None:
        """Often ingest has not heard yet of what changed."""
        self.ingest.hear_of_changes()

    @invariant()
    def all_holds(self) -> None:
        self.step += 1
        with transaction.atomic(), company_scope([company.pk for company in self.walk.companies]):
            self.watch.check_modules()
            if self.step % 10 == 0:
                self.watch.check_sight()

    def teardown(self) -> None:
        self.total.update(steps=self.step, **self.watch.readings)
        self.runner.run(self.ingest.connection.close())
        self.runner.close()
        for company in self.walk.companies:
            forget_committed(self.admin, company, [])


@pytest.fixture
def lives(
    django_db_setup: None, django_db_blocker: Any, platform: Config, admin: Database
) -> Iterator[Callable[[settings], Counter[str]]]:
    """Runs the machine; its rows are committed, because ingest's own connection has to see them. Returns how many steps
    were taken and what became of the readings."""

    def run(how: settings) -> Counter[str]:
        total = Counter[str]()
        machine = partial(Lives, platform, admin, total)
        run_state_machine_as_test(machine, settings=how)  # type: ignore[arg-type]  # takes any factory
        return total

    with django_db_blocker.unblock():
        yield run
        connection.close()


def walks(of_steps: int, examples: int, *, derandomize: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=of_steps,
        derandomize=derandomize,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def test_walks_through_the_lives_of_vans(lives: Callable[[settings], Counter[str]]) -> None:
    total = lives(walks(150, 8, derandomize=True))
    assert total["stored"]
    assert total["refused"]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_steps_through_the_lives_of_vans(lives: Callable[[settings], Counter[str]]) -> None:
    total = lives(walks(500, 24, derandomize=False))
    print(dict(total))  # a report of the long run
    assert total["steps"] >= 10_000
    assert total["stored"] > 1_000
    assert total["refused"] > 1_000
