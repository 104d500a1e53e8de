from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.identity.actions.own_data import MAX_NAME, is_name
from kolonne.portal.identity.models import User


def _name(label: Any) -> LineField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return LineField(label=label, max_length=MAX_NAME, widget=widget, show_hidden_initial=True)


class NamesForm(forms.Form):
    """The names of somebody else."""

    first_name = _name(gettext_lazy("First name"))
    last_name = _name(gettext_lazy("Last name"))

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, initial={"first_name": user.first_name, "last_name": user.last_name})

    def clean_first_name(self) -> str:
        return self._clean("first_name")

    def clean_last_name(self) -> str:
        return self._clean("last_name")

    def _clean(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        if not is_name(text):
            raise ValidationError(_("This is no name. Write it as it stands in the identity document."))
        return text

    def names(self) -> tuple[str, str]:
        return self.cleaned_data["first_name"], self.cleaned_data["last_name"]

    def seen(self) -> tuple[str, str]:
        """What stood in the fields when the page was opened."""
        first, last = (self.data.get(self[name].html_initial_name, "").replace("\0", "") for name in self.fields)
        return first, last
