from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.challenge import ChallengeField
from kolonne.portal.identity.forms.own_password import OwnPasswordForm
from kolonne.portal.identity.forms.person import PersonForm
from kolonne.portal.identity.models import Language
from kolonne.portal.identity.user_ids import MAX_LENGTH, USER_ID


def _user_id() -> forms.CharField:
    hints = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
    widget = forms.TextInput(attrs=hints)
    return forms.CharField(label=_("User id"), max_length=MAX_LENGTH, validators=[USER_ID], widget=widget)


class RegistrationForm(PersonForm):
    """A new person who is going to register a company (CO-01)."""

    email = forms.EmailField(
        label=_("E-mail address at work"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    user_id = _user_id()
    language = forms.ChoiceField(label=_("Language of pages and mails"), choices=Language.choices)
    challenge = ChallengeField()


class FirstPasswordForm(OwnPasswordForm):
    """The link of the mail was opened: a password, and another user id if somebody took the wished one meanwhile."""

    user_id = _user_id()
    field_order = ("user_id", "password1", "password2")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = _("Password")
        self.fields["password2"].label = _("Password again")
