import time
from collections.abc import Callable
from functools import wraps

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import stash_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kolonne.portal.identity import notices, stages
from kolonne.portal.identity.actions import renewal
from kolonne.portal.identity.forms.own_password import OwnPasswordForm
from kolonne.portal.identity.forms.renewal import AddressForm, CodeForm
from kolonne.portal.identity.queries import himself
from kolonne.portal.identity.stages import RenewalStage
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict, Invalid

View = Callable[[HttpRequest], HttpResponse]


def in_renewal(view: View) -> View:
    """Only for a sign-in that has come to this step, and only while nobody changed the account behind its back."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        stage = _stage(request)
        user = stage.login.user
        if user is None or not user.is_active or user.session_epoch != stage.state["epoch"]:
            stage.abort()
            return redirect("renewal_over")
        return view(request)

    page: View = login_stage_required(stage=RenewalStage.key, redirect_urlname="account_login")(checked)
    return page


def _stage(request: HttpRequest) -> RenewalStage:
    stage: RenewalStage = request._login_stage  # type: ignore[attr-defined]  # set by the decorator
    return stage


def _keep(request: HttpRequest, stage: RenewalStage, **facts: object) -> None:
    """Remembers how far this sign-in has come; on the server, with the session."""
    stage.state.update(facts)
    stash_login(request, stage.login)


@in_renewal
@require_http_methods(["GET", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """First: an address that nobody else has. It may be entered anew until everything is done."""
    stage = _stage(request)
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            email, digest = renewal.send_code(user=stage.login.user, email=form.cleaned_data["email"])
        except (Conflict, Invalid) as error:
            form.add_error("email", _why(error))
        else:
            _keep(request, stage, email=email, digest=digest, sent_at=time.time(), verified=False)
            return redirect("renewal_code")
    return render(request, "identity/renewal_address.html", {"form": form, "person": stage.login.user})


def _why(error: Conflict | Invalid) -> str:
    return {
        "too_many": _("Five codes were sent within the last hour. Use the newest one, or wait an hour."),
        "email_exists": _("This address belongs to another Kolonne ID. Enter one that only you use."),
    }.get(error.code, _("This is not an e-mail address. Enter it as name@domain."))


@in_renewal
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Second: the code that was sent there."""
    stage = _stage(request)
    if "digest" not in stage.state:
        return redirect("renewal")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problem = _problem_of_code(stage, form.cleaned_data["code"])
        if not problem:
            _keep(request, stage, verified=True)
            return redirect("renewal_password")
        form.add_error("code", problem)
    return render(request, "identity/renewal_code.html", {"form": form, "email": stage.state["email"]})


def _problem_of_code(stage: RenewalStage, code: str) -> str:
    """Empty when the code is right."""
    state = stage.state
    try:
        is_right = renewal.is_code_right(user=stage.login.user, email=state["email"], code=code, digest=state["digest"])
    except Conflict:
        return _("Five tries were wrong, so this code does not count any more. Have a new one sent.")
    if time.time() - state["sent_at"] > renewal.CODE_LIFETIME.total_seconds():
        return _("This code is older than 10 minutes. Have a new one sent.")
    return "" if is_right else _("This code is wrong. Take the one from the newest mail.")


@in_renewal
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Third: a password that no helper knows. Only with it everything is put in force, and the sign-in goes on."""
    stage = _stage(request)
    if not stage.state.get("verified"):
        return redirect("renewal")
    form = OwnPasswordForm(request.POST or None, user=stage.login.user)
    if request.method == "POST" and form.is_valid():
        try:
            return _finish(request, stage, form.cleaned_data["password1"])
        except Invalid:
            form.add_error("password1", _("This is the password that you were given. Choose one that only you know."))
        except Conflict:
            stage.abort()
            return redirect("renewal_over")
    return render(request, "identity/renewal_password.html", {"form": form})


def _finish(request: HttpRequest, stage: RenewalStage, password: str) -> HttpResponse:
    user = stage.login.user
    stage.login.user = renewal.renew(
        actor=himself(user, client_address(request)),
        user=user,
        epoch=stage.state["epoch"],
        email=stage.state["email"],
        password=password,
        origin=notices.origin(request, user.language),
    )
    stages.note(stage)
    # The address that was typed at the sign-in may be the one that has just been replaced.
    stage.login.email = stage.login.user.email
    answer: HttpResponse = stage.exit()
    return answer


@in_renewal
@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = _stage(request).abort()
    return answer


@require_GET
def over(request: HttpRequest) -> HttpResponse:
    """The helper's password came too late, or another helper was faster."""
    return render(request, "identity/renewal_over.html", status=403)
