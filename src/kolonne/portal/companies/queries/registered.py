"""Whether a verified company is here already (CO-01). Answers yes or no, and never which one or whose.

Only verified companies reserve their numbers: whoever has not shown his authority yet keeps nobody out, least of all
the company to which a number really belongs.
"""

from django.db.models import Q

from kolonne.portal.companies.legal import LegalData
from kolonne.portal.companies.models import Company, Membership, Role, Tenant
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.scope import company_scope, user_scope


def is_registered(market: str, data: LegalData, *, besides: int | None = None) -> bool:
    """By its number in the register or its VAT number; a company that has neither cannot be found.

    `besides`: the company that asks, which is not another one.
    """
    same = Q()
    if data.register_number:
        same |= Q(register_number__iexact=data.register_number)
    if data.vat_number:
        same |= Q(vat_number__iexact=data.vat_number)
    if not same:
        return False
    # Across companies on purpose: everybody's numbers are compared, and nothing of them leaves this function.
    ids = list(
        Tenant.objects.filter(market=market, closed_at=None).exclude(pk=besides or 0).values_list("pk", flat=True)
    )
    with company_scope(ids):
        return Company.objects.filter(same, pk__in=ids, verification=Verification.VERIFIED).exists()


def waiting_companies(user: User) -> list[Company]:
    """Those that a person administers and no dealer has verified yet, oldest first."""
    with user_scope(user.pk):
        mine = Membership.objects.filter(user=user, roles__contains=[Role.ADMINISTRATOR])
        ids = list(mine.values_list("company_id", flat=True))
    with company_scope(ids):
        waiting = Company.objects.filter(pk__in=ids, company__closed_at=None).exclude(
            verification=Verification.VERIFIED
        )
        return list(waiting.select_related("company").order_by("pk"))
