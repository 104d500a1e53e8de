"""The steps of registering a company. Each form checks what was kept of its step, too: only what is valid counts."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies import legal
from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.companies.models import Company
from kolonne.portal.identity.models import Market
from kolonne.portal.lib.errors import Invalid

MAX_TYPED = 80
"""Of a number as people write it; what is kept of it is shorter."""


def _line(label: Any, name: str, autocomplete: str) -> LineField:
    """As long as the column is."""
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    length = Company._meta.get_field(name).max_length  # type: ignore[union-attr]  # a column of text
    return LineField(label=label, max_length=length, widget=widget)


def _number() -> LineField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return LineField(max_length=MAX_TYPED, required=False, widget=widget)


class CountryForm(forms.Form):
    """Where the company is registered. It cannot be changed later (CO-02)."""

    market = forms.ChoiceField(label=gettext_lazy("Country"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        markets = sorted((str(market), market.pk) for market in Market.objects.all())
        self.fields["market"].choices = [(code, name) for name, code in markets]  # type: ignore[attr-defined]
        self.fields["market"].error_messages["required"] = _("Choose the country.")


class CompanyDetailsForm(forms.Form):
    """What the company is, in the words and by the rules of its country."""

    legal_form = forms.ChoiceField(label=gettext_lazy("Legal form"))
    name = _line(gettext_lazy("Name of the company"), "name", "organization")
    register_number = _number()
    vat_number = _number()
    street = _line(gettext_lazy("Street and number"), "street", "street-address")
    postal_code = _line(gettext_lazy("Postal code"), "postal_code", "postal-code")
    city = _line(gettext_lazy("City"), "city", "address-level2")

    def __init__(self, market: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.market, self.country = market, legal.country(market)
        choices = [("", _("Choose…")), *((form.code, form.name) for form in self.country.forms)]
        self.fields["legal_form"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["register_number"].label = str(self.country.register_label)
        self.fields["vat_number"].label = str(self.country.vat_label)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"legal_form", "register_number", "vat_number"} - set(cleaned):
            return cleaned
        numbers = {name: cleaned[name] for name in ("legal_form", "register_number", "vat_number")}
        try:
            return cleaned | asdict(legal.checked(self.market, **numbers))
        except Invalid as error:
            for name, text in error.errors.items():
                self.add_error(name, text)
        return cleaned


class DeclarationForm(forms.Form):
    """Nobody becomes administrator of a company without saying that he may act for it (CO-01)."""

    declared = forms.BooleanField(
        error_messages={"required": gettext_lazy("Tick this: only somebody who may act for the company registers it.")}
    )
