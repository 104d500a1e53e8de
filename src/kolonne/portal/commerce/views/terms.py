from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.commerce import queries
from kolonne.portal.commerce.actions.assignments import WRITE
from kolonne.portal.commerce.actions.terms import accept
from kolonne.portal.commerce.terms import pages, shown, versions
from kolonne.portal.commerce.terms.queries import accepted_of
from kolonne.portal.commerce.terms.render import html
from kolonne.portal.commerce.texts import language, of_refusal
from kolonne.portal.commerce.views.common import actor_of_request, buying_company
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid

SHOWN = 200
"""Of accepted texts: years of them."""


@login_required
@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    """What there is to read, what the company accepted when, and what is to be accepted now (PR-03)."""
    actor, error = actor_of_request(request), ""
    if request.method == "POST":
        try:
            return _accept(request, actor)
        except (Conflict, Invalid) as refusal:
            error = of_refusal(refusal.code, refusal.text)
    context = _about(request, actor) | {"error": error}
    return render(request, "commerce/terms.html", context, status=409 if error else 200)


def _accept(request: HttpRequest, actor: Actor) -> HttpResponse:
    company = buying_company(actor)
    hashes = request.POST.getlist("text")
    documents = shown(hashes)
    if len(documents) < len(set(hashes)):
        raise Conflict("other_terms", "a text of the page is not published any more")
    if not request.POST.get("read"):
        raise Invalid("not_read", "the box was not ticked", {"read": "tick it"})
    order = pages.to_accept(company, language()).order
    rows = accept(actor=actor, company=company, documents=documents, order=order)
    said = ngettext("You accepted %(n)s document.", "You accepted %(n)s documents.", len(rows)) % {"n": len(rows)}
    messages.success(request, said if rows else _("Your company had accepted all of that already."))
    return redirect("order", pk=order.pk) if order else redirect("terms")


def _about(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    company = _reading_company(actor)
    may_accept = company is not None and actor.may(WRITE, company.pk)
    return {
        "company": company,
        "is_buyer": company is not None,
        "may_accept": may_accept,
        "is_helper": actor.acting_for is not None,
        "accepting": pages.to_accept(company, language()) if company is not None and may_accept else None,
        "accepted": accepted_of(company).select_related("order")[:SHOWN] if company is not None else [],
        "documents": pages.published(_market(request, company), language()),
    }


@login_required
@require_GET
def terms_text(request: HttpRequest, code: str) -> HttpResponse:
    """One text in any version, as published or as it was accepted, ready to be printed."""
    company = _reading_company(actor_of_request(request))
    version, sha256 = (request.GET.get(name, "").replace("\0", "") for name in ("version", "text"))
    wanted = pages.Wanted(version[:10], sha256[:64])
    market = _market(request, company)
    text = pages.to_read(company, market, code, language(), wanted)
    context = {"text": text, "body": html(text.body), "versions": versions(market, code, language())[::-1]}
    return render(request, "commerce/terms_text.html", context)


def _reading_company(actor: Actor) -> Company | None:
    """Whose acceptances this person may see; None for those who buy nothing."""
    mine = queries.companies_that_buy(actor)
    return Company.objects.select_related("company").filter(pk__in=mine).first() if mine else None


def _market(request: HttpRequest, company: Company | None) -> str:
    """Of the company, else of the person."""
    return company.market_id if company is not None else str(getattr(request.user, "market_id", ""))
