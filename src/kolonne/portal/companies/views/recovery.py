"""How a dealer brings back a company that nobody administers, and how that is stopped (CO-10)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.companies.actions import recovery as actions
from kolonne.portal.companies.forms.recovery import RecoveryForm
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import desk
from kolonne.portal.companies.queries import recovery as reads
from kolonne.portal.companies.texts import of_refusal
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity import limits
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound


@login_required
@require_http_methods(["GET", "POST"])
def customer_recovery(request: HttpRequest, pk: int) -> HttpResponse:
    """The dealer says who shall administer an orphaned customer, with the person's document before him."""
    company = desk.get_customer_for(actor_of_request(request), pk)
    if not reads.is_orphaned(company):
        raise NotFound("page")
    form = RecoveryForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        if not limits.allows("case_code_person", actor_of_request(request).user_id):
            form.add_error(None, _("That was often enough for now. Wait an hour, then try again."))
            status = 429
        elif _open(request, company, form):
            messages.success(request, _("The recovery has begun. Everybody concerned was told by mail."))
            return redirect("customer", pk=pk)
    context = {"company": company, "form": form, "days": actions.RECOVERY_WAIT.days}
    return render(request, "companies/customer_recovery.html", context, status=status)


def _open(request: HttpRequest, company: Company, form: RecoveryForm) -> bool:
    """False when the form has to say why not."""
    actor = actor_of_request(request)
    user = reads.person_named(form.cleaned_data["person"])
    try:
        if user is None:
            raise Invalid("unfit_document", "nobody has this name", {})
        actions.open_recovery(
            actor=actor, dealer_id=desk.desk_of(actor), company=company, user=user, voucher=form.voucher()
        )
    except (Conflict, Invalid) as error:
        form.add_error(None, of_refusal(error.code, error.text))
        return False
    return True


@login_required
@require_http_methods(["GET", "POST"])
def recovery(request: HttpRequest, pk: int) -> HttpResponse:
    """What would happen to the company when, and the way to stop it."""
    actor = actor_of_request(request)
    found = reads.get_recovery_for(actor, pk)
    if request.method == "POST":
        try:
            actions.stop_recovery(actor=actor, recovery=found)
        except Conflict as error:
            messages.error(request, of_refusal(error.code, error.text))
        else:
            messages.success(request, _("The recovery was stopped. Everybody concerned is told by mail."))
        return redirect("recovery", pk=pk)
    return render(request, "companies/recovery.html", {"recovery": found, "company": found.company})
