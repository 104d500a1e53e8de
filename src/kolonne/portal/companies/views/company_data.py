from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies import actions
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.forms.organisations import CompanyForm
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import directory, generations
from kolonne.portal.companies.queries.directory import WRITE, may_at
from kolonne.portal.companies.queries.generations import MASTER_DATA, Difference, in_words, label_of
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.errors import Conflict


@login_required
@require_http_methods(["GET", "POST"])
def organisation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form with the organisation's data; what makes a new generation is confirmed first (CO-02)."""
    actor = actor_of_request(request)
    company = directory.get_organisation_for(actor, pk)
    directory.require_at(actor, WRITE, company.company)
    form = CompanyForm(company, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and "back" not in request.POST:
        before, (seen, data) = company.verification, _wanted(company, form)
        if "confirm" not in request.POST and (said := _to_confirm(request, company, seen, data)):
            return render(request, "companies/organisation_confirm.html", {"company": company, "form": form, **said})
        try:
            changed = actions.change_company(actor=actor, company=company, seen=seen, data=data)
        except Conflict as error:
            form = form.after_conflict(directory.get_organisation_for(actor, pk))
            if error.code == "number_taken":
                form.add_error(error.facts["field"], _number_taken())
        else:
            messages.success(request, _saved(was=before, now=changed.verification))
            return redirect("organisation", pk=pk)
    context = {"company": company, "people": directory.people_of(company), "form": form}
    return render(request, "companies/organisation_edit.html", context)


def _number_taken() -> str:
    return _(
        "Another verified company has this number. If it belongs to you, too, administrators of both can merge them. "
        "Otherwise check the number, or ask a dealer or the support of your country."
    )


def _saved(*, was: str, now: str) -> str:
    if was == Verification.VERIFIED and now != was:
        return _("The organisation's data were saved. A dealer has to verify it anew.")
    return _("The organisation's data were saved.")


def _wanted(company: Company, form: CompanyForm) -> tuple[CompanyData, CompanyData]:
    """What the person had seen, and what it shall be."""
    before = CompanyData.of(company)
    return replace(before, **form.seen()), replace(before, **form.cleaned_data)


def _to_confirm(request: HttpRequest, company: Company, seen: CompanyData, data: CompanyData) -> dict[str, Any]:
    """What the page that confirms says; empty when there is nothing to confirm."""
    changed = [name for name in MASTER_DATA if getattr(seen, name) != getattr(data, name)]
    said = generations.consequences(actor_of_request(request), company, changed)
    differences = [
        Difference(label_of(name), in_words(company, name, seen), in_words(company, name, data)) for name in changed
    ]
    return {"consequences": said, "differences": differences} if said else {}


@login_required
@require_GET
def organisation_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every generation of the master data, newest first (CO-02)."""
    actor = actor_of_request(request)
    company = directory.get_organisation_for(actor, pk)
    context = {
        "company": company,
        "generations": generations.history(company),
        "may_see_people": may_at(actor, "companies.member:read", company.company),
    }
    return render(request, "companies/organisation_history.html", context)
