"""The order to delete a company, and how it is taken back (CO-07, PR-05)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies import hooks
from kolonne.portal.companies.models import Company, Leaving, Membership, Tenant
from kolonne.portal.companies.queries import leaving as queries
from kolonne.portal.companies.queries.leaving import DELETE
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import User
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.dates import long_date
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope


@transaction.atomic
def order_deletion(*, actor: Actor, company: Company, typed_name: str, now: datetime | None = None) -> Leaving:
    """From now on the company's people and keys open nothing of the fleet, its services are off and its modules are
    cut off; contracts run on until `ends_at`, then everything is erased.

    Raises NotAllowed (also to whoever acts for somebody else), Invalid unless the name was typed; Conflict when
    somebody else was faster, and while another company becomes part of this one.
    """
    _require(actor, company)
    if " ".join(typed_name.split()) != " ".join(company.name.split()):
        raise Invalid("wrong_name", "this is not the company's name", {"name": f"exactly: {company.name}"})
    now = now or timezone.now()
    waiting = Tenant.objects.filter(pk=company.pk, leaving_since=None, closed_at=None)
    if waiting.update(leaving_since=now) != 1:
        raise Conflict("leaving", f"{company} is being deleted already")
    if Tenant.objects.filter(merged_into=company.pk, closed_at=None).exists():
        raise Conflict("merging", f"another company becomes part of {company} at this moment")
    with company_scope([company.pk]):
        leaving = Leaving.objects.create(
            company=company,
            ordered_by=actor.label,
            ordered_at=now,
            ends_at=queries.contracts_end(now, company.time_zone),
        )
        silence(actor, company)
        audit.record(
            actor, "companies.company.leaving", on=company, company_id=company.pk, ends_at=leaving.ends_at.isoformat()
        )
        _tell(company, "company_leaving", actor, ends=day_of(leaving.ends_at, company))
    return leaving


@transaction.atomic
def withdraw_deletion(*, actor: Actor, company: Company, now: datetime | None = None) -> None:
    """People and keys get their rights back; services that were ended and modules that were cut off stay so.

    Raises NotAllowed; Conflict when nothing was ordered, and from `ends_at` on.
    """
    _require(actor, company)
    now = now or timezone.now()
    with company_scope([company.pk]):
        # The order of locks is that of `order_deletion` and of the job: first the tenant, then the order.
        list(Tenant.objects.select_for_update(no_key=True).filter(pk=company.pk).values_list("pk"))
        deleted, _ = Leaving.objects.filter(company=company, ends_at__gt=now, steps=[]).delete()
        if not deleted:
            raise Conflict("not_leaving", f"the deletion of {company} cannot be withdrawn (any more)")
        Tenant.objects.filter(pk=company.pk).update(leaving_since=None)
        _end_streams(company)
        audit.record(actor, "companies.company.stays", on=company, company_id=company.pk)
        _tell(company, "company_stays", actor)


def silence(actor: Actor, company: Company) -> None:
    """Everything that ends at once; again with every run of the job, for what somebody began in the same second.

    Needs the company's scope.
    """
    # As a dealer's decision and an order do: what is under way there ends first, instead of two that wait for ever.
    list(Company.objects.select_for_update(no_key=True).filter(pk=company.pk).values_list("pk"))
    for part in hooks.departures():
        if part.at_once is not None:
            part.at_once(actor, company)
    _end_streams(company)


def note_erased(company: Company, **numbers: int) -> None:
    """Adds to what the receipt will say, in the transaction that erased it. Needs the company's scope."""
    leaving = Leaving.objects.select_for_update().get(company=company)
    for name, number in numbers.items():
        leaving.counts[name] = leaving.counts.get(name, 0) + number
    leaving.save(update_fields=["counts"])


def _require(actor: Actor, company: Company) -> None:
    if actor.acting_for is not None:
        raise NotAllowed(DELETE)
    require(actor, DELETE, company.pk)


def _end_streams(company: Company) -> None:
    """Open live streams ask anew what they may show."""
    for user_id in Membership.objects.filter(company=company).values_list("user_id", flat=True):
        notify.notify(notify.PEOPLE, str(user_id))


def day_of(moment: datetime, company: Company) -> date:
    """As the company's own clock shows it."""
    return moment.astimezone(ZoneInfo(company.time_zone)).date()


def _tell(company: Company, mail: str, actor: Actor, **days: date) -> None:
    facts = {"company": company.name, "by": actor.label}
    inside = queries.told_inside(company)
    outside = _others(queries.told_outside(company), inside)
    for name, people in ((mail, inside), (f"{mail}_told", outside)):
        for user in people:
            words = {key: long_date(day, user.language) for key, day in days.items()}
            mails.post(name, user, **facts, **words)


def _others(people: list[User], already: list[User]) -> list[User]:
    told = {user.pk for user in already}
    return [user for user in people if user.pk not in told]
