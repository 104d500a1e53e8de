from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kolonne.portal.companies import actions, legal
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.actions.new_organisations import create_organisation
from kolonne.portal.companies.forms.organisations import FirstAdministratorForm, OrganisationForm
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.companies.queries import directory
from kolonne.portal.companies.queries.directory import CUSTOMERS, WRITE, Wanted, may_at
from kolonne.portal.companies.queries.sites import sites_of
from kolonne.portal.companies.texts import of_refusal
from kolonne.portal.companies.views.people import MAX_NUMBER_LENGTH, actor_of_request
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound

PARTNER_HIDDEN = "partner_reminder_hidden"
"""Session key: the person does not want to be reminded of the missing partner before the next sign-in."""


@login_required
@require_GET
def organisations(request: HttpRequest) -> HttpResponse:
    """All organisations of the reader's markets, as a table that needs no script."""
    actor = actor_of_request(request)
    if not directory.markets_of(actor, directory.READ):
        raise NotFound("page")
    kind = request.GET.get("kind", "")
    wanted = Wanted(
        search=request.GET.get("q", "").strip()[:80],
        kind=kind if kind in Kind.values else "",
        page=request.GET.get("page", "1"),
    )
    listing = directory.list_organisations(actor, wanted)
    context = {
        "listing": listing,
        "wanted": wanted,
        "chips": _chips(listing.kinds),
        "may_create": bool(directory.markets_of(actor, directory.CREATE)),
    }
    return render(request, "companies/organisations.html", context)


def _chips(kinds: dict[str, int]) -> list[tuple[str, str, int]]:
    """(kind, words, how many), all of them first."""
    some = [(kind.value, str(kind.label), kinds.get(kind.value, 0)) for kind in Kind]
    return [("", _("All"), sum(kinds.values())), *(chip for chip in some if chip[2])]


@login_required
@require_http_methods(["GET", "POST"])
def organisation_create(request: HttpRequest) -> HttpResponse:
    """A new organisation with its first administrator (B2-04)."""
    actor = actor_of_request(request)
    markets = directory.markets_of(actor, directory.CREATE)
    if not markets:
        raise NotAllowed(directory.CREATE)
    data = request.POST if request.method == "POST" else None
    form = OrganisationForm(markets, data)
    person = FirstAdministratorForm(data, initial={"language": request.LANGUAGE_CODE})
    # Both are checked, so that all errors are seen at once.
    if data is not None and all([form.is_valid(), person.is_valid()]):
        company = _create(actor, form, person)
        if company is not None:
            messages.success(request, _("The organisation was created, and its first administrator invited."))
            return redirect("organisation", pk=company.pk)
    return render(request, "companies/organisation_create.html", {"form": form, "person": person})


def _create(actor: Actor, form: OrganisationForm, person: FirstAdministratorForm) -> Company | None:
    """None when the form has to say why not."""
    try:
        return create_organisation(
            actor=actor,
            market=form.cleaned_data["market"],
            kind=Kind(form.cleaned_data["kind"]),
            data=form.company_data(),
            administrator=person.person(),
        )
    except Conflict as error:
        person.add_error(error.facts.get("field"), of_refusal(error.code, error.text))
    except Invalid as error:
        for name in error.errors:
            person.add_error(name if name in person.fields else None, of_refusal(error.code, error.text))
    return None


@login_required
@require_GET
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """What is known of an organisation; who may change it gets the way to it."""
    actor = actor_of_request(request)
    company = directory.get_organisation_for(actor, pk)
    return render(request, "companies/organisation.html", {**_about(actor, company), "sites": sites_of(company)})


def _about(actor: Actor, company: Company) -> dict[str, object]:
    tenant = company.company
    return {
        "company": company,
        "people": directory.people_of(company),
        "partner": directory.dealer(company.partner_id),
        "has_partner": company.kind in CUSTOMERS,
        "legal_form": legal.form_name(tenant.market_id, company.legal_form),
        "has_check": company.kind == Kind.FLEET,
        "may_write": may_at(actor, WRITE, tenant),
        "may_see_people": may_at(actor, "companies.member:read", tenant),
        "may_see_audit": may_at(actor, "companies.audit:read", tenant),
        "is_market_helper": tenant.market_id in actor.markets,
    }


@login_required
@require_http_methods(["GET", "POST"])
def organisation_partner(request: HttpRequest, pk: int) -> HttpResponse:
    """Finds a dealer by name or place, and makes him the after-sales partner (B2-03)."""
    actor = actor_of_request(request)
    company = directory.get_organisation_for(actor, pk)
    directory.require_at(actor, WRITE, company.company)
    if company.kind not in CUSTOMERS:
        raise NotFound("page")
    if request.method == "POST":
        return _set_partner(request, company)
    search = request.GET.get("partner", "").strip()[:80]
    context = {
        **_about(actor, company),
        "search": search,
        "dealers": directory.dealers_in(company.market_id, search),
        "most": directory.MOST_DEALERS,
    }
    return render(request, "companies/organisation_partner.html", context)


def _set_partner(request: HttpRequest, company: Company) -> HttpResponse:
    now = CompanyData.of(company)
    seen = replace(now, partner_id=number(request.POST.get("seen", "")))
    wanted = number(request.POST.get("partner", ""))
    try:
        actions.change_company(
            actor=actor_of_request(request), company=company, seen=seen, data=replace(now, partner_id=wanted)
        )
    except Invalid:
        messages.error(request, _("This dealer cannot be chosen. Please choose one of the list."))
        return redirect("organisation_partner", pk=company.pk)
    except Conflict:
        messages.error(request, _("Somebody else changed the partner meanwhile. Please look again."))
        return redirect("organisation_partner", pk=company.pk)
    partner = directory.dealer(wanted)
    chosen = _("%(dealer)s is the after-sales partner now.") % {"dealer": partner.name} if partner else ""
    messages.success(request, chosen or _("The organisation has no after-sales partner now."))
    return redirect("organisation", pk=company.pk)


def number(text: str) -> int | None:
    """The id in a field or an address; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_LENGTH else None


@login_required
@require_POST
def organisation_partner_later(request: HttpRequest) -> HttpResponse:
    """The reminder of the missing partner stays away until the next sign-in."""
    request.session[PARTNER_HIDDEN] = True
    target = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if is_ours else "/")
