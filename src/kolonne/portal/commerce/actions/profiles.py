"""What a van's modules shall send: the union of its services, each signal in one module's charge (VH-03, VH-04)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from kolonne.portal.commerce.catalogue import Entitlement, products, union
from kolonne.portal.commerce.models import Assignment, ModuleProfile, Profile, ServicePeriod
from kolonne.portal.commerce.providers import providers
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.channels import VAN_LEFT
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle
from kolonne.wire import signals


def write_profile(vehicle: Vehicle) -> None:
    """Makes the profile the union of the active assignments and wakes everybody who obeys it. A van that was removed
    has none. If nothing changed, nothing is written. Needs a transaction and the company's scope."""
    profile, entitlement = _locked(vehicle), _entitlement(vehicle)
    commands = sorted(entitlement.commands)
    if profile.version and (profile.signals, profile.commands) == (entitlement.signals, commands):
        return
    if not profile.signals.keys() <= entitlement.signals.keys():
        # Before the time is taken: nothing that is measured later is stored.
        notify.hold_flushes(vehicle.company_id)
    profile.signals, profile.commands = entitlement.signals, commands
    _write(profile)
    _begin_period(profile)
    notify.notify(notify.SERVICES, str(vehicle.company_id))


def share_among_modules(_actor: Actor, vehicle: Vehicle) -> None:
    """A van got a module or lost one: what it sends stays, who sends what may change."""
    profile = _locked(vehicle)
    if profile.version:
        if ModuleProfile.objects.filter(module__vehicle=vehicle).exclude(signals={}).exists():
            notify.hold_flushes(vehicle.company_id)
        _write(profile)


def silence(_actor: Actor, vehicle: Vehicle) -> None:
    """The van was removed: its modules are told to be silent, and nothing more of it is stored (VH-04)."""
    write_profile(vehicle)
    notify.notify(notify.SERVICES, f"{vehicle.company_id} {VAN_LEFT}")


def _locked(vehicle: Vehicle) -> Profile:
    """The van's profile, a new one with version 0. Locks the van's row, so that two changes at once cannot write a
    union that misses one of them."""
    vehicle.removed_at = Vehicle.ever.select_for_update().get(pk=vehicle.pk).removed_at
    known = Profile.objects.filter(vehicle=vehicle).first()
    return known or Profile(vehicle=vehicle, company_id=vehicle.company_id, version=0, signals={}, commands=[])


def _entitlement(vehicle: Vehicle) -> Entitlement:
    if vehicle.removed_at is not None:
        return union([])
    active = Assignment.objects.filter(vehicle=vehicle, ended_at=None).values_list("product", flat=True)
    return union(products()[name] for name in active if name in products())


def _write(profile: Profile) -> None:
    profile.version += 1
    profile.save()
    _share(profile)


def _begin_period(profile: Profile) -> None:
    """Services allow something else from now on; periods that ended too long ago to matter are erased."""
    now, allowed = timezone.now(), sorted(profile.signals)
    periods = ServicePeriod.objects.filter(vehicle_id=profile.vehicle_id)
    running = periods.filter(until=None).first()
    if running is not None and sorted(running.signals) == allowed:
        return
    periods.filter(until=None).update(until=now)
    periods.filter(until__lt=now - timedelta(days=settings.CONFIG.late_days)).delete()
    ServicePeriod.objects.create(
        company_id=profile.company_id,
        vehicle_id=profile.vehicle_id,
        version=profile.version,
        since=now,
        signals=allowed,
    )


def _share(profile: Profile) -> None:
    """Gives each module of the van its share; those that are not in service any more get none."""
    modules = list(Module.objects.filter(vehicle_id=profile.vehicle_id).order_by("rank", "pk"))
    active = [module for module in modules if module.status == ModuleStatus.ACTIVE]
    of_active = zip(active, shares(active, profile.signals), strict=True)
    told = {module.pk: _in_its_country(module, share) for module, share in of_active}
    for module in modules:
        share = told.get(module.pk, {})
        if module.pk not in told and not ModuleProfile.objects.filter(module=module).exclude(signals={}).exists():
            continue
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


def _in_its_country(module: Module, share: dict[str, float]) -> dict[str, float]:
    """Abroad, what the module's provider lets through (VH-07)."""
    provider = providers().get(module.provider)
    return share if provider is None else provider.lets_through(module.country, share)


def provides(module: Module, signal: str) -> bool:
    """Whether a module can send this signal: everything, or what it names singly or as a group."""
    group = signals.catalogue()[signal].group
    return not module.provides or signal in module.provides or f"group:{group}" in module.provides
