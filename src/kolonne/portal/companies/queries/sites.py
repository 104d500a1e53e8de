from kolonne.portal.companies.models import Company, Site
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import company_scope


def sites_of(company: Company) -> list[Site]:
    """By name; the main address is the company's own and not among them (CO-10)."""
    with company_scope([company.pk]):
        return list(Site.objects.filter(company=company).order_by("name", "pk"))


def get_site(company: Company, pk: int) -> Site:
    """Raises NotFound, also for a site of another company."""
    with company_scope([company.pk]):
        site = Site.objects.filter(company=company, pk=pk).first()
    if site is None:
        raise NotFound("site")
    return site
