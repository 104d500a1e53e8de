from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.challenge import ChallengeField
from kolonne.portal.identity.models import Language, Market, PrivateProfile, User
from kolonne.portal.identity.passwords import MOST
from kolonne.portal.identity.user_ids import MAX_LENGTH, USER_ID


class PrivateSignUpForm(forms.Form):
    """What a private person needs to get a Kolonne ID (ID-03)."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    user_id = forms.CharField(label=_("User id"), max_length=MAX_LENGTH, validators=[USER_ID])
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    password = forms.CharField(label=_("Password"), max_length=MOST, strip=False, widget=forms.PasswordInput)
    language = forms.ChoiceField(label=_("Language of pages and mails"), choices=Language.choices)
    market = forms.ModelChoiceField(label=_("Country"), queryset=Market.objects.order_by("code"), empty_label=None)
    challenge = ChallengeField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, hint in {
            "name": "name", "user_id": "username", "email": "email", "password": "new-password", "market": "country",
        }.items():  # fmt: skip
            self.fields[name].widget.attrs["autocomplete"] = hint
        self.fields["user_id"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    def clean(self) -> None:
        """A password is measured last, for that can take half a second: whoever wants it done has done more himself."""
        if "password" not in self.cleaned_data or "challenge" in self.errors:
            return
        known = {"username": self.cleaned_data.get("user_id", ""), "email": self.cleaned_data.get("email", "")}
        try:
            validate_password(self.cleaned_data["password"], User(**known))
        except ValidationError as error:
            self.add_error("password", error)


class ConfirmForm(forms.Form):
    """Besides the link: only who signed up knows the password."""

    password = forms.CharField(
        label=_("Password"),
        max_length=MOST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PrivateForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for type checkers only
    """One's own private data."""

    class Meta:
        model = PrivateProfile
        fields = ("name", "mobile", "street", "postal_code", "city")
        widgets = {  # noqa: RUF012  # as Django declares it
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "mobile": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
            "street": forms.TextInput(attrs={"autocomplete": "street-address"}),
            "postal_code": forms.TextInput(attrs={"autocomplete": "postal-code"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
        }
