"""Mails about contracts to a company's administrators, written in the transaction of what they tell."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from kolonne.portal.commerce.actions.lines import goes_on
from kolonne.portal.commerce.models import Assignment
from kolonne.portal.commerce.money import money, sums
from kolonne.portal.commerce.periods import last_day
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries.rights import administrators
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import OPEN_STATES
from kolonne.portal.lib.dates import long_date


def announce(company: Company, end: datetime, lines: Collection[Assignment]) -> None:
    """Trials end on a day that is near: what becomes of them then, as was chosen."""
    going = [line for line in lines if goes_on(line)]
    ending = [line for line in lines if not goes_on(line)]
    day = last_day(end, company.time_zone)
    _post("trials_end_soon", company, going, day=day, going=len(going), ending=len(ending), vans=_vans(lines))


def tell_of_ends(
    company: Company,
    paid: Collection[Assignment],
    over: Collection[Assignment],
    contracts: list[str],
    singly: Collection[Assignment],
) -> None:
    """Services ended, are paid for from now on, or have another price because their package is whole no more."""
    parted = {(line.vehicle_id, line.product) for line in singly}
    paid = [line for line in paid if (line.vehicle_id, line.product) not in parted]
    facts = {"over": len(over), "vans": _vans(over), "paid": len(paid), "contracts": ", ".join(contracts)}
    _post("services_changed", company, paid, singly, **facts)


def _vans(lines: Collection[Assignment]) -> int:
    return len({line.vehicle_id for line in lines})


def _post(
    mail: str, company: Company, sold: Collection[Assignment], singly: Collection[Assignment] = (), **facts: Any
) -> None:
    """`sold` and `singly` are services whose price per month the mail names."""
    for user in administrators(company.pk):
        if not user.email or user.state not in OPEN_STATES:
            continue
        words = {
            name: long_date(fact, user.language) if isinstance(fact, date) else fact for name, fact in facts.items()
        }
        words |= {"price": _price(sold, user.language), "singly": len(singly)}
        mails.post(mail, user, company=company.name, single_price=_price(singly, user.language), **words)


def _price(lines: Collection[Assignment], language: str) -> str:
    whole = sums((line.contract.currency, line.price) for line in lines)
    return " + ".join(money(one.amount, one.currency, language) for one in whole)
