"""What every page's frame needs: who is here, for which company, and what may be opened."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from kolonne.portal.companies import navigation
from kolonne.portal.companies.models import Company, Membership
from kolonne.portal.companies.queries import administrators
from kolonne.portal.identity.demo import sign_in_token
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import all_companies, company_scope, user_scope
from kolonne.portal.vehicles.queries import companies_with_vans


@dataclass(frozen=True)
class App:
    """An entry of the rail."""

    label: str
    icon: str
    url: str
    current: bool


@dataclass(frozen=True)
class Persona:
    """A person of the demonstration world, with the link that signs in with one click."""

    name: str
    initials: str
    role: str
    company: str
    url: str


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell` for the frame; `demo_personas` for the sign-in page of a demonstration."""
    actor: Actor | None = getattr(request, "actor", None)
    frame: dict[str, Any] = {
        "demo": settings.DEMO,
        "demo_pin": _demo_pin,
        "search_url": reverse("map"),
        "apps": [],
        "companies": [],
    }
    if actor is not None and actor.user_id is not None:
        frame |= {"apps": _apps(request, actor), **_company(request, actor)}
    return {"shell": frame, "demo_personas": partial(_personas, request) if settings.DEMO else ()}


def _apps(request: HttpRequest, actor: Actor) -> list[App]:
    page = request.resolver_match.url_name if request.resolver_match else ""
    apps = []
    if companies_with_vans(actor):
        apps += [
            App(_("Map"), "map", reverse("map"), current=page == "map"),
            App(_("Vans"), "van", reverse("vehicles"), current=page in {"vehicles", "vehicle"}),
        ]
    people = navigation.address_of(actor)
    if people:
        apps.append(App(_("People"), "people", people, current=navigation.is_page(page)))
    return apps


def _company(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """The companies of this person (all of them, to choose from) and the one that is open now."""
    person_id = actor.user_id or 0
    with user_scope(person_id):
        mine = {row.company_id: row for row in Membership.objects.filter(user_id=person_id)}
    with company_scope(mine):
        companies = list(Company.objects.order_by("name"))
    current = next((company for company in companies if company.pk in actor.company_ids), None)
    person = {
        "name": str(request.user),
        "user_id": request.user.get_username(),
        "initials": getattr(request.user, "initials", ""),
        "roles": mine[current.pk].role_labels if current else [],
        "administrators": [str(user) for user in administrators(current.pk)] if current else [],
    }
    return {
        "company": current,
        "companies": companies,
        "company_switch_url": reverse("switch_company"),
        "person": person,
    }


def _demo_pin() -> str:
    """The unlock PIN of all personas, which a demonstration shows where it is asked for."""
    path = settings.CONFIG.data / "demo" / "pin"
    return path.read_text(encoding="ascii").strip() if settings.DEMO and path.exists() else ""


def _personas(request: HttpRequest) -> list[Persona]:
    with company_scope(all_companies()):
        members = Membership.objects.select_related("user", "company").order_by("company__name", "pk")
        return [
            Persona(
                name=str(member.user),
                initials=member.user.initials,
                role=", ".join(member.role_labels),
                company=member.company.name,
                url=reverse("demo_sign_in", args=[sign_in_token(member.user)]),
            )
            for member in members
        ]
