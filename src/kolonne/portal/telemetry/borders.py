"""Tells modules with a provider's policy when they crossed a border (VH-07)."""

from django.db import connection

from kolonne.portal.commerce import actions as commerce
from kolonne.portal.commerce.providers import providers
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.telemetry.places import country_of
from kolonne.portal.vehicles.models import Module, ModuleStatus

_WHERE = """
    SELECT m.id, m.country, s.signals::jsonb #>> '{country,0}', (s.signals::jsonb #>> '{lat,0}')::float8,
        (s.signals::jsonb #>> '{lon,0}')::float8
    FROM vehicles_module m JOIN telemetry.state s ON s.vehicle_id = m.vehicle_id AND s.company_id = m.company_id
    WHERE m.company_id = %s AND m.status = %s AND m.provider = ANY (%s)
"""


def follow_borders(*, actor: Actor) -> int:
    """Compares where modules are with where they were; answers how many are elsewhere. For the worker: it may be
    killed or repeated at any moment."""
    if not actor.is_system:
        raise NotAllowed("vehicles.module:write")
    if not providers():
        return 0
    return sum(_follow(actor, company) for company in all_companies())


def _follow(actor: Actor, company: int) -> int:
    moved = 0
    with company_scope([company]):
        with connection.cursor() as cursor:
            cursor.execute(_WHERE, [company, ModuleStatus.ACTIVE, list(providers())])
            rows = cursor.fetchall()
        for pk, before, *told in rows:
            # A place that nothing tells any more is no news: the last one counts.
            now = country_of(*told)
            if now and now != before:
                moved += commerce.note_country(actor=actor, module=Module.objects.get(pk=pk), country=now)
    return moved
