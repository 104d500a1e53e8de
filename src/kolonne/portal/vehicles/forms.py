from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.vehicles.actions import VehicleData
from kolonne.portal.vehicles.models import Drive, Vehicle
from kolonne.wire.subjects import VIN

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
        typed = str(self.cleaned_data["vin"])
        vin = "".join(typed.replace("-", "").split()).upper()
        if VIN.fullmatch(vin):
            return vin
        raise forms.ValidationError(_wrong_vin(vin), code="invalid_vin")

    def clean_model_year(self) -> int | None:
        year: int | None = self.cleaned_data["model_year"]
        newest = timezone.now().year + 1
        if year is not None and not FIRST_YEAR <= year <= newest:
            wrong = _("%(year)s cannot be: type a year from %(first)s to %(newest)s, or leave it empty.")
            raise forms.ValidationError(wrong % {"year": year, "first": FIRST_YEAR, "newest": newest})
        return year

    def vehicle_data(self) -> VehicleData:
        names = ("plate", "name", "make", "model", "model_year", "drive")
        return VehicleData(**{name: self.cleaned_data[name] for name in names})


def _wrong_vin(vin: str) -> str:
    letters = sorted(set(vin) & set("IOQ"))
    if letters:
        return _("“%(vin)s” has %(letters)s in it, which no VIN has: look whether it is a 1 or a 0.") % {
            "vin": vin, "letters": ", ".join(letters),
        }  # fmt: skip
    strange = [sign for sign in vin if not (sign.isascii() and sign.isalnum())]
    if strange:
        return _("“%(vin)s” has a “%(sign)s” in it: a VIN has only digits and the letters A to Z.") % {
            "vin": vin, "sign": strange[0],
        }  # fmt: skip
    return _("“%(vin)s” has %(count)s characters, a VIN has 17: look at field E of the registration document.") % {
        "vin": vin, "count": len(vin),
    }  # fmt: skip
