from typing import cast

from allauth.account.internal.flows.login import Login, perform_login, record_authentication
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.identity import limits, links
from kolonne.portal.identity.actions import registration
from kolonne.portal.identity.actions.registration import Newcomer
from kolonne.portal.identity.forms.registration import FirstPasswordForm, RegistrationForm
from kolonne.portal.identity.models import Language, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict

WIZARD = "company_registration"
"""The page where the company itself is registered, by its name in the URL configuration."""


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Whoever is new and wants to register a company (CO-01); the same answer whether or not the address is known."""
    if request.user.is_authenticated:
        return redirect(WIZARD)
    language = get_language()
    start = {"language": language if language in Language.values else Language.ENGLISH}
    form = RegistrationForm(request.POST if request.method == "POST" else None, initial=start)
    status = 200
    if form.is_valid():
        if not limits.allows_address("register_page", request):
            form.add_error(None, _("That was often enough for now. Wait an hour, then try again."))
            status = 429
        elif User.objects.filter(username__iexact=form.cleaned_data["user_id"]).exists():
            form.add_error("user_id", _("This user id is taken. Choose another one."))
        else:
            registration.ask(newcomer=_newcomer(form), address=client_address(request))
            return redirect("registration_sent")
    return render(request, "identity/registration.html", {"form": form, "wizard": reverse(WIZARD)}, status=status)


def _newcomer(form: RegistrationForm) -> Newcomer:
    facts = {name: value for name, value in form.cleaned_data.items() if name != "challenge"}
    facts |= {"birth_date": facts["birth_date"].isoformat(), "email": facts["email"].lower()}
    return Newcomer(**facts)


@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    return render(request, "identity/registration_sent.html", {"days": registration.LIFETIME.days})


@links.keep_address_private
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail: a password makes the account, signs in and leads to the company."""
    try:
        newcomer = registration.read_token(token)
        known = User(
            username=newcomer.user_id, email=newcomer.email,
            first_name=newcomer.first_name, last_name=newcomer.last_name,
        )  # fmt: skip
        data = request.POST if request.method == "POST" else None
        form = FirstPasswordForm(data, user=known, initial={"user_id": newcomer.user_id})
        if form.is_valid() and (user := _made(request, token, form)) is not None:
            logout(request)  # somebody else may have been signed in here
            record_authentication(request, user, method="password")  # typed just now: not asked again for the factor
            return cast("HttpResponse", perform_login(request, Login(user=user, redirect_url=reverse(WIZARD))))
    except links.LinkError as error:
        reason = links.REASONS[type(error)]
        context = {"reason": reason, "days": registration.LIFETIME.days, "wizard": reverse(WIZARD)}
        status = 404 if reason == "broken" else 410
        return render(request, "identity/registration_refused.html", context, status=status)
    return render(request, "identity/registration_confirm.html", {"form": form, "newcomer": newcomer})


def _made(request: HttpRequest, token: str, form: FirstPasswordForm) -> User | None:
    """None when the form now says what is wrong. Nobody finds out here which user ids there are."""
    tries = limits.use_address("user_id_try", request)
    if tries is None:
        form.add_error(None, _("That was often enough for now. Wait an hour, then try again."))
        return None
    facts = form.cleaned_data
    actor = Actor(label="self-service", address=client_address(request))
    try:
        user = registration.confirm(actor=actor, token=token, user_id=facts["user_id"], password=facts["password1"])
    except Conflict:
        form.add_error("user_id", _("This user id is taken. Choose another one."))
        return None
    tries.rollback()
    return user
