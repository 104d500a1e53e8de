"""What a van's modules shall send: the union of its services, each signal in one module's charge (VH-03, VH-04)."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from kolonne.portal.commerce.catalogue import products, union
from kolonne.portal.commerce.models import Assignment, ModuleProfile, Profile, ServicePeriod
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle
from kolonne.wire import signals


def write_profile(vehicle: Vehicle) -> None:
    """Makes the profile the union of the active assignments and wakes everybody who obeys it."""
    # Locks the van's row, so that two changes at once cannot write a union that misses one of them.
    Vehicle.ever.select_for_update().get(pk=vehicle.pk)
    active = Assignment.objects.filter(vehicle=vehicle, ended_at=None).values_list("product", flat=True)
    entitlement = union(products()[name] for name in active if name in products())
    profile, _ = Profile.objects.get_or_create(
        vehicle=vehicle, defaults={"company_id": vehicle.company_id, "version": 0, "signals": {}, "commands": []}
    )
    profile.version += 1
    profile.signals = entitlement.signals
    profile.commands = sorted(entitlement.commands)
    profile.save()
    _begin_period(profile)
    _share(profile)


def share_among_modules(_actor: Actor, vehicle: Vehicle) -> None:
    """A van got a module or lost one: what it sends stays, who sends what may change."""
    Vehicle.ever.select_for_update().get(pk=vehicle.pk)
    profile = Profile.objects.filter(vehicle=vehicle).first()
    if profile is not None:
        profile.version += 1
        profile.save(update_fields=["version"])
        _begin_period(profile)
        _share(profile)


def _begin_period(profile: Profile) -> None:
    now, allowed = timezone.now(), sorted(profile.signals)
    running = ServicePeriod.objects.filter(vehicle_id=profile.vehicle_id, until=None)
    if running.filter(signals=allowed).exists():
        return
    running.update(until=now)
    ServicePeriod.objects.create(
        company_id=profile.company_id,
        vehicle_id=profile.vehicle_id,
        version=profile.version,
        since=now,
        signals=allowed,
    )


def _share(profile: Profile) -> None:
    modules = list(Module.objects.filter(vehicle_id=profile.vehicle_id, status=ModuleStatus.ACTIVE).order_by("rank"))
    for module, share in zip(modules, shares(modules, profile.signals), strict=True):
        ModuleProfile.objects.update_or_create(
            module=module,
            defaults={"company_id": profile.company_id, "version": profile.version, "signals": share},
        )
        notify.notify(notify.MODULES, module.serial)


def shares(modules: Sequence[Module], wanted: Mapping[str, float]) -> list[dict[str, float]]:
    """For each of a van's modules, by rank, what it is in charge of: the first that provides a signal sends it."""
    left, found = dict(wanted), list[dict[str, float]]()
    for module in modules:
        mine = {name: interval for name, interval in left.items() if provides(module, name)}
        left = {name: interval for name, interval in left.items() if name not in mine}
        found.append(mine)
    return found


def provides(module: Module, signal: str) -> bool:
    group = signals.catalogue()[signal].group
    return not module.provides or signal in module.provides or f"group:{group}" in module.provides
