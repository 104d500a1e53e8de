"""The steps that delete a company, and what its people see from then on (CO-07)."""

from datetime import datetime

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies.actions import leaving as actions
from kolonne.portal.companies.forms.leaving import ConfirmNameForm
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import leaving as queries
from kolonne.portal.companies.queries.leaving import DELETE, EXPORT
from kolonne.portal.companies.queries.merging import open_merge_of
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.lib.actor import require
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed

READ = "companies.company:read"


def open_company(request: HttpRequest, right: str) -> Company:
    """The company that is open now, if the reader has this right there. Raises NotAllowed."""
    actor = actor_of_request(request)
    company = Company.objects.select_related("company__market").filter(pk__in=actor.company_ids).order_by("pk").first()
    if company is None or actor.acting_for is not None:
        raise NotAllowed(right)
    require(actor, right, company.pk)
    return company


@login_required
@require_GET
def company_delete(request: HttpRequest) -> HttpResponse:
    """Step 1: what happens to everything that the company has now."""
    company = open_company(request, DELETE)
    if queries.is_leaving(company.pk):
        return redirect("company_leaving")
    return render(request, "companies/delete_what.html", _about(company) | {"step": 1})


@login_required
@require_GET
def company_delete_data(request: HttpRequest) -> HttpResponse:
    """Step 2: take the data along."""
    company = open_company(request, DELETE)
    if queries.is_leaving(company.pk):
        return redirect("company_leaving")
    context = {"company": company, "step": 2, "export": queries.last_export(company.pk)}
    return render(request, "companies/delete_data.html", context)


@login_required
@reauthentication_required(enabled=True)  # type: ignore[untyped-decorator]  # allauth has no type stubs
@require_http_methods(["GET", "POST"])
def company_delete_confirm(request: HttpRequest) -> HttpResponse:
    """Step 3: the name is typed, and everything of the fleet ends at once."""
    company = open_company(request, DELETE)
    if queries.is_leaving(company.pk):
        return redirect("company_leaving")
    form = ConfirmNameForm(company, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _order(request, company, form):
        messages.success(request, _("The deletion is ordered. All services are off."))
        return redirect("company_leaving")
    context = _about(company) | {"step": 3, "form": form}
    return render(request, "companies/delete_confirm.html", context)


def _order(request: HttpRequest, company: Company, form: ConfirmNameForm) -> bool:
    """False when the form has to say why not. Somebody who was faster wanted the same."""
    try:
        actor, typed = actor_of_request(request), form.cleaned_data["name"]
        actions.order_deletion(actor=actor, company=company, typed_name=typed)
    except Invalid:
        form.add_error("name", _("The company has another name by now. Type the one that stands above."))
        return False
    except Conflict as error:
        if error.code == "merging":
            form.add_error(None, _("Another company becomes part of yours at this moment. Wait until that is done."))
            return False
    return True


def _about(company: Company) -> dict[str, object]:
    ends_at: datetime = queries.contracts_end(timezone.now(), company.time_zone)
    found = queries.consequences(company)
    return {"company": company, "ends_at": ends_at, "consequences": found, "days": settings.COMPANY_NOTICE_DAYS}


@login_required
@require_GET
def company_leaving(request: HttpRequest) -> HttpResponse:
    """What people of a company that is being deleted see: what has ended, what ends when, and what they can do."""
    company = open_company(request, READ)
    order = queries.leaving_of(company.pk)
    if order is None:
        return _merging(request, company)
    actor = actor_of_request(request)
    may_export = actor.may(EXPORT, company.pk)
    context = {
        "company": company,
        "leaving": order,
        "is_over": order.ends_at <= timezone.now(),
        "may_withdraw": actor.may(DELETE, company.pk),
        "may_export": may_export,
        "export": queries.last_export(company.pk) if may_export else None,
    }
    return render(request, "companies/leaving.html", context)


def _merging(request: HttpRequest, company: Company) -> HttpResponse:
    """A company may also be leaving because it becomes part of another one (CO-10)."""
    merge = open_merge_of(company.pk)
    if merge is None or not merge.is_running or merge.gone_id != company.pk:
        return redirect("/")
    return render(request, "companies/merging.html", {"company": company, "merge": merge})


@login_required
@require_http_methods(["GET", "POST"])
def company_withdraw(request: HttpRequest) -> HttpResponse:
    """Takes the order back, after saying what comes back and what does not."""
    company = open_company(request, DELETE)
    order = queries.leaving_of(company.pk)
    if order is None:
        return redirect("/")
    if request.method == "POST":
        try:
            actions.withdraw_deletion(actor=actor_of_request(request), company=company)
        except Conflict:
            messages.error(request, _("The contracts have ended: the deletion cannot be withdrawn any more."))
            return redirect("company_leaving")
        messages.success(request, _("The deletion is withdrawn. The company stays."))
        return redirect("/")
    return render(request, "companies/leaving_withdraw.html", {"company": company, "leaving": order})
