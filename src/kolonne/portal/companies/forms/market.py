from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.companies.queries.periods import PERIODS
from kolonne.portal.identity.actions.markets import MAX_DAYS, MAX_PHONE
from kolonne.portal.identity.models import Market

CONTACT = ("support_email", "support_phone")


class MarketForm(forms.Form):
    """The periods of a market, in days since the last sign-in, and whom its people can ask."""

    support_email = forms.EmailField(required=False)
    support_phone = LineField(required=False, max_length=MAX_PHONE)

    def __init__(self, market: Market, data: Any = None) -> None:
        names = (*PERIODS, *CONTACT)
        super().__init__(data, initial={name: getattr(market, name) for name in names})
        for name in PERIODS:
            self.fields[name] = forms.IntegerField(min_value=1, max_value=MAX_DAYS)
            self.fields[name].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}
        for name in names:
            self.fields[name].label = Market._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # a column
            self.fields[name].show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for before, name in pairwise(PERIODS):
            if {before, name} <= cleaned.keys() and cleaned[name] <= cleaned[before]:
                least = cleaned[before] + 1
                self.add_error(name, _("At least %(days)s: it comes after the step before.") % {"days": least})
        return cleaned

    def periods(self) -> dict[str, int]:
        return {name: self.cleaned_data[name] for name in PERIODS}

    def changes(self) -> dict[str, Any]:
        """Only what the person changed, so that nobody else's change is undone."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def has_other_periods(self) -> bool:
        return bool(set(PERIODS) & set(self.changed_data))

    def fingerprint(self) -> str:
        """Names the periods of which a preview was shown."""
        return "-".join(str(days) for days in self.periods().values())
