from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.identity.actions.own_data import (
    GREATEST_AGE,
    LEAST_AGE,
    MAX_NAME,
    OwnData,
    day_years_ago,
    is_birth_date,
    is_name,
)
from kolonne.portal.identity.models import User
from kolonne.portal.lib import phone
from kolonne.portal.lib.errors import Invalid
from kolonne.portal.lib.forms import LineField


class _DayInput(forms.DateInput):
    input_type = "date"


def _name(label: Any, autocomplete: str) -> LineField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return LineField(label=label, max_length=MAX_NAME, widget=widget)


class OwnDataForm(forms.Form):
    """A person's own data. Each field brings along what stood in it when the page was opened."""

    first_name = _name(gettext_lazy("First name"), "given-name")
    last_name = _name(gettext_lazy("Last name"), "family-name")
    birth_date = forms.DateField(
        label=gettext_lazy("Date of birth"),
        required=False,
        widget=_DayInput(format="%Y-%m-%d", attrs={"autocomplete": "bday"}),
        error_messages={"invalid": gettext_lazy("This is no date. Write it as year, month and day: 1985-03-21.")},
    )
    mobile = forms.CharField(
        label=gettext_lazy("Mobile number"),
        max_length=phone.MAX_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        self.user, self.now = user, OwnData.of(user)
        super().__init__(data, initial=vars(self.now) | {"mobile": phone.written(user.mobile)})
        first, last = day_years_ago(GREATEST_AGE), day_years_ago(LEAST_AGE)
        self.fields["birth_date"].widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean_first_name(self) -> str:
        return self._clean_name("first_name")

    def clean_last_name(self) -> str:
        return self._clean_name("last_name")

    def _clean_name(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        if text != getattr(self.now, name) and not is_name(text):
            raise ValidationError(_("This is no name. Write it as it stands in your identity document."))
        return text

    def clean_birth_date(self) -> Any:
        day = self.cleaned_data["birth_date"]
        if day not in {None, self.now.birth_date} and not is_birth_date(day):
            raise ValidationError(
                _("Check the year: people here are between %(least)s and %(greatest)s years old.")
                % {"least": LEAST_AGE, "greatest": GREATEST_AGE}
            )
        return day

    def clean_mobile(self) -> str:
        """As E.164."""
        text: str = self.cleaned_data["mobile"].strip()
        if not text or text in {self.now.mobile, phone.written(self.now.mobile)}:
            return self.now.mobile if text else ""
        try:
            return phone.mobile_number(text, self.user.market_id)
        except Invalid as error:
            raise ValidationError(
                _("This is no mobile number. Write it with the country's code, e.g. +47 91 23 45 67.")
            ) from error

    def own_data(self) -> OwnData:
        return OwnData(**self.cleaned_data)

    def seen(self) -> OwnData:
        """What stood in the fields when the person opened the page; what cannot be read there, nobody saw."""
        sent = {name: self.data.get(self[name].html_initial_name, "").replace("\0", "") for name in self.fields}
        try:
            day = self.fields["birth_date"].clean(sent["birth_date"])
        except ValidationError:
            day = self.now.birth_date
        is_same_number = sent["mobile"] == phone.written(self.now.mobile)
        mobile = self.now.mobile if is_same_number else sent["mobile"]
        return OwnData(sent["first_name"], sent["last_name"], day, mobile)

    def as_hidden_entries(self) -> str:
        """All that was entered and all that had stood there, for the page that asks once more."""
        fields = [self[name] for name in self.fields]
        return mark_safe("".join(field.as_hidden() + field.as_hidden(only_initial=True) for field in fields))  # noqa: S308  # made by the fields
