from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.identity import links, private
from kolonne.portal.identity.actions import PersonData
from kolonne.portal.identity.actions import private as actions
from kolonne.portal.identity.forms.private import ConfirmForm, PrivateForm, PrivateSignUpForm
from kolonne.portal.identity.models import Language, PrivateProfile, User
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict


@require_http_methods(["GET", "POST"])
def private_sign_up(request: HttpRequest) -> HttpResponse:
    """A private Kolonne ID for whoever wants one; the same answer whether or not the address is known (ID-03)."""
    if request.user.is_authenticated:
        return redirect("private_account")
    form = PrivateSignUpForm(request.POST or None, initial={"language": _language()})
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].lower()
        if not ratelimit.consume(request, action="private_sign_up", key=email):
            return cast("HttpResponse", ratelimit.respond_429(request))
        if _signed_up(request, form, email):
            return render(request, "identity/private_sent.html", {"email": email})
    return render(request, "identity/private_sign_up.html", {"form": form})


def _language() -> str:
    language = get_language()
    return language if language in Language.values else Language.ENGLISH


def _signed_up(request: HttpRequest, form: PrivateSignUpForm, email: str) -> bool:
    facts = form.cleaned_data
    actor = Actor(label="self-service", address=client_address(request))
    person = PersonData(facts["user_id"], email, language=facts["language"])
    try:
        actions.sign_up(
            actor=actor,
            person=person,
            market=facts["market"].pk,
            password=facts["password"],
            data=actions.PrivateData(name=facts["name"]),
        )
    except Conflict:
        form.add_error("user_id", _("This user id is taken. Choose another one."))
        return False
    return True


@links.keep_address_private
@require_http_methods(["GET", "HEAD", "POST"])
def private_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail; it opens the account for who also knows the password of the sign-up."""
    try:
        user = links.user_of(actions.CONFIRM, token, actions.CONFIRM_LIFE)
    except links.LinkError:
        return render(request, "identity/private_link.html", status=410)
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="private_confirm", key=str(user.pk)):
            return cast("HttpResponse", ratelimit.respond_429(request))
        try:
            actor = himself(user, client_address(request))
            actions.confirm(actor=actor, token=token, password=form.cleaned_data["password"])
        except (links.LinkError, Conflict) as error:
            if not isinstance(error, Conflict) or error.code != "wrong_password":
                return render(request, "identity/private_link.html", status=410)
            form.add_error("password", _("This is not the password that was chosen when the account was made."))
        else:
            return render(request, "identity/private_confirmed.html", {"person": user})
    return render(request, "identity/private_confirm.html", {"form": form, "person": user})


@login_required
@require_http_methods(["GET", "POST"])
def private_account(request: HttpRequest) -> HttpResponse:
    """The private part of one's own Kolonne ID: see, change, or add it."""
    user = cast("User", request.user)
    profile = PrivateProfile.objects.filter(user=user).first()
    form = PrivateForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        actions.keep_private(actor=_actor(request), user=user, data=actions.PrivateData(**form.cleaned_data))
        messages.success(request, _("Saved."))
        return redirect("private_account")
    context = {"form": form, "profile": profile, "is_only_private": private.is_only_private(user)}
    return render(request, "identity/private.html", context)


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no type stubs
@require_http_methods(["GET", "POST"])
def private_delete(request: HttpRequest) -> HttpResponse:
    """Ends the private part, after a page that names what goes with it."""
    user = cast("User", request.user)
    if not PrivateProfile.objects.filter(user=user).exists():
        return redirect("private_account")
    if request.method == "GET":
        return render(request, "identity/private_delete.html", {"is_only_private": private.is_only_private(user)})
    if actions.end_private(actor=_actor(request), user=user):
        logout(request)
        return render(request, "identity/private_gone.html")
    messages.success(request, _("Your private account was deleted. Your business account stays as it was."))
    return redirect("account")


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the Scope middleware
    return actor
