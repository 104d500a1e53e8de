"""Kolonne's rules on top of allauth's flows."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import RateLimitUsage
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity import actions, known_devices, limits, mails, notices, second_factor
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.queries import himself, person_by_login
from kolonne.portal.lib import sealing
from kolonne.portal.lib.address import client_address

WRONG = _("User id, e-mail address or password is wrong. Check them, or get a new password by mail.")
TOO_MANY = _(
    "Too many tries. Wait some minutes and try again, sign in with a passkey, or get a new password by mail: "
    "all of this works at once."
)
CODE_WRONG = _("This code is wrong or was used already. Take the newest one.")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no type stubs
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "too_many_login_attempts": TOO_MANY,
        "incorrect_password": _("This password is wrong. Type it again, or get a new one by mail."),
        "enter_current_password": _("This is not your current password. Type it again."),
        "incorrect_code": CODE_WRONG,
        "duplicate_email": _("This is your address already. Enter another one."),
        "rate_limited": _("That was too often. Wait a minute, then try again."),
    }

    _is_first_sign_in = False
    _tries_of_address: RateLimitUsage | None = None

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account without a company: people are invited or register a company."""
        return False

    def get_login_stages(self) -> list[str]:
        """The second factor comes before anything that a helper's password could be used for."""
        return [
            "kolonne.portal.identity.stages.BeginStage",
            "allauth.mfa.stages.AuthenticateStage",
            "kolonne.portal.identity.stages.RenewalStage",
            "allauth.account.stages.EmailVerificationStage",
            "kolonne.portal.identity.stages.LastStage",
        ]

    def get_client_ip(self, request: HttpRequest) -> str:
        """One answer for limits, sessions and the audit; what a stranger writes into a header is none (ASVS 4.1.3)."""
        address = client_address(request)
        if not address:
            raise PermissionDenied("a request without an address")
        return address

    # Passwords

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Limits count by account, however its owner is written and whatever name the site is called by."""
        user = _person(credentials)
        return f"account:{user.pk}" if user else f"login:{_login(credentials).lower()}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """A locked password is not even compared; the answer is that of too many tries."""
        self._tries_of_address = limits.use_address("wrong_password", request)
        if self._tries_of_address is None:
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials)
        user = _person(credentials)
        if user is not None and user.state == State.PASSWORD_LOCKED:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """The password was right, so the try counts nowhere."""
        super()._rollback_login_failed_rl_usage()
        if self._tries_of_address is not None:
            self._tries_of_address.rollback()

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        user = _person(credentials)
        if user is not None:
            actions.record_wrong_password(actor=himself(user, client_address(request)), user=user)

    def set_password(self, user: User, password: str) -> None:
        actor = himself(user, client_address(self.request))
        actions.set_own_password(actor=actor, user=user, password=password)

    # Getting in

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Says why, for only somebody who showed the right password or passkey gets here."""
        return render(request, "account/account_inactive.html", {"person": user, "State": State}, status=403)

    def login(self, request: HttpRequest, user: User) -> None:
        """All stages are done: whoever gets a session gets it here, unless the door was shut meanwhile."""
        user.refresh_from_db()
        if not user.is_active:
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        method = "+".join(_methods(request, user)) or "other"
        self._is_first_sign_in = user.last_login is None
        super().login(request, user)
        actions.record_sign_in(actor=himself(user, client_address(request)), user=user, method=method)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """A browser that was not seen before with this person is told by mail (ID-11); the very first is no news."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if not self._is_first_sign_in and not known_devices.is_known(request, user):
            mails.post("new_device", user, **notices.origin(request, user.language))
        known_devices.remember(request, response, user)
        return response

    # Confirming it is still the person

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within minutes after the sign-in itself."""
        user = self.request.user
        records = get_authentication_records(self.request, user) if user.is_authenticated else []
        fresh = timezone.now().timestamp() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        return not any(record["at"] > fresh for record in records)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Whoever has a second factor confirms by it: the password alone must not take factors away."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [method for method in methods if method["id"] != "reauthenticate"]
        return factors or methods

    # E-mail

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """An address is replaced, never removed: without one nobody could be told anything (ID-08)."""
        return False

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        confirmed: bool = super().confirm_email(request, email_address)
        if confirmed:
            user = email_address.user
            actions.record_email(actor=himself(user, client_address(request)), user=user)
        return confirmed

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        notices.send(self.request, template_prefix, email, context)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no type stubs
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": CODE_WRONG,
        "cannot_delete_authenticator": _(
            "This is your only second factor, and you need one. Set up another one first."
        ),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whoever needs a second factor keeps one."""
        return second_factor.can_remove(authenticator)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002  # allauth's word
        return second_factor.next_name(user)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """What the browser shows when it asks for a passkey."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Kolonne"}


def _login(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")


def _person(credentials: dict[str, Any]) -> User | None:
    return person_by_login(_login(credentials))


def _methods(request: HttpRequest, user: User) -> list[str]:
    """How this sign-in was proved, in order: password, totp, webauthn, recovery_codes."""
    return [str(record.get("type") or record["method"]) for record in get_authentication_records(request, user)]
