"""What becomes of files with vans when their company is deleted (CO-07)."""

from kolonne.portal.companies.hooks import Departure
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.actions.imports import forget_of


def _erase(actor: Actor, company: Company) -> bool:
    forget_of(company)
    return True


DEPARTURE = Departure("imports of vans", lambda company: [], erase=_erase)
