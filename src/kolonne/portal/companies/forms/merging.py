from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.companies.forms.desk import NO_AUTOCOMPLETE, CodeField
from kolonne.portal.companies.models import Company


class MergeCodeForm(forms.Form):
    """The code that the administrators of the other company handed over."""

    code = CodeField(
        label=_("Code of the other company"),
        max_length=40,
        widget=forms.TextInput(attrs={**NO_AUTOCOMPLETE, "autocapitalize": "characters", "spellcheck": "false"}),
    )


class ConfirmMergeForm(forms.Form):
    """Whoever confirms types the name of the company that goes: nobody does that by mistake."""

    name = forms.CharField(label=_("Name of the company that goes"), max_length=200)

    def __init__(self, gone: Company, data: Any = None) -> None:
        super().__init__(data)
        self._gone = gone
        self.fields["name"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if name != " ".join(self._gone.name.split()):
            raise forms.ValidationError(_("This is not the name. Type it exactly as it stands above."))
        return name
