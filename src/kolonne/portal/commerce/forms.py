from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.commerce import texts
from kolonne.portal.commerce.actions.orders import MOST_VANS
from kolonne.portal.vehicles.models import Vehicle


class OrderForm(forms.Form):
    """Services wanted, and the vans for them."""

    products = forms.MultipleChoiceField(
        error_messages={
            "required": gettext_lazy("Choose at least one service."),
            "invalid_choice": gettext_lazy("This service is not offered any more. Choose another one."),
        }
    )
    vehicles = forms.MultipleChoiceField(
        error_messages={
            "required": gettext_lazy("Choose at least one van."),
            "invalid_choice": gettext_lazy("This van is not in your company any more. Choose another one."),
        }
    )

    def __init__(self, vans: list[Vehicle], data: Any = None) -> None:
        super().__init__(data)
        self.vans = {str(van.pk): van for van in vans}
        self.fields["products"].choices = [(words.code, words.name) for words in texts.all_products()]  # type: ignore[attr-defined]
        self.fields["vehicles"].choices = [(pk, str(van)) for pk, van in self.vans.items()]  # type: ignore[attr-defined]

    def clean_vehicles(self) -> list[Vehicle]:
        chosen = self.cleaned_data["vehicles"]
        if len(chosen) > MOST_VANS:
            raise forms.ValidationError(
                _("%(count)s vans are too many for one order: %(most)s are possible.")
                % {"count": len(chosen), "most": MOST_VANS}
            )
        return [self.vans[pk] for pk in chosen]
