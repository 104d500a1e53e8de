from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.commerce.actions.orders import MOST_VANS
from kolonne.portal.commerce.catalogue import offer, packages, products
from kolonne.portal.vehicles.models import Vehicle


class OrderForm(forms.Form):
    """Services wanted, and the vans for them."""

    products = forms.MultipleChoiceField(
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("This service is not offered any more. Choose another one."),
        },
    )
    packages = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This package is not offered any more. Choose another one.")},
    )
    converts = forms.ChoiceField(choices=[("", ""), ("1", "1")], required=False)
    vehicles = forms.MultipleChoiceField(
        error_messages={
            "required": gettext_lazy("Choose at least one van."),
            "invalid_choice": gettext_lazy("This van is not in your company any more. Choose another one."),
        }
    )

    def __init__(self, vans: list[Vehicle], market: str, data: Any = None) -> None:
        super().__init__(data)
        self.vans = {str(van.pk): van for van in vans}
        for name, codes in (("products", products()), ("packages", packages())):
            self.fields[name].choices = [(code, code) for code in codes if offer(market, code)]  # type: ignore[attr-defined]
        self.fields["vehicles"].choices = [(pk, str(van)) for pk, van in self.vans.items()]  # type: ignore[attr-defined]

    def clean(self) -> None:
        """One service or one package at least."""
        super().clean()
        wanted = self.cleaned_data.get("products"), self.cleaned_data.get("packages")
        if not any(wanted) and not self.errors.keys() & {"products", "packages"}:
            self.add_error("products", _("Choose at least one service."))

    def clean_vehicles(self) -> list[Vehicle]:
        chosen = self.cleaned_data["vehicles"]
        if len(chosen) > MOST_VANS:
            raise forms.ValidationError(
                _("%(count)s vans are too many for one order: %(most)s are possible.")
                % {"count": len(chosen), "most": MOST_VANS}
            )
        return [self.vans[pk] for pk in chosen]
