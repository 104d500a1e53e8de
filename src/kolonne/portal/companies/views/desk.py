"""The dealer's desk: his customers, and the cases that they open with him (VE-02, VE-04)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kolonne.portal.companies import codes, legal
from kolonne.portal.companies.actions import desk as actions
from kolonne.portal.companies.actions.audit import note_look_at_case, note_look_at_customer
from kolonne.portal.companies.forms.desk import CaseForm, CodeForm
from kolonne.portal.companies.gate import ASK
from kolonne.portal.companies.queries import desk as reads
from kolonne.portal.companies.queries.desk import CaseView, Wanted
from kolonne.portal.companies.queries.recovery import is_orphaned, recovery_of
from kolonne.portal.companies.texts import of_refusal
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity import limits
from kolonne.portal.identity.links import keep_address_private
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound


@login_required
@require_GET
def customers(request: HttpRequest) -> HttpResponse:
    """The work list and the customers of a dealer; for a market's administrator the checks from afar that wait."""
    actor = actor_of_request(request)
    has_desk = any(actor.may(reads.READ, company) for company in actor.company_ids)
    if not has_desk and any(reads.WRITE in rights for rights in actor.markets.values()):
        return render(request, "companies/desk_remote.html", {"waiting": reads.remote_cases_of(actor)})
    wanted = Wanted(request.GET.get("q", "").replace("\0", "").strip()[:80], request.GET.get("page", "1"))
    desk = reads.look_at_desk(reads.desk_of(actor), wanted)
    return render(request, "companies/desk.html", {"desk": desk, "wanted": wanted, "form": CodeForm(), "actor": actor})


@keep_address_private
@login_required
@require_GET
def case_by_code(request: HttpRequest, code: str) -> HttpResponse:
    """Where a scanned code leads. It opens nothing by itself: that is a click away."""
    actor = actor_of_request(request)
    if any(actor.may(ASK, company) for company in actor.company_ids):
        return redirect("verification")  # the customer scanned his own screen
    reads.desk_of(actor)
    form = CodeForm(initial={"code": codes.grouped(codes.read(code)) if codes.read(code) else code[:40]})
    return render(request, "companies/desk_code.html", {"form": form})


@login_required
@require_http_methods(["GET", "POST"])
def case_open(request: HttpRequest) -> HttpResponse:
    """Opens the case of a code, which was typed or scanned."""
    actor = actor_of_request(request)
    dealer_id = reads.desk_of(actor)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not (limits.allows("case_code_person", actor.user_id) and limits.allows("case_code_dealer", dealer_id)):
            form.add_error("code", _("That was often enough for now. Wait an hour, then try again."))
            return render(request, "companies/desk_code.html", {"form": form}, status=429)
        case_id = _open(actor, dealer_id, form)
        if case_id:
            return redirect("customer_case", pk=case_id)
    return render(request, "companies/desk_code.html", {"form": form})


def _open(actor: Actor, dealer_id: int, form: CodeForm) -> int | None:
    """None when the form has to say why not."""
    try:
        return actions.open_case(actor=actor, dealer_id=dealer_id, code=form.cleaned_data["code"]).pk
    except NotFound:
        form.add_error("code", _("Nobody has this code. Please compare it with the customer's screen."))
    except Conflict as error:
        form.add_error("code", of_refusal(error.code, error.text))
    return None


@login_required
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: what is stored beside what the documents say; then the findings, and once more before they count."""
    actor = actor_of_request(request)
    view = reads.get_case_for(actor, pk)
    note_look_at_case(actor, view.case)
    if not view.is_open:
        return render(request, "companies/desk_closed.html", {"view": view})
    if request.method != "POST":
        return _page(request, view, CaseForm(view))
    form = CaseForm(view, request.POST)
    if request.POST.get("seen") != view.seen:
        form.add_error(None, of_refusal("case_changed", ""))
    if not form.is_valid() or "back" in request.POST:
        return _page(request, view, form)
    if "confirm" not in request.POST:
        return render(request, "companies/desk_confirm.html", _about(request, view, form) | _summary(view, form))
    return _decide(request, view, form)


def _page(request: HttpRequest, view: CaseView, form: CaseForm) -> HttpResponse:
    return render(request, "companies/desk_case.html", _about(request, view, form))


def _about(request: HttpRequest, view: CaseView, form: CaseForm) -> dict[str, object]:
    actor = actor_of_request(request)
    return {
        "view": view,
        "form": form,
        "legal_form": legal.form_name(view.company.market_id, view.company.legal_form),
        "differences": form.differences() if form.is_bound else [],
        "is_second": view.is_proposed,
        "waits_for_other": view.is_proposed and view.case.proposed_by_id == actor.user_id,
        "remote_days": actions.REMOTE_VALID.days,
    }


def _summary(view: CaseView, form: CaseForm) -> dict[str, object]:
    """What is asked once more before it counts, and what the form holds."""
    decision = form.decision()
    labels = {"person": str(view.person), "company": view.company.name} | {item.key: item.label for item in view.items}
    findings = {"person": decision.person} | ({"company": decision.company} if decision.company else {})
    return {
        "findings": [
            (labels[name], one.result.value, one.result.label, one.reason)
            for name, one in (findings | dict(decision.items)).items()
        ],
        "kept": [(name, form.data.get(name, "")) for name in form.fields],
        "is_released": decision.company.verified if decision.company else not view.asks_company,
    }


def _decide(request: HttpRequest, view: CaseView, form: CaseForm) -> HttpResponse:
    try:
        decided = actions.decide_case(
            actor=actor_of_request(request), case=view.case, seen=request.POST["seen"], decision=form.decision()
        )
    except (Conflict, Invalid) as error:
        form.add_error(None, of_refusal(error.code, error.text))
        return _page(request, view, form)
    if decided.closed_at is None:
        messages.success(request, _("Your findings were kept. They count when a second person agrees."))
        return redirect("customers")
    messages.success(request, _("The findings were saved. The customer gets them by mail."))
    return redirect("customer_case", pk=decided.pk)


@login_required
@require_POST
def case_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person does not agree with the first check from afar."""
    actor = actor_of_request(request)
    view = reads.get_case_for(actor, pk)
    try:
        actions.reject_proposal(actor=actor, case=view.case)
    except Conflict as error:
        messages.error(request, of_refusal(error.code, error.text))
    else:
        messages.success(request, _("The first check was rejected. It has to be done anew."))
    return redirect("customers")


@login_required
@require_GET
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """What a dealer needs of one customer: where it is, whether it is verified, and what it showed here."""
    actor = actor_of_request(request)
    company = reads.get_customer_for(actor, pk)
    note_look_at_customer(actor, company)
    dealer_id = reads.desk_of(actor)
    cases = reads.cases_with(dealer_id, company)
    context = {
        "company": company,
        "cases": cases,
        "is_orphaned": is_orphaned(company),
        "recovery": recovery_of(company),
        "contacts": reads.contacts_of(cases),
        "is_partner": company.partner_id == dealer_id,
    }
    return render(request, "companies/customer.html", context)
