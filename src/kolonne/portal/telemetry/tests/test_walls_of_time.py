"""VH-03, VH-04, VH-05: whatever is bought, ended, removed, sold, enrolled, late or wrong about the time, in whatever
order: vans send what their services allow, nothing else is stored, and each company sees its own time only."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
import psycopg
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import ProtectedError

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
from kolonne.portal.telemetry.tests.walk import Device, Van, Walk, allowed_now
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle

Database = psycopg.Connection[tuple[Any, ...]]
SHORT, LONG = 300, 10_000
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
            assert visibility.visible_signals(company.pk) == visible
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


@pytest.fixture
def walk(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, admin: Database
) -> Iterator[Walk]:
    """Two companies whose rows other connections see."""
    with django_db_blocker.unblock():
        cache.clear()
        made = Walk(request.param)
        try:
            yield made
        finally:
            connection.close()
            for company in made.companies:
                forget_committed(admin, company, [])


def take_steps(walk: Walk, watch: Watch, ingest: Ingest, steps: int) -> Counter[str]:
    done = Counter[str]()
    for step in range(steps):
        with suppress(KolonneError, ProtectedError, Vehicle.DoesNotExist):
            done[walk.act()] += 1
        # Often ingest has not heard yet of what changed.
        if walk.chance.random() < 0.3:
            ingest.hear_of_changes()
        device, now_s = walk.chance.choice(walk.devices), time.time() - 0.001
        if device.points and walk.chance.random() < 0.5:
            watch.check_stored(now_s, ingest.take(device))
            done["sent"] += 1
        with transaction.atomic(), company_scope([company.pk for company in walk.companies]):
            watch.check_modules()
            if step % 10 == 0:
                watch.check_sight()
    return done


def _run(walk: Walk, platform: Config, admin: Database, steps: int) -> tuple[Counter[str], Counter[str]]:
    with asyncio.Runner() as runner:
        ingest, watch = Ingest(platform, runner), Watch(walk, admin)
        try:
            return take_steps(walk, watch, ingest, steps), watch.readings
        finally:
            runner.run(ingest.connection.close())


@pytest.mark.parametrize("walk", [1], indirect=True)
def test_a_walk_through_the_lives_of_vans(walk: Walk, platform: Config, admin: Database) -> None:
    _, readings = _run(walk, platform, admin, SHORT)
    assert readings["stored"]
    assert readings["refused"]


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("walk", [int(os.environ.get("WALK_SEED", "2026"))], indirect=True)
def test_ten_thousand_steps_through_the_lives_of_vans(walk: Walk, platform: Config, admin: Database) -> None:
    done, readings = _run(walk, platform, admin, LONG)
    print(dict(done), dict(readings))  # a report of the long run
    assert readings["stored"] > LONG / 10
    assert readings["refused"] > LONG / 10
