"""What people without a sign-in can send: each with the proof that no robot does (ID-04, ID-07)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.challenge import ChallengeField
from kolonne.portal.identity.models import HelpRequest


class ResetForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    challenge = ChallengeField()


class HelpForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for type checkers only
    """Exactly what helpers need to compare with what is stored."""

    challenge = ChallengeField()

    class Meta:
        model = HelpRequest
        fields = ("user_id_given", "first_name", "last_name", "email", "company_name", "company_address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = {
            "user_id_given": "username", "first_name": "given-name", "last_name": "family-name", "email": "email",
            "company_name": "organization", "company_address": "street-address",
        }  # fmt: skip
        for name, hint in hints.items():
            self.fields[name].widget.attrs["autocomplete"] = hint
        self.fields["user_id_given"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
