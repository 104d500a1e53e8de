from typing import Any

from django import forms

from kolonne.portal.companies.actions.sites import SiteData
from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.companies.models import Site


def _text(name: str, *, required: bool = False) -> LineField:
    column = Site._meta.get_field(name)
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    label, length = column.verbose_name, column.max_length  # type: ignore[union-attr]  # a column of text
    return LineField(label=label, max_length=length, required=required, widget=widget)


class SiteForm(forms.Form):
    """A further place of a company."""

    name = _text("name", required=True)
    street = _text("street")
    postal_code = _text("postal_code")
    city = _text("city")

    def __init__(self, site: Site | None, data: Any = None) -> None:
        known = {name: getattr(site, name) for name in self.base_fields} if site else {}
        super().__init__(data, initial=known)

    def site_data(self) -> SiteData:
        return SiteData(**self.cleaned_data)
