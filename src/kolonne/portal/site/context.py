"""What every page's frame needs: who is here, for which company, and what may be opened."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from kolonne.portal.commerce.queries import companies_that_buy
from kolonne.portal.companies.models import Company, Membership
from kolonne.portal.companies.queries import administrators
from kolonne.portal.companies.queries.directory import CUSTOMERS
from kolonne.portal.companies.queries.directory import WRITE as COMPANY_WRITE
from kolonne.portal.companies.start import is_under_way
from kolonne.portal.companies.views import navigation
from kolonne.portal.companies.views.organisations import PARTNER_HIDDEN
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope, user_scope
from kolonne.portal.site import personas
from kolonne.portal.support.acting import WATCH
from kolonne.portal.support.queries import may_help, working_for
from kolonne.portal.support.texts import banner
from kolonne.portal.vehicles.queries import companies_with_vans


@dataclass(frozen=True)
class App:
    """An entry of the rail."""

    label: str
    icon: str
    url: str
    current: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell` for the frame; in a demonstration, whom one can be and by which password, read where a page says it."""
    actor: Actor | None = getattr(request, "actor", None)
    frame: dict[str, Any] = {
        "demo": settings.DEMO,
        "demo_pin": partial(personas.shared, "pin"),
        "search_url": "",
        "apps": [],
        "companies": [],
        "acting": getattr(request, "acting", None),
    }
    if actor is not None and actor.user_id is not None:
        search = reverse("map") if companies_with_vans(actor) else ""
        frame |= {"search_url": search, **_company(request, actor)}
        frame["apps"] = [*_start(request, actor, frame["company"]), *_apps(request, actor)]
    return {"shell": frame, **(_demonstration() if settings.DEMO else {})}


def _demonstration() -> dict[str, Any]:
    return {"demo_personas": personas.groups, "demo_password": partial(personas.shared, "password")}


def _start(request: HttpRequest, actor: Actor, company: Company | None) -> list[App]:
    """The way to the start page while something is open there."""
    if company is None or not is_under_way(actor, company):
        return []
    page = request.resolver_match.url_name if request.resolver_match else ""
    return [App(_("Start"), "home", reverse("start"), current=page == "start")]


_VAN_PAGES = ("vehicle", "module_", "claim_", "request_release", "request_object", "handover_", "traffic")
"""What begins the names of the pages about a company's own vans."""


def _apps(request: HttpRequest, actor: Actor) -> list[App]:
    page = request.resolver_match.url_name if request.resolver_match else ""
    apps = []
    if companies_with_vans(actor):
        apps += [
            App(_("Map"), "map", reverse("map"), current=page == "map"),
            App(_("Vans"), "van", reverse("vehicles"), current=(page or "").startswith(_VAN_PAGES)),
        ]
    if may_help(actor):
        apps.append(
            App(_("Help"), "help", reverse("support_desk"), current=page in {"support_desk", "support_company"})
        )
    if any("companies.customer:read" in rights for rights in actor.rights.values()):
        at_desk = (page or "").startswith(("customer", "case_", "van_claim"))
        apps.append(App(_("Customers"), "badge", reverse("customers"), current=at_desk))
    if companies_that_buy(actor):
        current = (page or "").startswith(("order", "invoice", "contract", "products", "terms"))
        apps.append(App(_("Services"), "order", reverse("products"), current=current))
    people = navigation.address_of(actor)
    if people:
        apps.append(App(_("People"), "people", people, current=navigation.is_page(page)))
    return apps


def _company(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """The companies of this person (all of them, to choose from) and the one that is open now."""
    person_id = actor.user_id or 0
    with user_scope(person_id):
        mine = {row.company_id: row for row in Membership.objects.filter(user_id=person_id)}
        helpers = [(row.pk, banner(row)) for row in working_for(person_id)]
    # Who acts for somebody sees the one company in which he does, and none of his own.
    with company_scope(actor.company_ids if actor.acting_for else mine):
        companies = list(Company.objects.select_related("company").order_by("name"))
    current = next((company for company in companies if company.pk in actor.company_ids), None)
    person = {
        "name": str(request.user),
        "user_id": request.user.get_username(),
        "initials": getattr(request.user, "initials", ""),
        "roles": mine[current.pk].role_labels if current and current.pk in mine else [],
        "administrators": [str(user) for user in administrators(current.pk)] if current else [],
    }
    return {
        "company": current,
        "companies": companies,
        "company_switch_url": reverse("switch_company"),
        "partner_missing": current is not None and _is_partner_missing(request, actor, current),
        "person": person,
        "helpers": helpers,
        "watch_url": WATCH,
    }


def _is_partner_missing(request: HttpRequest, actor: Actor, company: Company) -> bool:
    """Whether the person is to be reminded of it here (B2-03): once a session is enough for who says "later"."""
    is_asked = company.kind in CUSTOMERS and company.partner_id is None and actor.may(COMPANY_WRITE, company.pk)
    page = request.resolver_match.url_name if request.resolver_match else ""
    return is_asked and page != "organisation_partner" and not request.session.get(PARTNER_HIDDEN)
