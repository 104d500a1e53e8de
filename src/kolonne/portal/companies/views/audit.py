from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kolonne.portal.audit import texts
from kolonne.portal.audit.queries import Page, Wanted
from kolonne.portal.companies.actions.audit import check_chain, note_look_at_audit
from kolonne.portal.companies.queries import chains
from kolonne.portal.companies.queries.chains import Chain
from kolonne.portal.companies.queries.people import companies_with, markets_with
from kolonne.portal.companies.views import entry_words
from kolonne.portal.companies.views.organisations import number
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotFound

MARKET = "market"
MAX_ENTRY_LENGTH = 18


@login_required
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """What was done in an organisation, or to the people of the reader's markets; newest first."""
    actor = actor_of_request(request)
    chain = _chain(request, actor)
    note_look_at_audit(actor, chain.company)
    wanted = _wanted(request)
    page = chains.read(actor, chain, wanted)
    company = chain.company.name if chain.company else ""
    context = {
        **_list(request, wanted, page),
        "rows": list(entry_words.rows(page.entries, address_of=None, company=company)),
        "chain": chain,
        "state": chains.state(actor, chain),
        "tabs": _tabs(actor, chain),
    }
    return render(request, "companies/audit.html", context)


def _chain(request: HttpRequest, actor: Actor) -> Chain:
    asked = request.GET.get("organisation", "")
    if asked == MARKET:
        return chains.market_chain(actor)
    if not asked:
        return chains.own_chain(actor)
    company_id = number(asked)
    if company_id is None:
        raise NotFound("audit")
    return chains.chain_of(actor, company_id)


def _tabs(actor: Actor, chain: Chain) -> list[tuple[str, str, bool]]:
    """(address, words, whether it is open) of the chains between which a reader may choose."""
    tabs = [
        (f"?organisation={pk}", _("Your organisation"), pk == chain.company_id)
        for pk in companies_with(actor, chains.READ)
    ]
    if markets_with(actor, chains.READ):
        tabs.append((f"?organisation={MARKET}", _("People of your market"), chain.company is None))
    if chain.company is not None and not any(is_open for _address, _words, is_open in tabs):
        tabs.append((f"?organisation={chain.company.pk}", chain.company.name, True))
    return tabs if len(tabs) > 1 else []


@login_required
@require_POST
def audit_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Checks an organisation's chain while the reader waits."""
    actor = actor_of_request(request)
    chain = chains.chain_of(actor, pk)
    if chain.company is None:
        raise NotFound("audit")
    try:
        check_chain(actor=actor, company=chain.company)
    except Conflict:
        messages.info(request, _("There are too many entries to check them while you wait. It is done every day."))
    return redirect(f"{reverse('audit')}?organisation={pk}")


@login_required
@require_GET
def my_audit(request: HttpRequest) -> HttpResponse:
    """What the reader did and what was done to him, wherever that was."""
    user = cast("User", request.user)
    wanted = _wanted(request)
    page = chains.read_about(user, wanted)
    context = {
        **_list(request, wanted, page),
        "rows": list(entry_words.rows(page.entries, address_of=user.pk)),
        "me": user.pk,
    }
    return render(request, "companies/my_audit.html", context)


def _wanted(request: HttpRequest) -> Wanted:
    """What the address asks for; what it cannot mean is as if it were not there."""
    group, before = request.GET.get("group", ""), request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= MAX_ENTRY_LENGTH
    return Wanted(
        group=group if group in texts.GROUPS else "",
        name=request.GET.get("name", "").replace("\0", "").strip()[:80],
        since=_day(request.GET.get("since", "")),
        until=_day(request.GET.get("until", "")),
        before=int(before) if is_number else None,
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2200, 1, 1) else None


def _list(request: HttpRequest, wanted: Wanted, page: Page) -> dict[str, Any]:
    """The filters, and the address of what is older."""
    words = {
        "organisation": request.GET.get("organisation", ""),
        "group": wanted.group,
        "name": wanted.name,
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
    }
    kept = {name: word for name, word in words.items() if word}
    return {
        "wanted": wanted,
        "filters": words,
        "groups": [(key, str(word)) for key, word in texts.GROUPS.items()],
        "is_filtered": any(words[name] for name in ("group", "name", "since", "until")),
        "organisation": words["organisation"],
        "newest": "?" + urlencode(kept) if wanted.before else "",
        "older": "?" + urlencode({**kept, "before": page.next_before}) if page.next_before else "",
        "everything": "?" + urlencode({"organisation": words["organisation"]} if words["organisation"] else {}),
    }
