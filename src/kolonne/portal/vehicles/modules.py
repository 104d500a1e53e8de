"""The modules of a van, as its page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.vehicles.models import Module, ModuleCertificate, ModuleClaim, ModuleStatus, Vehicle
from kolonne.wire import signals

GROUPS = {
    "position": _("Position"),
    "driving": _("Driving"),
    "energy": _("Energy and range"),
    "charging": _("Charging and plug"),
    "climate": _("Climate"),
    "body": _("Doors, locks and lights"),
    "tyres": _("Tyres"),
    "maintenance": _("Maintenance"),
    "style": _("Driving style"),
    "driver": _("Driver"),
    "network": _("Mobile network"),
}
"""Words for the groups of the catalogue of signals."""


@dataclass(frozen=True)
class Line:
    """A module with what people want to know of it."""

    module: Module
    duties: list[str]
    """Groups of signals, in words, that it is asked for because nobody before it provides them."""
    has_all: bool
    last_contact: datetime | None
    agent: str
    until: datetime | None
    """End of its certificate; None for one that has a secret."""
    is_late: bool
    """Its certificate ends within a quarter of its life, which means that it does not renew it."""


def of_van(vehicle: Vehicle) -> list[Line]:
    """In service, the one in charge first. In the company's scope."""
    valid = ModuleCertificate.objects.filter(revoked_at=None).exclude(pem="").order_by("-pk")
    found = (
        Module.objects.filter(vehicle=vehicle, status=ModuleStatus.ACTIVE)
        .order_by("rank")
        .select_related("session")
        .prefetch_related(Prefetch("certificates", queryset=valid, to_attr="valid_certificates"))
    )
    left, lines = list(GROUPS), list[Line]()
    for module in found:
        mine = [group for group in left if provides(module.provides, group)]
        lines.append(_line(module, mine, has_all=len(mine) == len(GROUPS)))
        left = [group for group in left if group not in mine]
    return lines


def open_claims(vehicle: Vehicle) -> "QuerySet[ModuleClaim]":
    """Codes that a device could use now."""
    waiting = ModuleClaim.objects.filter(vehicle=vehicle, used_at=None, withdrawn_at=None)
    return waiting.filter(expires_at__gt=timezone.now()).order_by("expires_at")


def provides(chosen: Iterable[str], group: str) -> bool:
    """Whether a module provides the group, or at least one signal of it."""
    known = signals.catalogue()
    names = {known[name].group for name in chosen if name in known}
    return not chosen or f"group:{group}" in chosen or group in names


def _line(module: Module, mine: list[str], *, has_all: bool) -> Line:
    session = getattr(module, "session", None)
    newest = next(iter(module.valid_certificates), None)  # type: ignore[attr-defined]  # prefetched above
    until = newest.not_after if newest else None
    is_late = False
    if newest and newest.not_before and until:
        is_late = timezone.now() > until - (until - newest.not_before) / 4
    return Line(
        module=module,
        duties=[str(GROUPS[group]) for group in mine],
        has_all=has_all,
        last_contact=session.hello_at if session else None,
        agent=session.agent if session else "",
        until=until,
        is_late=is_late,
    )
