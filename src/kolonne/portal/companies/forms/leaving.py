from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.models import Company


class ConfirmNameForm(forms.Form):
    """Whoever deletes a company types its name: nobody does that by mistake."""

    name = forms.CharField(label=_("Name of the company"), max_length=200)

    def __init__(self, company: Company, data: Any = None) -> None:
        super().__init__(data)
        self._company = company
        self.fields["name"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if name != " ".join(self._company.name.split()):
            raise forms.ValidationError(_("This is not the name. Type it exactly as it stands above."))
        return name
