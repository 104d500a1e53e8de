"""A package costs its own price as long as all of it runs on the van (PR-01); what goes on when a part of it has ended,
costs what it costs singly, as agreed with the order."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from kolonne.portal.commerce.models import Assignment

Bought = tuple[int, int, str]
"""A package on a van: contract, van, code."""


def rest(ending: Iterable[tuple[Assignment, datetime]]) -> list[tuple[Assignment, datetime]]:
    """What goes on of packages when these lines end, each with the moment from which it costs its single price. Lines
    from before single prices were agreed keep what they cost. Needs the company's scope."""
    ends, gone = dict[Bought, datetime](), set[int]()
    for line, end in ending:
        gone.add(line.pk)
        if line.package:
            ends[_bought(line)] = min(end, ends.get(_bought(line), end))
    vans = {van for _contract, van, _package in ends}
    found = Assignment.objects.filter(vehicle__in=vans, ended_at=None, single_price__isnull=False)
    found = found.exclude(pk__in=gone).select_related("vehicle", "contract").order_by("vehicle_id", "pk")
    others = [(line, ends[_bought(line)]) for line in found if _bought(line) in ends]
    return [(line, end) for line, end in others if line.ends_at is None or line.ends_at > end]


def single_price(line: Assignment) -> Decimal:
    """What it costs by itself, as agreed; a line without such a price keeps what it costs."""
    return line.price if line.single_price is None else line.single_price


def _bought(line: Assignment) -> Bought:
    return line.contract_id, line.vehicle_id, line.package
