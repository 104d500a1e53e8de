from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.actions.people import MAX_REASON
from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.companies.queries.people import roles_for
from kolonne.portal.identity.actions import PersonData
from kolonne.portal.identity.models import Language
from kolonne.portal.identity.user_ids import MAX_LENGTH, USER_ID, free_user_id


class RolesForm(forms.Form):
    """The roles of one person in one organisation."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one role."),
            "invalid_choice": _("This organisation has no such role."),
        },
    )

    def __init__(self, company: Company, data: Any = None, **arguments: Any) -> None:
        super().__init__(data, **arguments)
        self.fields["roles"].choices = roles_for(company)  # type: ignore[attr-defined]  # a field of choices

    def wanted(self) -> list[Role]:
        return [Role(role) for role in self.cleaned_data["roles"]]


class PersonForm(RolesForm):
    """A new person. Without a user id one is made from the names."""

    first_name = LineField(label=_("First name"), max_length=150)
    last_name = LineField(label=_("Last name"), max_length=150)
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"invalid": _("This is no e-mail address. It looks like name@example.com.")},
    )
    username = forms.CharField(label=_("User id"), max_length=MAX_LENGTH, required=False, validators=[USER_ID])
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    field_order = ("first_name", "last_name", "email", "username", "language", "roles")

    def __init__(self, company: Company, data: Any = None, **arguments: Any) -> None:
        super().__init__(company, data, **arguments)
        for name in ("first_name", "last_name", "email", "username"):
            self.fields[name].widget.attrs |= {"autocomplete": "off"}
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("username") and "username" not in self.errors:
            cleaned["username"] = free_user_id(cleaned.get("first_name", ""), cleaned.get("last_name", ""))
            if not cleaned["username"] and not {"first_name", "last_name"} & self.errors.keys():
                self.add_error("username", _("No user id can be made from these names: type one."))
        return cleaned

    def person(self) -> PersonData:
        names = ("username", "email", "first_name", "last_name", "language")
        return PersonData(**{name: self.cleaned_data[name] for name in names})


class ReasonForm(forms.Form):
    """Why somebody is blocked; those who may read the audit read it."""

    reason = LineField(
        label=_("Reason (optional)"),
        max_length=MAX_REASON,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class HandOverForm(forms.Form):
    """Who takes over, and whether one wants to leave."""

    to = forms.ChoiceField(
        label=_("Who takes over"), widget=forms.RadioSelect, error_messages={"required": _("Choose somebody.")}
    )
    leave = forms.BooleanField(label=_("Ask this person to take me out of the company"), required=False)

    def __init__(self, people: list[Membership], data: Any = None) -> None:
        super().__init__(data)
        self.people = people
        choices = [(str(member.pk), f"{member.user} ({', '.join(member.role_labels)})") for member in people]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]  # a field of choices

    def chosen(self) -> Membership:
        return next(member for member in self.people if str(member.pk) == self.cleaned_data["to"])
