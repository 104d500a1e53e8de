from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.support.actions.passwords import LEAST, MOST


def _field(label: Any) -> forms.CharField:
    """A secret that no password manager takes for the sign-in's."""
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(label=label, strip=False, max_length=200, widget=widget)


class SupportPasswordForm(forms.Form):
    """A new support password, typed twice; the old one is not asked for (SU-01)."""

    password = _field(_("New support password"))
    password_again = _field(_("New support password again"))

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if any(sign.isspace() for sign in password):
            raise forms.ValidationError(_("There is a space in it. Take it out: it is not heard when read aloud."))
        if not LEAST <= len(password) <= MOST:
            facts = {"count": len(password), "least": LEAST, "most": MOST}
            raise forms.ValidationError(
                _("It has %(count)d characters. Take %(least)d to %(most)d.") % facts, code="length"
            )
        return password

    def clean(self) -> None:
        first, second = self.cleaned_data.get("password"), self.cleaned_data.get("password_again")
        if first and second and first != second:
            self.add_error("password_again", _("The two differ. Type the new one again."))
