from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from kolonne.portal.identity import limits, links, notices
from kolonne.portal.identity.actions import reset
from kolonne.portal.identity.forms.own_password import OwnPasswordForm
from kolonne.portal.identity.forms.trouble import ResetForm
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict

LINK = "password_reset"
"""Session key: the link's token, so that no page with a form has it in its address."""


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """A new password by mail. The same answer in the same time, whoever the address belongs to (ID-04)."""
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if limits.allows_address("reset_page", request):
            reset.ask(email=form.cleaned_data["email"], address=client_address(request))
            return redirect("account_reset_password_done")
        form.add_error(None, _("That was often enough for now. Wait an hour, or ask your administrator."))
        return render(request, "account/password_reset.html", {"form": form}, status=429)
    return render(request, "account/password_reset.html", {"form": form})


@require_GET
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "account/password_reset_done.html")


@links.keep_address_private
@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail. It opens nothing and uses nothing up: mail scanners follow it, too."""
    try:
        links.user_of(reset.PURPOSE, token, reset.LIFETIME)
    except links.LinkError as error:
        return _refused(request, error)
    request.session[LINK] = token
    return redirect("reset_choose")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """The new password, on a page whose address holds no secret. Nobody is signed in by it."""
    token = request.session.get(LINK, "")
    try:
        user = links.user_of(reset.PURPOSE, token, reset.LIFETIME)
        form = OwnPasswordForm(request.POST or None, user=user)
        if request.method == "POST" and form.is_valid():
            actor, origin = himself(user, client_address(request)), notices.origin(request, user.language)
            reset.choose_password(actor=actor, token=token, password=form.cleaned_data["password1"], origin=origin)
            logout(request)
            return redirect("reset_done")
    except (links.LinkError, Conflict) as error:
        request.session.pop(LINK, None)
        return _refused(request, error)
    return render(request, "account/password_reset_from_key.html", {"form": form, "person": user})


def _refused(request: HttpRequest, error: links.LinkError | Conflict) -> HttpResponse:
    """410 for what was right once, 404 for what never was."""
    reason = "locked"
    if isinstance(error, links.LinkError):
        reason = links.REASONS[type(error)]
    status = 404 if reason == "broken" else 410
    return render(request, "identity/reset_refused.html", {"reason": reason}, status=status)


@require_GET
def done(request: HttpRequest) -> HttpResponse:
    return render(request, "account/password_reset_from_key_done.html")
