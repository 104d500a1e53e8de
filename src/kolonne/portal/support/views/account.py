"""A person's own page: support password, one-time code, and who worked in his name."""

from typing import Any, cast

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kolonne.portal.identity.models import User
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound
from kolonne.portal.support import actions, queries
from kolonne.portal.support.actions.passwords import LEAST, MOST
from kolonne.portal.support.actions.tries import MOST_TRIES
from kolonne.portal.support.forms.password import SupportPasswordForm
from kolonne.portal.support.models import Ended


@login_required
@require_http_methods(["GET", "POST"])
def support_password(request: HttpRequest) -> HttpResponse:
    """Sets it (SU-01); nobody else sees whether there is one."""
    form = SupportPasswordForm(request.POST or None)
    if form.is_valid() and _set(request, form):
        messages.success(request, _("Your support password is set."))
        return redirect("support_password")
    return _page(request, form, status=422 if form.errors else 200)


def _set(request: HttpRequest, form: SupportPasswordForm) -> bool:
    user = cast("User", request.user)
    # Whoever finds an open screen could learn the sign-in password here, as it is refused: hence as slow as there.
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        form.add_error("password", _("Too many tries: wait a minute and try again."))
        return False
    try:
        actions.set_password(
            actor=himself(user, client_address(request)), user=user, password=form.cleaned_data["password"]
        )
    except Invalid:
        form.add_error("password", _("This one opens your account itself. Nobody may learn it: take another one."))
        return False
    return True


def _page(request: HttpRequest, form: SupportPasswordForm, *, status: int = 200, **more: Any) -> HttpResponse:
    user = cast("User", request.user)
    context = {
        "form": form,
        "state": queries.state_of(user),
        "sessions": queries.sessions_of(user),
        "least": LEAST,
        "most": MOST,
        "most_tries": MOST_TRIES,
        "code_minutes": int(settings.SUPPORT_CODE_LIFE.total_seconds()) // 60,
        "session_minutes": int(settings.SUPPORT_SESSION.total_seconds()) // 60,
        **more,
    }
    return render(request, "support/password.html", context, status=status)


@login_required
@require_POST
def support_password_remove(request: HttpRequest) -> HttpResponse:
    """Nobody can act for the person then, until he sets one anew."""
    user = cast("User", request.user)
    try:
        actions.remove_password(actor=himself(user, client_address(request)), user=user)
        messages.success(request, _("Your support password is removed. Nobody can work in your name."))
    except Conflict:
        messages.info(request, _("There was none set."))
    return redirect("support_password")


@login_required
@require_POST
def support_code(request: HttpRequest) -> HttpResponse:
    """A one-time code, on this one page and never again."""
    user = cast("User", request.user)
    try:
        code, until = actions.make_code(actor=himself(user, client_address(request)), user=user)
    except Conflict:
        messages.error(request, _("Too many wrong tries: set a new support password first."))
        return redirect("support_password")
    return _page(request, SupportPasswordForm(), code=f"{code[:4]} {code[4:]}", code_until=until)


@login_required
@require_POST
def support_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """The person ends what a helper does in his name, from wherever he is told of it."""
    user = cast("User", request.user)
    row = queries.find(user.pk, pk)
    if row is None or row.user_id != user.pk:
        raise NotFound("session")
    if actions.end(actor=himself(user, client_address(request)), row=row, reason=Ended.USER):
        messages.success(request, _("%(name)s no longer works in your name.") % {"name": row.agent_label})
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target) if safe else redirect("support_password")
