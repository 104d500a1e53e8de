"""The link of an invitation: who asks into which company, and the ways in (CO-05)."""

import time
from typing import cast

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kolonne.portal.companies import texts
from kolonne.portal.companies.actions import joining
from kolonne.portal.companies.forms.invitations import NewcomerForm
from kolonne.portal.companies.models import Channel
from kolonne.portal.companies.queries.invitations import CLOSED, OPEN, Found, invitation_by
from kolonne.portal.companies.queries.profile import belongings_of
from kolonne.portal.companies.views.choice import CHOSEN
from kolonne.portal.identity import limits, links
from kolonne.portal.identity.actions import address_proof
from kolonne.portal.identity.actions.renewal import CODE_LIFETIME
from kolonne.portal.identity.forms.renewal import AddressForm, CodeForm
from kolonne.portal.identity.models import Language, User
from kolonne.portal.identity.queries import owner_of_address
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound

STATE = "join"
"""Session key of who shows that an address is his before he has an identity: invitation, address and digest."""


@links.keep_address_private
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Says who asks into which company; only a POST accepts, because programs that read mail open every link."""
    found = invitation_by(token)
    if found is None or found.standing != OPEN:
        return _refused(request, found.standing if found else "broken")
    try:
        if request.user.is_authenticated:
            return _with_identity(request, token, found)
        if found.invitation.channel == Channel.SMS and not _proved(request.session, found):
            return _address(request, found)
        return _without_identity(request, token, found)
    except NotFound:
        return _refused(request, "broken")
    except Conflict as error:
        return _refused(request, error.code)


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    status = {"broken": 404, "already_member": 409, "own_invitation": 409}.get(reason, 410)
    if reason not in {*CLOSED, "broken", "already_member", "own_invitation"}:
        reason = "used"
    return render(request, "companies/join_refused.html", {"reason": reason}, status=status)


def _with_identity(request: HttpRequest, token: str, found: Found) -> HttpResponse:
    """Whoever is signed in accepts as himself, whatever address the invitation was sent to."""
    if request.method == "POST":
        actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the Scope middleware
        joined = joining.join(actor=actor, token=token)
        request.session[CHOSEN] = joined.company.pk
        messages.success(request, _("You belong to %(company)s now.") % {"company": joined.company.name})
        return redirect("account")
    user = cast("User", request.user)
    if found.invitation.invited_by_id == user.pk:
        return _refused(request, "own_invitation")
    if any(place.company.pk == found.company.pk for place in belongings_of(user)):
        return _refused(request, "already_member")
    is_other = found.invitation.channel == Channel.MAIL and found.invitation.address != user.email.lower()
    return render(request, "companies/join.html", {"found": found, "is_other": is_other})


def _without_identity(request: HttpRequest, token: str, found: Found) -> HttpResponse:
    """Names, user id and password; the address is the one that the link or the code was sent to."""
    is_mail = found.invitation.channel == Channel.MAIL
    email = found.invitation.address if is_mail else request.session[STATE]["email"]
    if not is_mail and "restart" in request.POST:
        del request.session[STATE]
        return redirect(request.path)
    if owner_of_address(email) is not None:
        return render(request, "companies/join_known.html", {"found": found, "email": email})
    form = NewcomerForm(request.POST if "password1" in request.POST else None, found.invitation, email)
    if form.is_valid() and _came_in(request, token, form):
        request.session.pop(STATE, None)
        return redirect("invitation_accepted")
    context = {"found": found, "form": form, "email": email}
    return render(request, "companies/join_new.html", context, status=422 if form.errors else 200)


def _came_in(request: HttpRequest, token: str, form: NewcomerForm) -> bool:
    """False when the form now says what is wrong. Nobody finds out here which user ids there are."""
    tries = limits.use_address("user_id_try", request)
    if tries is None:
        form.add_error(None, _("That was often enough for now. Wait an hour, then try again."))
        return False
    actor = Actor(label="self-service", address=client_address(request))
    try:
        joining.join_as_newcomer(
            actor=actor, token=token, person=form.person(), password=form.cleaned_data["password1"]
        )
    except (Conflict, Invalid) as error:
        if error.code not in {"user_exists", "invalid_user_id", "email_exists"}:
            raise
        form.add_error("username", texts.of_refusal(error.code, error.text))
        return False
    tries.rollback()
    return True


def _proved(session: SessionBase, found: Found) -> bool:
    state = session.get(STATE, {})
    return state.get("invitation") == found.invitation.pk and bool(state.get("verified"))


def _address(request: HttpRequest, found: Found) -> HttpResponse:
    """An invitation by SMS: first an address, then the code that was sent there."""
    state = request.session.get(STATE, {})
    is_asked = state.get("invitation") == found.invitation.pk and "again" not in request.GET
    if request.method == "POST" and "code" in request.POST and is_asked:
        return _code(request, found, CodeForm(request.POST))
    form = AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            _send_code(request, found, form.cleaned_data["email"].strip().lower())
            return redirect(request.path)
        except Conflict:
            form.add_error(
                "email", _("Five codes were sent within the last hour. Use the newest one, or wait an hour.")
            )
    if is_asked and not form.errors:
        return _code(request, found, CodeForm())
    return render(request, "companies/join_address.html", {"found": found, "form": form})


def _send_code(request: HttpRequest, found: Found, email: str) -> None:
    language = get_language()
    digest = address_proof.send_code(
        purpose=_purpose(found),
        email=email,
        market=found.company.market_id,
        language=language if language in Language.values else found.invitation.language,
    )
    request.session[STATE] = {
        "invitation": found.invitation.pk, "email": email, "digest": digest, "sent_at": time.time(),
    }  # fmt: skip


def _code(request: HttpRequest, found: Found, form: CodeForm) -> HttpResponse:
    if form.is_valid():
        problem = _problem(request.session[STATE], found, form.cleaned_data["code"])
        if not problem:
            request.session[STATE] = {**request.session[STATE], "verified": True}
            return redirect(request.path)
        form.add_error("code", problem)
    email = request.session[STATE]["email"]
    minutes = CODE_LIFETIME.seconds // 60
    return render(
        request, "companies/join_code.html", {"found": found, "form": form, "email": email, "minutes": minutes}
    )


def _problem(state: dict[str, object], found: Found, code: str) -> str:
    """Empty when the code is right."""
    facts = {"email": str(state["email"]), "digest": str(state["digest"])}
    try:
        is_right = address_proof.is_code_right(purpose=_purpose(found), code=code, **facts)
    except Conflict:
        return _("Five tries were wrong, so this code does not count any more. Have a new one sent.")
    if time.time() - float(str(state["sent_at"])) > CODE_LIFETIME.total_seconds():
        return _("This code is too old. Have a new one sent.")
    return "" if is_right else _("This code is wrong. Take the one from the newest mail.")


def _purpose(found: Found) -> str:
    return f"invitation {found.invitation.pk}"
