from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.vehicles import vin_texts
from kolonne.portal.vehicles.actions import VehicleData
from kolonne.portal.vehicles.models import Drive, Vehicle
from kolonne.portal.vehicles.vin import Explained, explain

FIRST_YEAR = 1950
MAX_VIN_INPUT = 40
"""People type VINs with spaces and hyphens."""


def _text(name: str) -> LineField:
    column = Vehicle._meta.get_field(name)
    label, length = column.verbose_name, column.max_length  # type: ignore[union-attr]  # a column of text
    return LineField(label=label, max_length=length, required=False)


class VehicleForm(forms.Form):
    """A van as its registration document describes it."""

    vin = forms.CharField(
        label=gettext_lazy("VIN"),
        max_length=MAX_VIN_INPUT,
        error_messages={"required": gettext_lazy("Type the VIN: field E of the registration document.")},
    )
    plate = _text("plate")
    name = _text("name")
    make = _text("make")
    model = _text("model")
    model_year = forms.IntegerField(label=gettext_lazy("Model year"), required=False)
    drive = forms.ChoiceField(label=gettext_lazy("Drive"), choices=Drive.choices, initial=Drive.ELECTRIC)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs |= {"autocomplete": "off"}
        for name in ("vin", "plate"):
            self.fields[name].widget.attrs |= {"autocapitalize": "characters", "spellcheck": "false"}
        self.fields["model_year"].widget.attrs |= {"inputmode": "numeric"}

    def clean_vin(self) -> str:
        """Field, value and remedy: says what it is about the VIN that cannot be."""
        explained = self.explained()
        if explained.is_right:
            return explained.vin
        wrong = [forms.ValidationError(text, code="invalid_vin") for text in vin_texts.problems(explained)]
        raise forms.ValidationError(wrong)

    def explained(self) -> Explained:
        """What the VIN says by itself, as far as it was typed."""
        typed = str(self.data.get("vin", ""))[:MAX_VIN_INPUT]
        return explain(typed, this_year=timezone.now().year)

    def clean_model_year(self) -> int | None:
        year: int | None = self.cleaned_data["model_year"]
        newest = timezone.now().year + 1
        if year is not None and not FIRST_YEAR <= year <= newest:
            wrong = _("%(year)s cannot be: type a year from %(first)s to %(newest)s, or leave it empty.")
            raise forms.ValidationError(wrong % {"year": year, "first": FIRST_YEAR, "newest": newest})
        return year

    def vehicle_data(self) -> VehicleData:
        """What stayed empty is taken from the VIN, if that says it."""
        names = ("plate", "name", "make", "model", "model_year", "drive")
        told = {name: self.cleaned_data[name] for name in names}
        known = self.explained()
        told["make"] = told["make"] or known.maker
        told["model_year"] = told["model_year"] or known.model_year
        return VehicleData(**told)
