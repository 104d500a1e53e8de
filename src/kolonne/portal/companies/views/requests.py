from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies import texts
from kolonne.portal.companies.actions import people, requests
from kolonne.portal.companies.queries import inbox
from kolonne.portal.companies.queries import people as reads
from kolonne.portal.companies.queries.deletions import open_deletions
from kolonne.portal.companies.views import acts
from kolonne.portal.companies.views.acts import ACTS
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity.models import HelpRequest, HelpState
from kolonne.portal.lib.errors import Conflict, NotAllowed

View = Callable[..., HttpResponse]


def for_helpers(view: View) -> View:
    """Signed-in people who help others somewhere."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        actor = actor_of_request(request)
        if not reads.companies_with(actor, inbox.RIGHT) and not reads.markets_with(actor, inbox.RIGHT):
            raise NotAllowed(inbox.RIGHT)
        return view(request, **kwargs)

    return checked


@for_helpers
@require_GET
def help_requests(request: HttpRequest) -> HttpResponse:
    """Everything that waits for the reader: people who cannot sign in, who ask for an application,
    and who want to be deleted."""
    actor = actor_of_request(request)
    context = {
        "requests": inbox.open_requests(actor),
        "access_requests": inbox.access_requests(actor),
        "deletions": open_deletions(actor),
    }
    return render(request, "companies/requests.html", context)


@for_helpers
@require_GET
def help_request(request: HttpRequest, pk: int) -> HttpResponse:
    """What somebody typed beside what is stored, and the answers."""
    actor = actor_of_request(request)
    asked = inbox.get_request_for(actor, pk)
    if asked.user is not None:
        people.note_look_at_person(actor, asked.user)
    compared = inbox.compared(actor, asked)
    context = {
        "asked": asked,
        "compared": [(texts.of_field(field.name), field) for field in compared],
        "differing": sum(not field.is_same for field in compared),
        "is_open": asked.state == HelpState.OPEN,
        "can_revive": asked.user is not None and asked.user.state in ACTS["revive"].states,
        "can_reset": asked.user is not None and asked.user.state in ACTS["password"].states,
    }
    return render(request, "companies/request.html", context)


@for_helpers
@require_http_methods(["GET", "POST"])
def request_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Resets sign-in status or password of the person who asked, after naming what that brings about."""
    actor = actor_of_request(request)
    asked = inbox.get_request_for(actor, pk)
    if asked.user is None:
        return redirect("request", pk=pk)
    detail = reads.detail_of(actor, asked.user)
    words = acts.words(ACTS[act], detail)
    error = ""
    if request.method == "POST":
        try:
            return _help(request, asked, act, words.done)
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
    can = asked.state == HelpState.OPEN and asked.user.state in ACTS[act].states
    context = {"asked": asked, "person": asked.user, "words": words, "act": ACTS[act], "can": can, "error": error}
    return render(request, "companies/person_confirm.html", context, status=409 if error else 200)


def _help(request: HttpRequest, asked: HelpRequest, act: str, done: str) -> HttpResponse:
    actor = actor_of_request(request)
    if act == "revive":
        requests.help_by_reviving(actor=actor, request=asked)
        messages.success(request, done)
        return redirect("requests")
    # In this one answer and nowhere else: no session, no address, no log, no cache.
    user, password = requests.help_by_password(actor=actor, request=asked)
    return render(request, "companies/person_password.html", {"person": user, "password": password})


@for_helpers
@require_http_methods(["GET", "POST"])
def request_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Closes a request without changing anything."""
    actor = actor_of_request(request)
    asked = inbox.get_request_for(actor, pk)
    error = ""
    if request.method == "POST":
        try:
            requests.refuse(actor=actor, request=asked)
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
        else:
            messages.success(request, _("The request is refused. Nothing was changed."))
            return redirect("requests")
    context = {"asked": asked, "error": error}
    return render(request, "companies/request_refuse.html", context, status=409 if error else 200)
