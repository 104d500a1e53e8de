from datetime import timedelta
from typing import IO, cast

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from kolonne.portal.identity import life_cycle, links
from kolonne.portal.identity.actions import export as export_actions
from kolonne.portal.identity.actions import life_cycle as actions
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict

GONE = 410


@require_http_methods(["GET", "HEAD", "POST"])
@links.keep_address_private
def keep_account(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the warning. Opening it does nothing, because mail scanners open links; the button does."""
    try:
        user = links.user_of("keep", token, life_cycle.KEEP_LINK_LIFE)
        if request.method == "POST":
            actions.keep(user=user, address=client_address(request))
            return render(request, "identity/kept.html", {"person": user})
    except (links.LinkError, Conflict) as error:
        return render(request, "identity/keep_refused.html", {"reason": _reason(error)}, status=GONE)
    return render(request, "identity/keep.html", {"person": user})


@require_http_methods(["GET", "HEAD", "POST"])
@links.keep_address_private
def export_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the notice of deletion: what is stored about the person, before it is gone."""
    try:
        user = links.user_of("export", token, life_cycle.EXPORT_LINK_LIFE)
        if request.method == "POST":
            return _download(export_actions.export_by_link(user=user, address=client_address(request)))
        if export_actions.is_used_up(user):
            raise links.LinkUsed
    except (links.LinkError, Conflict) as error:
        return render(request, "identity/export_refused.html", {"reason": _reason(error)}, status=GONE)
    return render(request, "identity/export_by_link.html", {"person": user})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required(enabled=True)  # type: ignore[untyped-decorator]  # allauth has no type stubs
def export_my_data(request: HttpRequest) -> HttpResponse:
    """The same for people who are signed in: leads to a page that works for a day."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the Scope middleware
    user = User.objects.get(pk=actor.user_id or 0)
    if request.method == "POST":
        return redirect("export_fetch", token=export_actions.ask_for_own(actor=actor, user=user))
    return render(request, "identity/export.html", {"person": user, "hours": _HOURS})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@links.keep_address_private
def export_fetch(request: HttpRequest, token: str) -> HttpResponse:
    """The zip, for the person who asked for it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the Scope middleware
    user = User.objects.get(pk=actor.user_id or 0)
    try:
        export_actions.check_own(user, token)
    except links.LinkError as error:
        return render(request, "identity/export_gone.html", {"reason": _reason(error)}, status=GONE)
    if request.method == "POST":
        return _download(export_actions.export_own(actor=actor, user=user))
    return render(request, "identity/export_fetch.html", {"person": user, "hours": _HOURS})


_HOURS = export_actions.LINK_LIFE // timedelta(hours=1)


def _download(file: IO[bytes]) -> HttpResponse:
    answer = FileResponse(file, as_attachment=True, filename="kolonne-my-data.zip", content_type="application/zip")
    return cast("HttpResponse", answer)  # decorators know of no other; they set headers, which both have


def _reason(error: links.LinkError | Conflict) -> str:
    """What the page explains: broken, expired or used."""
    return links.REASONS[type(error)] if isinstance(error, links.LinkError) else "used"
