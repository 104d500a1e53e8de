"""Steps of ours in allauth's sign-in."""

from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from kolonne.portal.identity.actions import renewal
from kolonne.portal.identity.models import State


class BeginStage(LoginStage):  # type: ignore[misc]  # allauth has no type stubs
    """Remembers what the account was when this sign-in began."""

    key = "begin"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        note(self)
        return None, True


def note(stage: LoginStage) -> None:
    """From now on, the account as it is now is what this sign-in is for."""
    stage.controller.get_stage(BeginStage.key).state["proof"] = stage.login.user.get_session_auth_hash()


def _refusal(stage: LoginStage) -> HttpResponse | None:
    """When what opened this sign-in opens nothing any more: a new password, or sessions that were ended, end it too."""
    user = stage.login.user
    if user is None:
        return redirect("account_login")
    user.refresh_from_db()
    if not user.is_active:
        return cast(HttpResponse, get_adapter().respond_user_inactive(stage.request, user))
    begun = stage.controller.get_stage(BeginStage.key).state.get("proof", "")
    if not constant_time_compare(begun, user.get_session_auth_hash()):
        messages.error(stage.request, _("Your account was changed while you signed in. Sign in again."))
        return redirect("account_login")
    if user.state == State.PASSWORD_LOCKED and not did_use_passwordless_login(stage.request, user):
        messages.error(stage.request, get_adapter().error_messages["too_many_login_attempts"])
        return redirect("account_login")
    return None


class LastStage(LoginStage):  # type: ignore[misc]  # allauth has no type stubs
    """Nobody gets in by what was changed or locked while he was on his way."""

    key = "last"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        refusal = _refusal(self)
        return refusal, refusal is None


class RenewalStage(LoginStage):  # type: ignore[misc]  # allauth has no type stubs
    """After a helper's reset: nobody is signed in before there is a unique address and an own password (ID-08).

    It comes after the second factor, so that a helper's password alone sends no mail and changes nothing. The helper's
    password expires; a passkey does not, and opens this step only.
    """

    key = "renewal"
    urlname = "renewal"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if refusal := _refusal(self):
            return refusal, False
        if user is None or user.renewal_until is None:
            return None, True
        if renewal.is_over(user) and not did_use_passwordless_login(self.request, user):
            return redirect("renewal_over"), False
        self.state.setdefault("epoch", user.session_epoch)
        return redirect("renewal"), True
