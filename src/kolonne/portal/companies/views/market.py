from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.companies.forms.market import MarketForm
from kolonne.portal.companies.queries import periods
from kolonne.portal.companies.queries.directory import READ, markets_of
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity.actions.markets import WRITE, change_market
from kolonne.portal.identity.models import Market
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed, NotFound


@login_required
@require_http_methods(["GET", "POST"])
def market(request: HttpRequest) -> HttpResponse:
    """The periods of a market and its support's address. Other periods are saved once their effect was shown."""
    actor = actor_of_request(request)
    markets = markets_of(actor, READ)
    place = _chosen(request, markets)
    may_write = actor.may_in(WRITE, place.pk)
    if request.method == "POST" and not may_write:
        raise NotAllowed(WRITE)
    form = MarketForm(place, request.POST if request.method == "POST" else None)
    context = {"market": place, "markets": markets if len(markets) > 1 else [], "may_write": may_write, "form": form}
    if request.method == "POST" and form.is_valid():
        if not form.has_other_periods() or request.POST.get("shown") == form.fingerprint():
            return _save(actor, place, form, request)
        context |= {"outlook": _in_words(periods.outlook(place, form.periods())), "shown": form.fingerprint()}
    shown = periods.with_periods(place, form.periods()) if "shown" in context else place
    return render(request, "companies/market.html", {**context, "steps": _steps(shown)})


def _chosen(request: HttpRequest, markets: list[Market]) -> Market:
    """Raises NotFound to everybody but a market's helpers."""
    wanted = request.GET.get("market") or (markets[0].pk if markets else "")
    found = next((market for market in markets if market.pk == wanted), None)
    if found is None:
        raise NotFound("market")
    return found


def _save(actor: Actor, place: Market, form: MarketForm, request: HttpRequest) -> HttpResponse:
    change_market(actor=actor, market=place, **form.changes())
    messages.success(request, _("The market's data were saved."))
    return redirect(f"{reverse('market')}?market={place.pk}")


def _steps(place: Market) -> list[dict[str, Any]]:
    """The example time line in words."""
    words = {
        "sign_in": (_("Last sign-in"), ""),
        "warn": (_("Warning by mail"), _("A mail says when the account will be locked, with a link that keeps it.")),
        "lock": (_("Account locked"), _("The person does not get in any more. A mail says who can help.")),
        "notice": (_("Deletion announced"), _("A mail says when the account will be deleted, and offers the data.")),
        "delete": (_("Account deleted"), _("The account and what it knew are erased.")),
    }
    return [
        {"step": step, "title": words[step.name][0], "text": words[step.name][1]} for step in periods.example(place)
    ]


def _in_words(outlook: list[periods.Outlook]) -> list[tuple[str, periods.Outlook]]:
    words = {
        "warn": _("Get a warning"),
        "lock": _("Are locked out"),
        "notice": _("Are told of their deletion"),
        "delete": _("Are deleted"),
    }
    return [(words[one.name], one) for one in outlook]
