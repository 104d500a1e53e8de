from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies.actions.invitations import Invitee, understood
from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.companies.forms.people import RolesForm
from kolonne.portal.companies.models import Channel, Company, Invitation
from kolonne.portal.identity.actions import PersonData
from kolonne.portal.identity.forms.own_password import InvitationForm
from kolonne.portal.identity.models import Language, User
from kolonne.portal.identity.user_ids import MAX_LENGTH, USER_ID, free_user_id
from kolonne.portal.lib.errors import Invalid


class InviteForm(RolesForm):
    """Whom an administrator asks into the company. One field takes addresses and numbers."""

    address = forms.CharField(label=gettext_lazy("E-mail address or mobile number"), max_length=254)
    first_name = LineField(label=gettext_lazy("First name (optional)"), max_length=150, required=False)
    last_name = LineField(label=gettext_lazy("Last name (optional)"), max_length=150, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    field_order = ("address", "first_name", "last_name", "language", "roles")

    def __init__(self, company: Company, data: Any = None, **arguments: Any) -> None:
        super().__init__(company, data, **arguments)
        self.country = company.market_id
        self.channel = Channel.MAIL
        for name in ("address", "first_name", "last_name"):
            self.fields[name].widget.attrs |= {"autocomplete": "off"}
        self.fields["address"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    def clean_address(self) -> str:
        typed = self.cleaned_data["address"]
        try:
            self.channel, address = understood(typed, self.country)
        except Invalid as error:
            words = {
                "invalid_email": _("This is no e-mail address. It looks like name@example.com."),
                "invalid_mobile": _(
                    "This is neither an e-mail address nor a mobile number. Write numbers with the country's code, "
                    "e.g. +47 91 23 45 67."
                ),
            }
            raise forms.ValidationError(words[error.code]) from error
        return address

    def invitee(self) -> Invitee:
        names = ("address", "first_name", "last_name", "language")
        return Invitee(self.channel, **{name: self.cleaned_data[name] for name in names})


class NewcomerForm(InvitationForm):
    """Somebody without a Kolonne ID: what becomes his."""

    first_name = LineField(label=gettext_lazy("First name"), max_length=150)
    last_name = LineField(label=gettext_lazy("Last name"), max_length=150)
    username = forms.CharField(label=gettext_lazy("User id"), max_length=MAX_LENGTH, validators=[USER_ID])
    field_order = ("first_name", "last_name", "username", "password1", "password2", "language")

    def __init__(self, data: Any, invitation: Invitation, email: str) -> None:
        initial = {
            "first_name": invitation.first_name,
            "last_name": invitation.last_name,
            "username": free_user_id(invitation.first_name, invitation.last_name),
            "language": invitation.language,
        }
        super().__init__(data, user=User(email=email), initial=initial)
        for name, purpose in (("first_name", "given-name"), ("last_name", "family-name"), ("username", "username")):
            self.fields[name].widget.attrs |= {"autocomplete": purpose}
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    def clean_password1(self) -> str:
        """Measured against the names that were typed above it."""
        for name in ("first_name", "last_name", "username"):
            setattr(self.user, name, self.cleaned_data.get(name, ""))
        return super().clean_password1()

    def person(self) -> PersonData:
        names = ("username", "first_name", "last_name", "language")
        return PersonData(email=self.user.email, **{name: self.cleaned_data[name] for name in names})
