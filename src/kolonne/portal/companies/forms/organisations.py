from dataclasses import asdict
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies import legal
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.actions.organisations import LEGAL_DATA
from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.companies.forms.people import PersonForm
from kolonne.portal.companies.models import Company, Kind, Tenant
from kolonne.portal.identity.models import Market
from kolonne.portal.lib.errors import Invalid

TIME_ZONE_OF = {"no": "Europe/Oslo", "de": "Europe/Berlin"}
"""Where most organisations of a market are."""


def _time_zones(*more: str) -> list[tuple[str, str]]:
    zones = {zone for zone in available_timezones() if zone.startswith("Europe/")} | {"UTC", *more}
    return [(zone, zone.replace("_", " ")) for zone in sorted(zones)]


def _text(name: str, *, required: bool = False, autocomplete: str = "off") -> LineField:
    """As the column is: its words and its length."""
    column = Company._meta.get_field(name)
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    label, length = column.verbose_name, column.max_length  # type: ignore[union-attr]  # a column of text
    return LineField(label=label, max_length=length, required=required, widget=widget)


class _AddressFields(forms.Form):
    name = _text("name", required=True, autocomplete="organization")
    street = _text("street", autocomplete="street-address")
    postal_code = _text("postal_code", autocomplete="postal-code")
    city = _text("city", autocomplete="address-level2")
    customer_number = _text("customer_number")
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=_time_zones)


class CompanyForm(_AddressFields):
    """Data of an organisation. Every field brings along what stood in it when the page was opened, so that two people
    who change different fields do not undo each other's work."""

    legal_form = forms.ChoiceField(label=gettext_lazy("Legal form"), required=False)
    register_number = _text("register_number")
    vat_number = _text("vat_number")
    second_factor_for_all = forms.BooleanField(required=False)

    def __init__(self, company: Company, data: Any = None) -> None:
        super().__init__(data, initial={name: getattr(company, name) for name in self.base_fields})
        self.fields["second_factor_for_all"].label = _("Everybody in the organisation needs a second factor")
        self.fields["time_zone"].choices = _time_zones(company.time_zone)  # type: ignore[attr-defined]  # a ChoiceField
        self.market, self.country = company.market_id, legal.country(company.market_id)
        known = [(form.code, form.name) for form in self.country.forms]
        self.fields["legal_form"].choices = [("", _("Not known")), *known]  # type: ignore[attr-defined]  # the same
        self.fields["register_number"].label, self.fields["vat_number"].label = (
            str(self.country.register_label),
            str(self.country.vat_label),
        )
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        """Form and numbers have to fit each other once somebody touches one of them; companies of old have none."""
        cleaned: dict[str, Any] = super().clean() or {}
        seen = self.seen()
        if self.errors or all(cleaned[name] == seen[name] for name in LEGAL_DATA):
            return cleaned
        try:
            kept = legal.checked(self.market, **{name: cleaned[name] for name in LEGAL_DATA})
        except Invalid as error:
            for name, text in error.errors.items():
                self.add_error(name, text)
            return cleaned
        return {**cleaned, **asdict(kept)}

    def as_hidden_entries(self) -> str:
        """All that was entered and all that had stood there, for the page that asks once more."""
        fields = [self[name] for name in self.fields]
        return mark_safe("".join(field.as_hidden() + field.as_hidden(only_initial=True) for field in fields))  # noqa: S308  # made by the fields

    def seen(self) -> dict[str, Any]:
        """What stood in the fields when the person opened the page."""
        # As it was sent: a field would tidy up the words, and what stands there could never be found again.
        sent = {name: self.data.get(self[name].html_initial_name, "").replace("\0", "") for name in self.fields}
        return {**sent, "second_factor_for_all": sent["second_factor_for_all"] == "True"}

    def after_conflict(self, company: Company) -> "CompanyForm":
        """The same entries over what stands there now; says at each field what somebody else wrote."""
        data = dict(self.data.items())
        seen, differing = self.seen(), []
        for name in self.fields:
            now = getattr(company, name)
            data[self[name].html_initial_name] = str(now)
            if now != seen[name] and self.cleaned_data[name] != now:
                differing.append((name, now))
        form = CompanyForm(company, data)
        for name, now in differing:
            form.add_error(name, _changed_text(now))
        return form


def _changed_text(now: object) -> str:
    if isinstance(now, bool):
        return _("Somebody else changed this meanwhile. Choose again and save.")
    return _("Somebody else changed this meanwhile to “%(value)s”. Check your entry and save again.") % {
        "value": now or "–"
    }


class OrganisationForm(_AddressFields):
    """A new organisation with its first administrator."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[(kind.value, kind.label) for kind in Kind if kind != Kind.OPERATOR]
    )
    market = forms.ChoiceField(label=gettext_lazy("Market"))
    field_order = ("kind", "market", "name", "street", "postal_code", "city", "customer_number", "time_zone")

    def __init__(self, markets: list[Market], data: Any = None) -> None:
        zone = TIME_ZONE_OF.get(markets[0].pk, "UTC")
        super().__init__(data, initial={"market": markets[0].pk, "time_zone": zone})
        self.fields["market"].choices = [(market.pk, str(market)) for market in markets]  # type: ignore[attr-defined]

    def company_data(self) -> CompanyData:
        names = ("name", "street", "postal_code", "city", "customer_number", "time_zone")
        return CompanyData(**{name: self.cleaned_data[name] for name in names})


class FirstAdministratorForm(PersonForm):
    """Who is invited to administer a new organisation: a person like any other, whose role is known."""

    def __init__(self, data: Any = None, **arguments: Any) -> None:
        super().__init__(Company(company=Tenant(kind=Kind.FLEET)), data, prefix="administrator", **arguments)
        del self.fields["roles"]
