"""A module's provider, the country it is in, and what it sends there (VH-07)."""

from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.actions.profiles import share_among_modules
from kolonne.portal.commerce.providers import providers
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Module

WRITE = "vehicles.module:write"


@transaction.atomic
def set_provider(*, actor: Actor, module: Module, provider: str) -> None:
    """Whose SIM card the module has; empty for none with a policy. Raises NotAllowed, Invalid."""
    require(actor, WRITE, module.company_id)
    if provider and provider not in providers():
        known = ", ".join(providers()) or "none: the operator's list is empty"
        raise Invalid("unknown_provider", f"{provider} is not a provider", {"provider": known})
    with company_scope([module.company_id]):
        current = Module.objects.select_for_update().get(pk=module.pk)
        if current.provider == provider:
            return
        current.provider = module.provider = provider
        current.save(update_fields=["provider"])
        audit.record(
            actor, "commerce.module.provider", on=current, company_id=current.company_id, provider=provider or "–"
        )
        share_among_modules(actor, current.vehicle)


@transaction.atomic
def note_country(*, actor: Actor, module: Module, country: str) -> bool:
    """The module crossed a border: what it shall send may be something else. True if it is news. For the worker."""
    if not actor.is_system:
        raise NotAllowed(WRITE)
    with company_scope([module.company_id]):
        current = Module.objects.select_for_update().get(pk=module.pk)
        if current.country == country:
            return False
        current.country = country
        current.save(update_fields=["country"])
        if current.provider in providers():
            share_among_modules(actor, current.vehicle)
    return True
