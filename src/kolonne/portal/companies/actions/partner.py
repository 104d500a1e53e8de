from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company, Tenant
from kolonne.portal.companies.queries import administrators
from kolonne.portal.companies.queries.directory import CUSTOMERS
from kolonne.portal.identity import mails
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

MAIL = "partner_missing"


def remind_of_missing_partners(*, actor: Actor, now: datetime) -> int:
    """Mails to the administrators of every fleet company and workshop that stays and has had no after-sales partner
    for another period (B2-03); how many organisations that were. Safe to run at any time and any number of times."""
    staying = Tenant.objects.filter(kind__in=CUSTOMERS, leaving_since=None, closed_at=None)
    customers = list(staying.values_list("pk", flat=True))
    with company_scope(customers):
        due = list(_due(now).filter(pk__in=customers).order_by("pk").values_list("pk", flat=True))
    return sum(_remind(actor, pk, now) for pk in due)


def _due(now: datetime) -> QuerySet[Company]:
    waited_since = Coalesce(F("partner_reminded_at"), F("created_at"))
    return Company.objects.alias(since=waited_since).filter(partner=None, since__lte=now - settings.PARTNER_REMINDER)


@transaction.atomic
def _remind(actor: Actor, pk: int, now: datetime) -> bool:
    """One organisation, unless another run was faster or the partner was set meanwhile."""
    with company_scope([pk]):
        if _due(now).filter(pk=pk).update(partner_reminded_at=now) != 1:
            return False
        company = Company.objects.get(pk=pk)
        reached = [user for user in administrators(pk) if user.is_active]
        for user in reached:
            mails.post(MAIL, user, company=company.name, company_id=pk)
        audit.record(actor, "companies.partner.reminded", on=company, company_id=pk, people=len(reached))
    return True
