"""Steps of ours in allauth's sign-in."""

from allauth.account.stages import LoginStage
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login
from django.http import HttpResponse
from django.shortcuts import redirect

from kolonne.portal.identity.actions import renewal


class RenewalStage(LoginStage):  # type: ignore[misc]  # allauth has no type stubs
    """After a helper's reset: nobody is signed in before there is a unique address and an own password (ID-08).

    It comes after the second factor, so that a helper's password alone sends no mail and changes nothing. The helper's
    password expires; a passkey does not, and opens this step only.
    """

    key = "renewal"
    urlname = "renewal"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None or user.renewal_until is None:
            return None, True
        if renewal.is_over(user) and not did_use_passwordless_login(self.request, user):
            return redirect("renewal_over"), False
        self.state.setdefault("epoch", user.session_epoch)
        return redirect("renewal"), True
