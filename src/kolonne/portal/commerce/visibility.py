"""Who sees what until when: the one rule, whoever shows readings (VH-05).

A company sees readings of a van only from the time in which the van was its own, and of these only signals of services
that are active on at least one of its vans now. What was read of a van that was removed stays visible as far as that,
and comes back when such a service is bought again. Nothing else decides: pages, API, live stream and exports ask here.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection

from kolonne.portal.commerce.catalogue import products, union
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle

# An index leads from each product that the company has or had to the next: however many vans there are.
_PRODUCTS = """
    WITH RECURSIVE had AS (
        SELECT c.id AS company, (
            SELECT min(product) FROM commerce_assignment a WHERE a.company_id = c.id
        ) AS product FROM unnest(%s::int[]) AS c (id)
        UNION ALL
        SELECT h.company, (
            SELECT min(product) FROM commerce_assignment a WHERE a.company_id = h.company AND a.product > h.product
        ) FROM had h WHERE h.product IS NOT NULL
    )
    SELECT h.company, h.product, EXISTS (
        SELECT FROM commerce_assignment a
        WHERE a.company_id = h.company AND a.product = h.product AND a.ended_at IS NULL
    ) FROM had h WHERE h.product IS NOT NULL
"""


@dataclass(frozen=True)
class Sight:
    """What a company sees of its vans' readings now."""

    signals: frozenset[str]
    is_whole: bool
    """Whether that is all that its services ever collected: then there is nothing to leave out."""

    def of(self, signals: Iterable[str]) -> Iterator[str]:
        """Those that may be shown, in the same order."""
        return (name for name in signals if name in self.signals)


@dataclass(frozen=True)
class Window:
    """The time in which a van is its company's: from `since` until before `until`."""

    since: datetime
    until: datetime | None


def sight(company_id: int) -> Sight:
    return sights([company_id])[company_id]


def sights(companies: Collection[int]) -> dict[int, Sight]:
    """For each of these companies; one query, whatever they have."""
    running: dict[int, set[str]] = {company: set() for company in companies}
    ended: dict[int, set[str]] = {company: set() for company in companies}
    with company_scope(companies), connection.cursor() as cursor:
        cursor.execute(_PRODUCTS, [list(companies)])
        for company, product, runs in cursor.fetchall():
            (running if runs else ended)[company].add(product)
    return {company: _sight(frozenset(running[company]), frozenset(ended[company])) for company in companies}


def van_window(vehicle: Vehicle) -> Window:
    """Nobody sees anything from outside the time of his own row of a van."""
    return Window(vehicle.added_at, vehicle.removed_at)


@lru_cache(1024)
def _sight(running: frozenset[str], ended: frozenset[str]) -> Sight:
    known = products()
    signals = frozenset(union(known[name] for name in running if name in known).signals)
    before = frozenset(union(known[name] for name in ended if name in known).signals)
    return Sight(signals, is_whole=before <= signals and (running | ended) <= known.keys())
