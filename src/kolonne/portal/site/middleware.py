"""What happens around every page: the person's language, caching, and the companies that the person may touch."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.views.choice import CHOSEN
from kolonne.portal.identity import second_factor
from kolonne.portal.lib import problems
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import KolonneError
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.support import actions as support_actions
from kolonne.portal.support import queries as support_queries
from kolonne.portal.support.acting import READ, Over, is_open, why_closed
from kolonne.portal.support.acting import SESSION as ACTING_SESSION
from kolonne.portal.support.models import Ended

Handler = Callable[[HttpRequest], HttpResponse]
ANONYMOUS = Actor(label="anonymous")


def language(get_response: Handler) -> Handler:
    """A signed-in person's own language; before that the cookie or what the browser asks for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        chosen = None if isinstance(user, AnonymousUser) else user.language
        with translation.override(chosen or translation.get_language_from_request(request)):
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            response = get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            return response

    return middleware


def no_store(get_response: Handler) -> Handler:
    """Pages hold personal data: no cache keeps them unless a view says otherwise."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    return middleware


def _time_zone() -> str | None:
    """Of the company in scope: its people read all times as they read the clock on their wall."""
    return Company.objects.order_by("pk").values_list("time_zone", flat=True).first()


# What somebody may open who must set up a second factor first.
WITHOUT_FACTOR = frozenset(
    {
        "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn", "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_reauthenticate",
        "account_logout", "set_language", "health",
    }
)  # fmt: skip


def second_factor_first(get_response: Handler) -> Handler:
    """Nothing opens for an administrator, dealer or helper who has no second factor yet (ID-10)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, AnonymousUser) or _page(request) in WITHOUT_FACTOR:
            return get_response(request)
        if not second_factor.is_missing(user, request.session):
            return get_response(request)
        if problems.wants_json(request) or request.path_info.startswith("/api/"):
            return problems.response(403, "second_factor_missing", "set up a second factor first, at /accounts/2fa/")
        return redirect("mfa_index")

    return middleware


def _page(request: HttpRequest) -> str | None:
    try:
        return resolve(request.path_info).url_name
    except Resolver404:
        return None


def _full_name(request: HttpRequest) -> str:
    """Of the page, with its namespace; empty for an address that leads nowhere."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def _closed(request: HttpRequest) -> HttpResponse:
    """What nobody opens in somebody else's name (SU-02), in words."""
    if problems.wants_json(request) or request.path_info.startswith("/api/"):
        return problems.response(403, "closed_while_acting", "this stays closed while you work in somebody's name")
    return render(request, "support/closed.html", {"why": why_closed(request.path_info)}, status=403)


def _stopped(request: HttpRequest, actor: Actor, over: Over) -> HttpResponse:
    """The helper's browser believes that it acts for somebody, but that has ended. What it asked for is not done in
    the helper's own name either: it was meant for somebody else's company."""
    request.session.pop(ACTING_SESSION, None)
    if over.row is not None:
        support_actions.end(actor=actor, row=over.row, reason=over.reason)
    if problems.wants_json(request) or request.path_info.startswith("/api/"):
        return problems.response(403, "acting_ended", "you no longer work in somebody's name")
    why = str(over.reason.label)
    if over.row is not None and over.reason == Ended.USER:
        why = _("%(name)s ended it") % {"name": over.row.user}
    messages.warning(request, _("You no longer work in the customer's name: %(why)s.") % {"why": why})
    return redirect("support_desk")


BY_THEMSELVES = frozenset({"/health/", "/api/v1/modules/enrol", "/api/v1/modules/renew"})
"""Probes need no rows, and an answer while the database is away. Modules prove themselves in their request, open what
that proves, and wait for what is done after their transaction."""


class Scope:
    """Opens the person's companies for the request, in one transaction; everybody else sees no rows at all."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in BY_THEMSELVES:
            return self.get_response(request)
        user = request.user
        actor, acting = ANONYMOUS, None
        if not isinstance(user, AnonymousUser):
            actor = actor_of(user, client_address(request)).within(request.session.get(CHOSEN))
            acting = support_queries.look(request.session, actor)
        if isinstance(acting, Over):
            return _stopped(request, actor, acting)
        request.actor = acting.actor if acting else actor  # type: ignore[attr-defined]  # a request has no such attribute
        request.acting = acting  # type: ignore[attr-defined]  # as above
        with company_scope(request.actor.company_ids), timezone.override(_time_zone()):  # type: ignore[attr-defined]
            if acting and not is_open(_full_name(request), request.method or ""):
                return _closed(request)
            over = support_queries.hold(acting.row) if acting and request.method not in READ else None
            return _stopped(request, actor, over) if over else self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """An action's refusal becomes a page in words; anything else stays a fault."""
        if not isinstance(error, KolonneError) or error.status == 500:
            return None
        template = {403: "403.html", 404: "404.html"}.get(error.status, "400.html")
        if error.status == 403 and request.acting:  # type: ignore[attr-defined]  # set above
            return _closed(request)
        if error.status == 403 and _is_private(request):
            template = "companies/no_company.html"
        return render(request, template, {"error": error}, status=error.status)


def _is_private(request: HttpRequest) -> bool:
    """Somebody who belongs to no company: told what a business account is, and not only that this is closed (ID-03)."""
    return bool(request.user.is_authenticated and not request.actor.rights)  # type: ignore[attr-defined]  # as above
