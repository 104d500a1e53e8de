"""The helper's side: who is to be helped, in which company, and the end of it (SU-02)."""

from datetime import timedelta
from typing import Any, cast

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kolonne.portal.identity import limits
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed, NotFound
from kolonne.portal.support import actions, queries
from kolonne.portal.support.acting import SESSION, Acting
from kolonne.portal.support.actions.tries import MOST_TRIES, Proved, version_of
from kolonne.portal.support.forms.desk import DeskForm
from kolonne.portal.support.models import Ended, SupportPassword
from kolonne.portal.support.permissions import ACT_FOR

PROVED = "support_proved"
"""Session key: whom the helper may act for as soon as he has chosen the company, and until when he must."""
TO_CHOOSE = timedelta(minutes=5)


def _actor(request: HttpRequest) -> Actor:
    return cast("Actor", request.actor)  # type: ignore[attr-defined]  # set by the Scope middleware


def acting_in(request: HttpRequest) -> Acting | None:
    """What the helper does in this browser, as the Scope middleware found it."""
    return getattr(request, "acting", None)


@login_required
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def support_desk(request: HttpRequest) -> HttpResponse:
    """Begins to work in a person's name, once he told his support password or a code."""
    if acting_in(request) is not None:
        return render(request, "support/desk_busy.html")
    if queries.post_of(_actor(request)) is None:
        raise NotAllowed(ACT_FOR)
    if is_reauthentication_required(request, app="support"):
        if request.method == "POST":  # never kept for later: it holds somebody's support password
            return redirect("support_desk")
        raise ReauthenticationRequired
    form = DeskForm(request.POST or None)
    if form.is_valid():
        proved = _prove(request, form)
        if proved is not None:
            return _go_on(request, proved)
    return _desk(request, form)


def _prove(request: HttpRequest, form: DeskForm) -> Proved | None:
    """One answer for everything that does not fit, so that nobody learns who exists or what is set."""
    actor = _actor(request)
    tries = limits.use("support_try", actor.user_id)
    if tries is None:
        form.add_error(None, _("Too many wrong tries from you. Wait an hour, and ask the customer meanwhile."))
        return None
    secret = "".join(form.cleaned_data["secret"].split())  # codes are read aloud and shown in two groups
    proved = actions.prove(actor=actor, login=form.cleaned_data["login"], secret=secret)
    if proved is None:
        text = _(
            "This does not fit, or you cannot help this person. Have both read aloud again. After %(count)d wrong "
            "tries a day the person must set a new support password."
        )
        form.add_error(None, text % {"count": MOST_TRIES})
        return None
    tries.rollback()
    return proved


def _desk(request: HttpRequest, form: DeskForm) -> HttpResponse:
    context = {
        "form": form,
        "sessions": queries.sessions_by(_actor(request).user_id or 0),
        "minutes": int(settings.SUPPORT_SESSION.total_seconds()) // 60,
    }
    return render(request, "support/desk.html", context, status=422 if form.errors else 200)


def _go_on(request: HttpRequest, proved: Proved) -> HttpResponse:
    if len(proved.companies) == 1:
        return _start(request, proved.user, proved.companies[0])
    until = (timezone.now() + TO_CHOOSE).timestamp()
    request.session[PROVED] = {"user": proved.user.pk, "until": until, "version": proved.version}
    return redirect("support_company")


@login_required
@require_http_methods(["GET", "POST"])
def support_company(request: HttpRequest) -> HttpResponse:
    """In which of the person's companies the helper works."""
    actor, pending = _actor(request), request.session.get(PROVED)
    post = queries.post_of(actor)
    if post is None:
        raise NotAllowed(ACT_FOR)
    if not pending or not _still_holds(pending):
        messages.info(request, _("Begin again: the choice waited for too long."))
        return redirect("support_desk")
    user = User.objects.get(pk=pending["user"])
    companies = queries.companies_to_help(post, actor.user_id or 0, user)
    if request.method == "POST":
        chosen = {str(company): company for company in companies}.get(request.POST.get("company", ""))
        if chosen is None:
            raise NotFound("company")
        del request.session[PROVED]
        return _start(request, user, chosen)
    context = {"person": user, "companies": queries.names_of(companies)}
    return render(request, "support/company.html", context)


def _still_holds(pending: dict[str, Any]) -> bool:
    """Whether the choice came soon enough, and the person has not set another support password meanwhile."""
    row = SupportPassword.objects.filter(user=pending["user"]).first()
    return bool(pending["until"] >= timezone.now().timestamp() and pending["version"] == version_of(row))


def _start(request: HttpRequest, user: User, company: int) -> HttpResponse:
    row = actions.start(
        actor=_actor(request), agent=cast("User", request.user), user=user, company_id=company,
        session_key=request.session.session_key or "",
    )  # fmt: skip
    request.session[SESSION] = row.pk
    return redirect("/")


@login_required
@require_POST
def support_end(request: HttpRequest) -> HttpResponse:
    """The helper is done."""
    acting = acting_in(request)
    if acting is not None:
        actions.end(actor=acting.actor, row=acting.row, reason=Ended.AGENT)
        request.session.pop(SESSION, None)
        name = str(acting.row.user)
        messages.success(request, _("You no longer work for %(name)s, who gets a mail about it.") % {"name": name})
    return redirect("support_desk")
