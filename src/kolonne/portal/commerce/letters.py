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
    company: Company, paid: Collection[Assignment], over: Collection[Assignment], contracts: list[str]
) -> None:
    """Services ended, or are paid for from now on."""
    facts = {"over": len(over), "vans": _vans(over), "paid": len(paid), "contracts": ", ".join(contracts)}
    _post("services_changed", company, paid, **facts)


def _vans(lines: Collection[Assignment]) -> int:
    return len({line.vehicle_id for line in lines})


def _post(mail: str, company: Company, sold: Collection[Assignment], **facts: Any) -> None:
    """`sold` are the services whose price per month the mail names."""
    whole = sums((line.contract.currency, line.price) for line in sold)
    for user in administrators(company.pk):
        if not user.email or user.state not in OPEN_STATES:
            continue
        price = " + ".join(money(one.amount, one.currency, user.language) for one in whole)
        words = {
            name: long_date(fact, user.language) if isinstance(fact, date) else fact for name, fact in facts.items()
        }
        mails.post(mail, user, company=company.name, price=price, **words)
