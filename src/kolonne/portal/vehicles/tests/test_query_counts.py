"""NF-05: lists of vans that come, go and speak ask the database equally often for two rows and for sixty."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import (
    Claim,
    Handover,
    ImportLine,
    Module,
    ModuleClaim,
    ModuleStatus,
    OwnershipRequest,
    VanImport,
    Vehicle,
)
from kolonne.portal.vehicles.queries.ownership import MOST, get_dispute_for

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
Fill = Callable[[House, int], None]


def imports(ours: House, number: int) -> None:
    VanImport.objects.create(company=ours.company, file_name=f"{number}.csv")


def lines(ours: House, number: int) -> None:
    found, _new = VanImport.objects.get_or_create(company=ours.company, file_name="lines.csv", total=60)
    problem = {"field": "vin", "value": "SHORT", "code": "length", "facts": {}}
    ImportLine.objects.create(
        company=ours.company, van_import=found, number=number + 2, values={"vin": "SHORT"}, outcome="refused",
        problems=[problem],
    )  # fmt: skip


def changes(ours: House, number: int) -> None:
    """One of each kind, each with a van of its own."""
    later, company = timezone.now() + timedelta(days=1), ours.company
    van = Vehicle.ever.create(company=company, vin=f"WK0MANY1{number:09}")
    Claim.objects.create(company=company, vin=f"WK0MANY2{number:09}", asked_by="Alice", until=later)
    OwnershipRequest.objects.create(
        company=company, vehicle=van, claim=number, claimant_id=company.pk, claimant_name="Other", answer_until=later
    )
    code = f"many{number}".encode()
    Handover.objects.create(company=company, vehicle=van, code_sha256=code, made_by="Alice", expires_at=later)


def removed(ours: House, number: int) -> None:
    gone = timezone.now() + timedelta(hours=1)
    Vehicle.ever.create(company=ours.company, vin=f"WK0MANY3{number:09}", removed_at=gone, removed_by="Alice")


def modules(ours: House, number: int) -> None:
    later = timezone.now() + timedelta(days=1)
    Module.objects.create(
        company=ours.company, vehicle=ours.vehicle, serial=f"MANY{number:08}", rank=number + 1,
        status=ModuleStatus.ACTIVE, provides=["group:position"],
    )  # fmt: skip
    code = f"many{number}".encode()
    ModuleClaim.objects.create(company=ours.company, vehicle=ours.vehicle, code_sha256=code, expires_at=later)


PAGES: dict[str, Fill] = {
    "/vans/import/": imports,
    "/vans/import/{file}/": lines,
    "/vans/changes/": changes,
    "/vans/removed/": removed,
    "/vans/{van}/modules/": modules,
}


@pytest.mark.parametrize("listing", PAGES)
def test_a_list_asks_equally_often_for_two_rows_and_for_sixty(
    listing: str, our_scope: House, alice: User, signed_in: SignIn
) -> None:
    client, fill = signed_in(alice), PAGES[listing]
    fill(our_scope, 0)
    fill(our_scope, 1)
    file = VanImport.objects.filter(company=our_scope.company).first()
    address = listing.format(van=our_scope.vehicle.pk, file=file.pk if file else 0)
    few = queries_of(client, address)
    for number in range(2, 60):
        fill(our_scope, number)
    assert queries_of(client, address) == few


def test_the_dealers_list_of_claims_asks_equally_often(
    our_scope: House, kari: User, at_the_desk: Callable[[User], Client]
) -> None:
    client = at_the_desk(kari)
    counts = []
    for numbers in (range(2), range(2, 30)):
        with company_scope(our_scope.scope):
            for number in numbers:
                Claim.objects.create(
                    company=our_scope.company, vin=f"WK0MANY4{number:09}", asked_by="Alice", state="at_dealer",
                    dealer_id=our_scope.company.partner_id, until=timezone.now() + timedelta(days=1),
                )  # fmt: skip
        counts.append(queries_of(client, "/customers/vans/"))
    assert counts[0] == counts[1]


def test_the_dealer_opens_a_claim_behind_two_hundred_others(our_scope: House, kari: User) -> None:
    dealer = our_scope.company.partner_id
    waiting = [
        Claim(
            company=our_scope.company, vin=f"WK0MANY5{number:09}", asked_by="Alice", state="at_dealer", dealer_id=dealer
        )
        for number in range(MOST + 1)
    ]
    last = Claim.objects.bulk_create(waiting)[-1]
    assert get_dispute_for(actor_of(kari), last.pk).claim == last


def queries_of(client: Client, address: str) -> int:
    """Of the second look, when what is kept between two pages is kept."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
