from typing import cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.identity.actions import own_data as actions
from kolonne.portal.identity.forms.own_data import OwnDataForm
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no type stubs
@require_http_methods(["GET", "POST"])
def own_data(request: HttpRequest) -> HttpResponse:
    """Names, date of birth and mobile number. What takes a verification is confirmed first (CO-03)."""
    user = cast("User", request.user)
    form = OwnDataForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and "back" not in request.POST:
        if _is_to_confirm(user, form) and "confirm" not in request.POST:
            return render(request, "identity/own_data_confirm.html", {"form": form})
        if _saved(request, user, form):
            return redirect("account")
    context = {"form": form, "least": actions.LEAST_AGE}
    return render(request, "identity/own_data.html", context, status=422 if form.errors else 200)


def _is_to_confirm(user: User, form: OwnDataForm) -> bool:
    seen, wanted = vars(form.seen()), vars(form.own_data())
    changed = [name for name in wanted if wanted[name] != seen[name]]
    return user.verification == Verification.VERIFIED and actions.loses_check(changed)


def _saved(request: HttpRequest, user: User, form: OwnDataForm) -> bool:
    was_verified = user.verification == Verification.VERIFIED
    actor = himself(user, client_address(request))
    try:
        person = actions.change_own_data(actor=actor, user=user, seen=form.seen(), data=form.own_data())
    except Conflict:
        form.add_error(None, _("Your data were changed meanwhile. Open this page again, and enter your change anew."))
        return False
    if was_verified and person.verification != Verification.VERIFIED:
        messages.success(request, _("Saved. A dealer has to compare your data with your identity document again."))
    else:
        messages.success(request, _("Saved."))
    return True
