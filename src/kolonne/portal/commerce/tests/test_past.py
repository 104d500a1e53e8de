"""VH-04, VH-05, VH-08: recordings from before a van was added count on the operator's word, and never across owners."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.commerce import actions
from kolonne.portal.commerce.models import ServicePeriod
from kolonne.portal.commerce.visibility import van_window
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.models import Module, Vehicle

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2021, 3, 29, tzinfo=UTC)


def begins(house: House) -> tuple[datetime, datetime, datetime]:
    """Since when the van, its module and its services count."""
    van = Vehicle.objects.get(pk=house.vehicle.pk)
    running = ServicePeriod.objects.get(vehicle=van, until=None)
    return van_window(van).since, Module.objects.get(pk=house.module.pk).enrolled_at, running.since


def test_the_past_is_admitted_and_never_made_shorter(our_scope: House) -> None:
    for _ in range(2):
        actions.admit_past(actor=SYSTEM, vehicle=our_scope.vehicle, since=LONG_AGO)
    actions.admit_past(actor=SYSTEM, vehicle=our_scope.vehicle, since=timezone.now())
    assert set(begins(our_scope)) == {LONG_AGO}
    entry = Entry.objects.filter(verb="vehicles.vehicle.begun_earlier").earliest("pk")
    assert entry.facts == {"since": "2021-03-29T00:00+00:00"}


def test_only_the_operator_says_so(our_scope: House) -> None:
    everything = frozenset({vehicles.WRITE, "vehicles.module:write", "commerce.product:write"})
    owner = Actor("Owner", user_id=1, rights={our_scope.company.pk: everything})
    before = begins(our_scope)
    with pytest.raises(NotAllowed):
        actions.admit_past(actor=owner, vehicle=our_scope.vehicle, since=LONG_AGO)
    assert begins(our_scope) == before


def test_a_time_that_has_not_come_is_refused(our_scope: House) -> None:
    with pytest.raises(Invalid, match="has not come"):
        actions.admit_past(actor=SYSTEM, vehicle=our_scope.vehicle, since=timezone.now() + timedelta(hours=1))


def test_a_van_without_services_has_nothing_to_admit(our_scope: House) -> None:
    for product in ("vehicle-supervision", "remote-access"):
        actions.end_product(actor=SYSTEM, vehicle=our_scope.vehicle, product=product)
    with pytest.raises(Conflict, match="assign one first"):
        actions.admit_past(actor=SYSTEM, vehicle=our_scope.vehicle, since=LONG_AGO)


def test_nothing_of_an_earlier_owner_is_admitted(ours: House, theirs: House) -> None:
    with company_scope(ours.scope):
        vehicles.remove_vehicle(actor=SYSTEM, vehicle=ours.vehicle)
    with company_scope(theirs.scope):
        bought = vehicles.add_vehicle(actor=SYSTEM, company=theirs.company, vin=ours.vehicle.vin)
        actions.assign_product(actor=SYSTEM, vehicle=bought, product="vehicle-supervision")
        with pytest.raises(Conflict, match="elsewhere"):
            actions.admit_past(actor=SYSTEM, vehicle=bought, since=LONG_AGO)


def test_nothing_of_a_module_s_earlier_van_is_admitted(ours: House, theirs: House) -> None:
    with company_scope(ours.scope):
        vehicles.revoke_module(actor=SYSTEM, module=ours.module)
    with company_scope(theirs.scope):
        vehicles.enrol_module(actor=SYSTEM, vehicle=theirs.vehicle, serial=ours.module.serial, rank=None)
        with pytest.raises(Conflict, match="a module of"):
            actions.admit_past(actor=SYSTEM, vehicle=theirs.vehicle, since=LONG_AGO)
