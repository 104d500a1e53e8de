"""Sign-in, password and address as allauth has them, in our words."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.forms.plain import Plain
from kolonne.portal.identity.passwords import MOST, Length
from kolonne.portal.identity.queries import person_by_login


class SignInForm(Plain, allauth.LoginForm):  # type: ignore[misc]  # allauth has no type stubs
    """One field for user id or e-mail address (ID-01)."""

    starts_in = "password"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label = _("User id or e-mail address"), _("Password")
        # The browser offers passkeys in this field, too.
        login.widget.attrs |= {"autocomplete": "username webauthn", "autocapitalize": "none", "spellcheck": "false"}
        if not self.is_bound:
            login.widget.attrs["autofocus"] = True

    def user_credentials(self) -> dict[str, str]:
        """One account and one comparison: by two, time would tell which addresses are known."""
        login = self.cleaned_data["login"]
        person = person_by_login(login)
        username = person.username if person else login
        # What is longer than any password can be is wrong and not worth a comparison of all of it.
        return {"username": username, "password": self.cleaned_data["password"][: MOST + 1]}


class ConfirmForm(Plain, allauth.ReauthenticateForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
        self.fields["password"].widget.attrs["autofocus"] = True


class PasswordForm(Plain, allauth.ChangePasswordForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = Length().get_help_text()
        self.fields["password2"].label = _("New password again")

    def clean_oldpassword(self) -> str:
        """Limited and counted as at the door: whoever sits at somebody else's browser guesses no faster here."""
        password = str(self.cleaned_data["oldpassword"])
        if not get_adapter().reauthenticate(self.user, password[: MOST + 1]):
            raise get_adapter().validation_error("enter_current_password")
        return password


class AddressForm(Plain, allauth.AddEmailForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")


class AddressCodeForm(Plain, allauth.ConfirmEmailVerificationCodeForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code from the mail")
        code.widget.attrs |= {"autocomplete": "one-time-code", "autocapitalize": "characters", "autofocus": True}
