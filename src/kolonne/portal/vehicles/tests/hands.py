"""What the tests of vans that change hands share."""

from typing import Any

from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.models import Claim, OwnershipRequest, Vehicle


def verified(house: House) -> None:
    with company_scope(house.scope):
        Company.objects.filter(pk=house.company.pk).update(verification=Verification.VERIFIED)
        house.company.refresh_from_db()


def claim_theirs(alice: User, ours: House, theirs: House) -> tuple[Claim, OwnershipRequest]:
    """We claim their van."""
    verified(ours)
    data = actions.VehicleData(plate="EL 99999", name="Van 9")
    claim = actions.ask_owner(actor=actor_of(alice), company=ours.company, vin=theirs.vehicle.vin, data=data)
    return claim, request_of(theirs)


def request_of(house: House) -> OwnershipRequest:
    with company_scope(house.scope):
        return OwnershipRequest.objects.select_related("vehicle").get(vehicle=house.vehicle)


def state_of(claim: Claim) -> str:
    with company_scope([claim.company_id]):
        return Claim.objects.get(pk=claim.pk).state


def present(house: House, vin: str) -> Vehicle | None:
    with company_scope(house.scope):
        return Vehicle.objects.filter(company=house.company, vin=vin).first()


def verbs(house: House) -> list[str]:
    with company_scope(house.scope):
        return list(Entry.objects.filter(company_id=house.company.pk).order_by("pk").values_list("verb", flat=True))


def words_in_audit(house: House) -> str:
    with company_scope(house.scope):
        rows = Entry.objects.filter(company_id=house.company.pk, verb__startswith="vehicles.claim")
        return " ".join(f"{entry.actor} {entry.target_label} {entry.facts}" for entry in rows)


def mails_to(user: User) -> list[str]:
    """Names of the mails that wait to be sent to somebody."""
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail").order_by("pk")
    return [job.args["mail"] for job in jobs if job.args["user_id"] == user.pk]


def facts_of(user: User, mail: str) -> dict[str, Any]:
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail").order_by("pk")
    found = [job.args["facts"] for job in jobs if job.args["user_id"] == user.pk and job.args["mail"] == mail]
    facts: dict[str, Any] = found[-1]
    return facts
