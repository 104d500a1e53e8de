"""Codes and passkeys as allauth has them, in our words."""

from typing import Any

from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.core.validators import MaxLengthValidator
from django.forms import Field
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.forms.plain import Plain


def _as_code(field: Field) -> None:
    field.widget.attrs |= {
        "autocomplete": "one-time-code", "inputmode": "numeric", "class": "k-code", "autofocus": True,
    }  # fmt: skip


class CodeForm(Plain, base.AuthenticateForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")
        _as_code(self.fields["code"])


class ConfirmCodeForm(Plain, base.ReauthenticateForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")
        _as_code(self.fields["code"])


class AppForm(Plain, totp.ActivateTOTPForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Six digits that the app shows now")
        _as_code(self.fields["code"])

    @property
    def secret_in_groups(self) -> str:
        """For typing it off: four characters at a time."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


class AddPasskeyForm(Plain, webauthn.AddWebAuthnForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].validators.append(MaxLengthValidator(60))
        self.fields["name"].widget.attrs |= {"maxlength": 60, "autofocus": True}


class RenamePasskeyForm(Plain, webauthn.EditWebAuthnForm):  # type: ignore[misc]  # allauth has no type stubs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].validators.append(MaxLengthValidator(60))
        self.fields["name"].widget.attrs |= {"maxlength": 60, "autofocus": True}
