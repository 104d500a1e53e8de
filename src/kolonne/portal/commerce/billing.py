"""What a service costs in a month: by days of the company's clock, rounded half up once for each line (PR-07).

A line is charged for every day at whose end it still ran and was no longer on trial. So the day on which it begins
counts and the one on which it ends does not; a service that ends and begins anew on one day is charged for it once,
and the days of successive months never overlap.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from kolonne.portal.commerce.models import Assignment, ContractState
from kolonne.portal.commerce.periods import day_of

CENT = Decimal("0.01")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """Days from the first until before the end."""

    first: date
    end: date

    @property
    def count(self) -> int:
        return max((self.end - self.first).days, 0)

    def within(self, other: "Days") -> "Days":
        """What both have; no day at all has an end that is not after its first one."""
        return Days(max(self.first, other.first), min(self.end, other.end))


@dataclass(frozen=True)
class Charge:
    """One line of an invoice."""

    line: int
    """Of the contract: the assignment's id."""
    contract: str
    plate: str
    vin: str
    product: str
    first: str
    """ISO 8601."""
    last: str
    days: int
    """Charged ones."""
    free_days: int
    """On trial."""
    days_of_month: int
    price: str
    """For a whole month."""
    amount: str


def month_of(day: date) -> date:
    """Its first day, which names it."""
    return day.replace(day=1)


def month_before(month: date) -> date:
    return month_of(month - DAY)


def month_after(month: date) -> date:
    return month + timedelta(days=monthrange(month.year, month.month)[1])


def whole(month: date) -> Days:
    return Days(month, month_after(month))


def share(price: Decimal, days: int, month: date) -> Decimal:
    """Of a monthly price for some days of a month, to the cent, half up: here and nowhere else it is rounded."""
    return (price * days / whole(month).count).quantize(CENT, rounding=ROUND_HALF_UP)


def end_of(line: Assignment) -> datetime | None:
    """When it ended or is going to, whichever is earlier; the job that ends lines may be late."""
    is_given_up = line.state == ContractState.TRIAL and not line.converts
    ends = (line.ended_at, line.ends_at, line.trial_until if is_given_up else None)
    return min(filter(None, ends), default=None)


def spans(line: Assignment, month: date, time_zone: str) -> tuple[Days, Days]:
    """(free, charged) days of a line in a month."""
    all_days = whole(month)
    end = end_of(line)
    last = day_of(end, time_zone) if end else all_days.end
    first = day_of(line.since, time_zone)
    paid = max(first, day_of(line.trial_until, time_zone)) if line.trial_until else first
    return Days(first, min(paid, last)).within(all_days), Days(paid, last).within(all_days)


def charges(lines: Iterable[Assignment], month: date, time_zone: str) -> Iterator[Charge]:
    """Of everything that ran in the month, if only on trial."""
    for line in lines:
        free, charged = spans(line, month, time_zone)
        if not free.count and not charged.count:
            continue
        shown = Days(free.first if free.count else charged.first, charged.end if charged.count else free.end)
        yield Charge(
            line=line.pk,
            contract=line.contract.number,
            plate=line.vehicle.plate,
            vin=line.vehicle.vin,
            product=line.product,
            first=shown.first.isoformat(),
            last=(shown.end - DAY).isoformat(),
            days=charged.count,
            free_days=free.count,
            days_of_month=whole(month).count,
            price=str(line.price),
            amount=str(share(line.price, charged.count, month)),
        )
