from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.companies.actions import sites as actions
from kolonne.portal.companies.forms.sites import SiteForm
from kolonne.portal.companies.models import Company, Site
from kolonne.portal.companies.queries import directory
from kolonne.portal.companies.queries.directory import WRITE
from kolonne.portal.companies.queries.sites import get_site
from kolonne.portal.companies.texts import of_refusal
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.lib.errors import Conflict


@login_required
@require_http_methods(["GET", "POST"])
def site_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A further place of the company (CO-10)."""
    return _page(request, _company(request, pk), None)


@login_required
@require_http_methods(["GET", "POST"])
def site_edit(request: HttpRequest, pk: int, site: int) -> HttpResponse:
    """Another name or address of a site."""
    company = _company(request, pk)
    return _page(request, company, get_site(company, site))


def _page(request: HttpRequest, company: Company, site: Site | None) -> HttpResponse:
    form = SiteForm(site, request.POST if request.method == "POST" else None)
    if form.is_valid() and _saved(request, company, site, form):
        messages.success(request, _("The site was saved."))
        return redirect("organisation", pk=company.pk)
    context = {"company": company, "site": site, "form": form}
    return render(request, "companies/site.html", context, status=422 if form.errors else 200)


def _saved(request: HttpRequest, company: Company, site: Site | None, form: SiteForm) -> bool:
    actor, data = actor_of_request(request), form.site_data()
    try:
        if site is None:
            actions.add_site(actor=actor, company=company, data=data)
        else:
            actions.change_site(actor=actor, company=company, site=site, data=data)
    except Conflict as error:
        form.add_error(error.facts.get("field"), of_refusal(error.code, error.text))
        return False
    return True


@login_required
@require_http_methods(["GET", "POST"])
def site_remove(request: HttpRequest, pk: int, site: int) -> HttpResponse:
    """Says what goes, then removes the site."""
    company = _company(request, pk)
    found = get_site(company, site)
    if request.method == "GET":
        return render(request, "companies/site_remove.html", {"company": company, "site": found})
    actions.remove_site(actor=actor_of_request(request), company=company, site=found)
    messages.success(request, _("The site “%(name)s” was removed.") % {"name": found.name})
    return redirect("organisation", pk=pk)


def _company(request: HttpRequest, pk: int) -> Company:
    """Raises NotFound to strangers, NotAllowed to those who only read."""
    actor = actor_of_request(request)
    company = directory.get_organisation_for(actor, pk)
    directory.require_at(actor, WRITE, company.company)
    return company
