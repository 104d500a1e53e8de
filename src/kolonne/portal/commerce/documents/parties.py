"""Who sells and who buys, as a paper names them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from kolonne.portal.companies.legal import country, form_name
from kolonne.portal.companies.models import Company, CompanyVersion, Kind, Tenant
from kolonne.portal.companies.queries.generations import MASTER_DATA
from kolonne.portal.lib.scope import company_scope

Party = dict[str, Any]
"""Master data as `ContractVersion.party` keeps them."""


def seller(market: str, at: datetime) -> Party:
    """Who sold in a market then: its operator, in the generation of that day; where there is none, what
    `KOLONNE_SELLER` says, else the address of the installation."""
    operator = Tenant.objects.filter(kind=Kind.OPERATOR, market=market, closed_at=None).order_by("pk").first()
    if operator is None:
        name, *lines = (part.strip() for part in settings.SELLER.split(";"))
        return {"name": name or urlsplit(settings.PUBLIC_URL).hostname or "Kolonne", "lines": [*filter(None, lines)]}
    # Customers read their seller's name and address, and nothing else of that organisation.
    with company_scope([operator.pk]):
        versions = CompanyVersion.objects.filter(company_id=operator.pk)
        of_then = versions.filter(since__lte=at).order_by("-generation").first()
        found: Any = of_then or versions.order_by("generation").first() or Company.objects.get(pk=operator.pk)
        return {name: getattr(found, name) for name in MASTER_DATA}


def shown(party: Mapping[str, Any], market: str) -> dict[str, Any]:
    """A name and the lines below it."""
    if "lines" in party:
        return {"name": party["name"], "lines": party["lines"]}
    form = form_name(market, party.get("legal_form", ""))
    place = f"{party.get('postal_code', '')} {party.get('city', '')}".strip()
    lines = [] if not form or form in party["name"] else [form]
    lines += filter(None, (party.get("street", ""), place))
    lines += _numbers(party, market)
    return {"name": party["name"], "lines": lines}


def _numbers(party: Mapping[str, Any], market: str) -> list[str]:
    words = country(market)
    found = []
    if party.get("register_number"):
        found.append(_("%(what)s: %(value)s") % {"what": words.register_label, "value": party["register_number"]})
    if party.get("vat_number"):
        found.append(_("%(what)s: %(value)s") % {"what": words.vat_label, "value": party["vat_number"]})
    return found
