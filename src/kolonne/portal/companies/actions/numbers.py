"""Numbers of the register and of VAT belong to one verified company of a market (CO-01)."""

from collections.abc import Iterable
from hashlib import sha256

from django.db import connection

from kolonne.portal.companies.legal import LegalData
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries.registered import is_registered
from kolonne.portal.lib.errors import Conflict

_LOCK = 0x4B6F72
"""Any constant: the first half of the advisory lock, the number is the second."""


def reserve_numbers(company: Company, data: LegalData) -> None:
    """Before a company with these numbers is called verified: until the end of the transaction nobody else can do the
    same for another company. The company's row is locked already, if it exists.

    Raises Conflict `number_taken`, with the `field`, when a verified company of the market has one of them.
    """
    _wait_for(company.market_id, (data.register_number, data.vat_number))
    for field in ("register_number", "vat_number"):
        alone = LegalData(**{"legal_form": "", "register_number": "", "vat_number": "", field: getattr(data, field)})
        if is_registered(company.market_id, alone, besides=company.pk):
            raise Conflict("number_taken", "a verified company of this market has this number", field=field)


def numbers_of(company: Company) -> LegalData:
    """As they are kept."""
    return LegalData(company.legal_form, company.register_number, company.vat_number)


def _wait_for(market: str, numbers: Iterable[str]) -> None:
    """In one order for everybody, so that no two wait for each other."""
    keys = sorted(
        int.from_bytes(sha256(f"{market} {number.lower()}".encode()).digest()[:4], "big", signed=True)
        for number in numbers
        if number
    )
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, key])
