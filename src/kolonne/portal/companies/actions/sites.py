from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Company, Site
from kolonne.portal.companies.queries.directory import WRITE, require_at
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound
from kolonne.portal.lib.scope import company_scope

MOST_SITES = 200
"""Of one company; a page shows them all."""


@dataclass(frozen=True)
class SiteData:
    """What is known of a further place of a company."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""

    @classmethod
    def of(cls, site: Site) -> "SiteData":
        return cls(site.name, site.street, site.postal_code, site.city)


@transaction.atomic
def add_site(*, actor: Actor, company: Company, data: SiteData) -> Site:
    """A depot or branch beside the main address (CO-10). Raises NotAllowed, Invalid; Conflict for a name that is
    taken, or when there are `MOST_SITES` already."""
    _check(actor, company, data)
    with company_scope([company.pk]):
        if Site.objects.filter(company=company).count() >= MOST_SITES:
            raise Conflict("too_many_sites", f"{company} has {MOST_SITES} sites already", most=MOST_SITES)
        site = Site(company=company, **asdict(data))
        _save(site)
        audit.record(actor, "companies.site.added", on=site, company_id=company.pk)
    return site


@transaction.atomic
def change_site(*, actor: Actor, company: Company, site: Site, data: SiteData) -> Site:
    """Another name or address. Raises NotAllowed, Invalid, NotFound; Conflict for a name that is taken."""
    _check(actor, company, data)
    with company_scope([company.pk]):
        site = _locked(company, site)
        before, after = asdict(SiteData.of(site)), asdict(data)
        changed = {name: [before[name], value] for name, value in after.items() if value != before[name]}
        if not changed:
            return site
        for name, value in after.items():
            setattr(site, name, value)
        _save(site)
        audit.record(actor, "companies.site.changed", on=site, company_id=company.pk, changed=changed)
    return site


@transaction.atomic
def remove_site(*, actor: Actor, company: Company, site: Site) -> None:
    """Raises NotAllowed; NotFound when somebody else was faster."""
    require_at(actor, WRITE, company.company)
    with company_scope([company.pk]):
        site = _locked(company, site)
        audit.record(actor, "companies.site.removed", on=site, company_id=company.pk)
        site.delete()


def _locked(company: Company, site: Site) -> Site:
    found = Site.objects.select_for_update().filter(pk=site.pk, company=company).first()
    if found is None:
        raise NotFound("site")
    return found


def _check(actor: Actor, company: Company, data: SiteData) -> None:
    require_at(actor, WRITE, company.company)
    if not data.name.strip():
        raise Invalid("no_name", "a site has a name", {"name": "what your people call it"})


def _save(site: Site) -> None:
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError as error:
        raise Conflict("site_exists", f"there is a site called {site.name} already", field="name") from error
