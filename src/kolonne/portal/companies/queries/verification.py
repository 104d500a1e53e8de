"""What the administrator of a fleet company sees of its verification (VE-01, VE-02)."""

from kolonne.portal.companies.gate import ASK
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import company_scope


def company_to_verify(actor: Actor) -> Company:
    """The open company, if it is one that dealers verify and the actor may ask for it; else NotFound."""
    pk = next((pk for pk in actor.company_ids if actor.may(ASK, pk)), None)
    if pk is None:
        raise NotFound("page")
    with company_scope([pk]):
        company = Company.objects.select_related("company__market", "company").get(pk=pk)
    if company.kind != Kind.FLEET:
        raise NotFound("page")
    return company
