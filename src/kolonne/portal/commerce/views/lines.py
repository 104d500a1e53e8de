"""Decisions about services: a page that says what each brings about, then the act itself."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from kolonne.portal.commerce import actions, cockpit, outlook, queries, texts
from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.models import Assignment
from kolonne.portal.commerce.periods import day_of
from kolonne.portal.commerce.views.common import actor_of_request, buying_company
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound

SHOWN = 30
"""Vans that are named in a group; the others are counted."""


@login_required
@require_http_methods(["GET", "POST"])
def contract_lines(request: HttpRequest) -> HttpResponse:
    """Says what would happen; a POST does it to what the page named, or only looks: with a day for thousands of
    services, whose names no address could hold."""
    actor = actor_of_request(request)
    company = buying_company(actor)
    asked = request.POST if request.method == "POST" else request.GET
    act = asked.get("act", "")
    if not act:
        messages.warning(request, _("Choose what to do with the marked services."))
        return redirect(reverse("contracts") + _filter(cockpit.Wanted.of(asked)))
    if act not in outlook.ACTS:
        raise NotFound("page")
    if request.method == "POST" and "look" not in asked:
        return _do(request, actor, company, act)
    return _show(request, actor, company, act, _asked_for(actor, asked))


def _show(
    request: HttpRequest, actor: Actor, company: Company, act: str, lines: list[Assignment], error: str = ""
) -> HttpResponse:
    asked = request.GET if request.method == "GET" else request.POST
    now, day, wanted = timezone.now(), _day(asked), cockpit.Wanted.of(asked)
    found = outlook.Outlook()
    try:
        found = outlook.of(act, lines, company.time_zone, now, day)
    except Invalid as invalid:
        error = error or texts.of_refusal(invalid.code, invalid.text)
    context: dict[str, Any] = {
        "act": act,
        "title": outlook.ACTS[act],
        "lines": lines,
        "groups": [(group, _named(group), len(group.lines) - SHOWN) for group in found.groups],
        "chosen": found.chosen,
        "day": day,
        "today": _today(company, now),
        "error": error,
        "wanted": wanted,
        "filter": _filter(wanted),
    }
    return render(request, "commerce/contract_lines.html", context, status=409 if error else 200)


def _named(group: outlook.Group) -> list[tuple[Assignment, texts.ProductWords]]:
    return [(line, texts.of_product(line.product)) for line in group.lines[:SHOWN]]


def _do(request: HttpRequest, actor: Actor, company: Company, act: str) -> HttpResponse:
    pks, day = _numbers(request.POST), _day(request.POST)
    try:
        count = _decide(actor, company, act, pks, day)
    except (Conflict, Invalid) as refusal:
        lines = list(cockpit.in_order(Assignment.objects.filter(company_id=company.pk, pk__in=pks)))
        return _show(request, actor, company, act, lines, texts.of_refusal(refusal.code, refusal.text))
    said = ngettext("%(n)s service was changed.", "%(n)s services were changed.", count)
    messages.success(request, said % {"n": count})
    return redirect(reverse("contracts") + _filter(cockpit.Wanted.of(request.POST)))


def _filter(wanted: cockpit.Wanted) -> str:
    """Leads back to the list as it was narrowed; empty for all of it."""
    words = {"q": wanted.search, "product": wanted.product, "state": wanted.state}
    return f"?{urlencode(words)}" if wanted.is_narrow else ""


def _decide(actor: Actor, company: Company, act: str, pks: list[int], day: date | None) -> int:
    if act in {outlook.CANCEL, outlook.CANCEL_NOW}:
        at_once = act == outlook.CANCEL_NOW
        return actions.cancel_lines(actor=actor, company=company, lines=pks, at_once=at_once)
    if act == outlook.KEEP:
        return actions.take_back_notice(actor=actor, company=company, lines=pks)
    if act in {outlook.PAY, outlook.STOP}:
        return actions.choose_after_trial(actor=actor, company=company, lines=pks, converts=act == outlook.PAY)
    if day is None:
        raise Invalid("no_day", "which day is missing", {"day": "a day"})
    return len(actions.set_common_end(actor=actor, company=company, lines=pks, day=day).agreed)


def _asked_for(actor: Actor, query: QueryDict) -> list[Assignment]:
    """Marked ones, all of a contract, or all that a filter finds; running ones only."""
    number = query.get("contract", "")
    if number.isdecimal() and len(number) < 10:
        contract = queries.get_contract_for(actor, int(number))
        lines = cockpit.in_order(Assignment.objects.filter(contract=contract))
    elif query.get("all"):
        lines = cockpit.lines_of(actor, cockpit.Wanted.of(query))
    else:
        lines = cockpit.lines_of(actor, cockpit.Wanted()).filter(pk__in=_numbers(query))
    return list(lines.filter(ended_at=None))


def _numbers(query: QueryDict) -> list[int]:
    return [int(word) for word in query.getlist("line") if word.isdecimal() and len(word) < 10]


def _day(query: QueryDict) -> date | None:
    try:
        return date.fromisoformat(query.get("day", ""))
    except ValueError:
        return None


def _today(company: Company, now: datetime) -> str:
    return day_of(now, company.time_zone).isoformat()


@login_required
@require_http_methods(["GET", "POST"])
def contract_waiting(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraws what of a contract has not begun; asks once more."""
    actor = actor_of_request(request)
    found = queries.get_contract_for(actor, pk)
    require(actor, WRITE, found.company_id)
    waiting = queries.open_items(found.company_id).filter(order__contract=found)
    if request.method == "POST":
        try:
            actions.withdraw_waiting(actor=actor, contract=found)
        except Conflict as conflict:
            messages.error(request, texts.of_refusal(conflict.code, conflict.text))
        else:
            messages.success(request, _("What had not begun was withdrawn."))
        return redirect("contract", pk=pk)
    items = waiting.select_related("vehicle").order_by("vehicle__plate", "product")
    named = [(item, texts.of_product(item.product)) for item in items]
    return render(request, "commerce/contract_waiting.html", {"contract": found, "items": named})
