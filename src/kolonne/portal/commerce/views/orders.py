from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.commerce import actions, basket, choice, queries, summary, texts
from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.actions.orders import item_of, missing_terms
from kolonne.portal.commerce.forms import OrderForm
from kolonne.portal.commerce.models import Order, OrderState, TermsAcceptance
from kolonne.portal.commerce.terms import Document, library
from kolonne.portal.commerce.terms.queries import missing_for
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
    """Services for vans: choose, look at the basket, place. Binds nobody yet, so an unverified company may, too."""
    actor = actor_of_request(request)
    company = buying_company(actor)
    search = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found = choice.to_choose(company, search)
    form = OrderForm(found.shown, company.market_id, request.POST if request.method == "POST" else None)
    act = request.POST.get("act", "")
    if request.method == "POST" and act != "change" and form.is_valid():
        placed = _place(actor, company, form) if act == "place" else None
        if placed is not None:
            return redirect("order", pk=placed.pk)
        if not form.errors:
            return _basket(request, actor, company, form)
    chosen = {name: set((request.POST or request.GET).getlist(name)) for name in ("products", "packages", "vehicles")}
    context = {"form": form, "choice": found, "search": search, "chosen": chosen}
    return render(request, "commerce/order_new.html", context)


def _basket(request: HttpRequest, actor: Actor, company: Company, form: OrderForm) -> HttpResponse:
    """What the order would be, what it costs now and after the trial, what is left out, and what still hinders."""
    chosen = form.cleaned_data
    filled = basket.fill(company, chosen["products"], chosen["packages"], chosen["vehicles"])
    items = [item_of(want) for want in filled.wants]
    context = {
        "company": company,
        "chosen": chosen,
        "summary": summary.summarize(items),
        "left_out": summary.left_out(filled),
        "blocked": blocked(actor, company),
        "documents": missing_for(company, {item.product for item in items}, texts.language()),
        "is_helper": actor.acting_for is not None,
    }
    return render(request, "commerce/order_basket.html", context)


def _place(actor: Actor, company: Company, form: OrderForm) -> Order | None:
    """None when the form has to say why not."""
    chosen = form.cleaned_data
    try:
        return actions.place_order(
            actor=actor,
            company=company,
            wanted=chosen["products"],
            packages=chosen["packages"],
            vehicles=chosen["vehicles"],
            converts=chosen["converts"] == "1",
        )
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
    waits = found.state == OrderState.WAITING
    return {
        "order": found,
        "company": company,
        "summary": summary.summary_of(found),
        "blocked": blocked(actor, company) if waits else None,
        "documents": missing_terms(company, found, texts.language()) if waits else [],
        "accepted": TermsAcceptance.objects.filter(order=found).select_related("text").order_by("pk"),
        "may_write": actor.may(WRITE, found.company_id),
        "is_helper": actor.acting_for is not None,
    }


def _decide(request: HttpRequest, actor: Actor, found: Order) -> HttpResponse:
    require(actor, WRITE, found.company_id)
    act, is_accepted = request.POST.get("act", ""), "terms" in request.POST
    if is_accepted or act == "accept":
        actions.accept_terms(actor=actor, order=found, documents=_read(request) if is_accepted else [])
    if act == "complete":
        actions.complete_order(actor=actor, order=found)
        messages.success(request, _("The order became a contract. Services begin on vans that are verified."))
    elif act == "accept":
        messages.success(request, _("The order is confirmed. It goes on by itself after the dealer's check."))
    return redirect("order", pk=found.pk)


def _read(request: HttpRequest) -> list[Document]:
    """The documents that the page named. Raises Conflict when one is not published any more."""
    known = library().by_hash
    shown = request.POST.getlist("document")
    if any(sha256 not in known for sha256 in shown):
        raise Conflict("other_terms", "a document is not published any more")
    return [known[sha256] for sha256 in shown]


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
