from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.commerce import actions, queries, summary, texts
from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.actions.orders import MOST_VANS
from kolonne.portal.commerce.forms import OrderForm
from kolonne.portal.commerce.models import Order, OrderState
from kolonne.portal.commerce.terms import TERMS_VERSION
from kolonne.portal.commerce.views.common import PER_PAGE, actor_of_request, buying_company, may_write, reader
from kolonne.portal.companies.gate import blocked
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid


@login_required
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """What was ordered, newest first."""
    actor = reader(request)
    page = Paginator(queries.orders_of(actor), PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {"page": page, "may_order": may_write(actor), "names": summary.names_of_products(list(page))}
    return render(request, "commerce/orders.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def order_new(request: HttpRequest) -> HttpResponse:
    """Services for vans. Binds nobody yet, so an unverified company may, too (VE-01)."""
    actor = actor_of_request(request)
    company = buying_company(actor)
    search = request.GET.get("q", "").replace("\0", "").strip()[:100]
    vans = summary.vans_to_choose(company.pk, search)
    form = OrderForm(vans.shown, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        order = _place(actor, company, form)
        if order is not None:
            return redirect("order", pk=order.pk)
    chosen = set(request.POST.getlist("products")), set(request.POST.getlist("vehicles"))
    context = {"form": form, "vans": vans, "search": search, "products": texts.all_products(), "chosen": chosen}
    return render(request, "commerce/order_new.html", context | {"most": MOST_VANS})


def _place(actor: Actor, company: Company, form: OrderForm) -> Order | None:
    """None when the form has to say why not."""
    wanted, vans = form.cleaned_data["products"], form.cleaned_data["vehicles"]
    try:
        return actions.place_order(actor=actor, company=company, wanted=wanted, vehicles=vans)
    except Invalid as error:
        form.add_error(None, texts.of_refusal(error.code, error.text))
    return None


@login_required
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """The order, what hinders it, and its two ways: to become a contract, or to be withdrawn."""
    actor = actor_of_request(request)
    found = queries.get_order_for(actor, pk)
    error = ""
    if request.method == "POST":
        try:
            return _decide(request, actor, found)
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
            found.refresh_from_db()
    status = 409 if error else 200
    return render(request, "commerce/order.html", _about(actor, found) | {"error": error}, status=status)


def _about(actor: Actor, found: Order) -> dict[str, Any]:
    company = Company.objects.select_related("company").get(pk=found.company_id)
    return {
        "order": found,
        "company": company,
        "summary": summary.summary_of(found),
        "blocked": blocked(actor, company) if found.state == OrderState.WAITING else None,
        "may_write": actor.may(WRITE, found.company_id),
        "is_helper": actor.acting_for is not None,
        "terms_version": TERMS_VERSION,
    }


def _decide(request: HttpRequest, actor: Actor, found: Order) -> HttpResponse:
    require(actor, WRITE, found.company_id)
    if "terms" in request.POST:
        actions.accept_terms(actor=actor, order=found, version=request.POST["terms"])
    if request.POST.get("act") == "complete":
        actions.complete_order(actor=actor, order=found)
        messages.success(request, _("The order became a contract. Services begin on vans that are verified."))
    elif "terms" in request.POST:
        messages.success(request, _("You accepted the terms. The order goes on by itself after the dealer's check."))
    return redirect("order", pk=found.pk)


@login_required
@require_http_methods(["GET", "POST"])
def order_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks once more."""
    actor = actor_of_request(request)
    found = queries.get_order_for(actor, pk)
    require(actor, WRITE, found.company_id)
    if request.method == "POST":
        try:
            actions.withdraw_order(actor=actor, order=found)
        except Conflict as conflict:
            messages.error(request, texts.of_refusal(conflict.code, conflict.text))
        else:
            messages.success(request, _("The order was withdrawn."))
        return redirect("order", pk=pk)
    return render(request, "commerce/order_withdraw.html", {"order": found, "summary": summary.summary_of(found)})
