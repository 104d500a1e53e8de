"""A new password, typed twice; used by every page that sets one before sign-in."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.models import Language, User
from kolonne.portal.identity.passwords import Length


def _field(label: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, max_length=1000, widget=widget)


class OwnPasswordForm(forms.Form):
    """What a password must be, says one place for all pages: the validators behind allauth's adapter."""

    password1 = _field(_("New password"))
    password2 = _field(_("New password again"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = Length().get_help_text()

    def clean_password1(self) -> str:
        return str(get_adapter().clean_password(self.cleaned_data["password1"], user=self.user))

    def clean(self) -> None:
        first, second = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ. Type the new one again."))


class InvitationForm(OwnPasswordForm):
    """With the language, which whoever invites can only guess."""

    language = forms.ChoiceField(label=_("Language of pages and mails"), choices=Language.choices)
