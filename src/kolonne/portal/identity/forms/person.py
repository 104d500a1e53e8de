"""Who somebody is, as a dealer compares it with a document (CO-03)."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.identity.actions.help import MARKET_OF_LANGUAGE
from kolonne.portal.identity.actions.own_data import GREATEST_AGE, LEAST_AGE, is_birth_date, is_name
from kolonne.portal.lib.errors import Invalid
from kolonne.portal.lib.phone import MAX_LENGTH, mobile_number


class NameField(forms.CharField):
    """A part of a name in one line, with letters in it and nothing that could be read as an address on the web."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not is_name(value):
            raise ValidationError(_("This is no name. Write it as it stands in your ID document."))


def checked_birth_date(day: date) -> date:
    """Raises ValidationError for a day on which nobody was born who registers today."""
    if not is_birth_date(day):
        text = _("You must be %(least)d to %(most)d years old. Check the year.")
        raise ValidationError(text % {"least": LEAST_AGE, "most": GREATEST_AGE})
    return day


def checked_mobile(text: str, region: str) -> str:
    """As E.164; empty stays empty. Raises ValidationError."""
    if not text.strip():
        return ""
    try:
        return mobile_number(text, region)
    except Invalid as error:
        raise ValidationError(
            _("This is no mobile number. Write it with the code of the country, e.g. +47 912 34 567.")
        ) from error


class PersonForm(forms.Form):
    """Name, date of birth and mobile number."""

    first_name = NameField(label=gettext_lazy("First name"), max_length=150)
    last_name = NameField(label=gettext_lazy("Last name"), max_length=150)
    birth_date = forms.DateField(label=gettext_lazy("Date of birth"))
    mobile = forms.CharField(label=gettext_lazy("Mobile number"), max_length=MAX_LENGTH, required=False)

    def __init__(self, *args: Any, region: str = "", **kwargs: Any) -> None:
        """`region` says whose mobile numbers need no code; without it, the chosen language does."""
        super().__init__(*args, **kwargs)
        self.region = region or MARKET_OF_LANGUAGE.get(str(self.data.get("language", "")), "")
        for name, hint in {"first_name": "given-name", "last_name": "family-name", "mobile": "tel"}.items():
            self.fields[name].widget.attrs["autocomplete"] = hint
        self.fields["mobile"].widget.input_type = "tel"
        # What browsers send, whatever they show.
        self.fields["birth_date"].widget = forms.DateInput(
            format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"}
        )

    def clean_birth_date(self) -> date:
        return checked_birth_date(self.cleaned_data["birth_date"])

    def clean_mobile(self) -> str:
        return checked_mobile(self.cleaned_data["mobile"], self.region)
