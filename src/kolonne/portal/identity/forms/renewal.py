from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.actions.renewal import CODE_DIGITS


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("Your own e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class CodeForm(forms.Form):
    """Digits, however they are grouped when they are typed or pasted."""

    code = forms.CharField(
        label=_("Code from the mail"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "k-code", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].replace("-", " ").split())
        if len(code) != CODE_DIGITS or not (code.isascii() and code.isdigit()):
            raise forms.ValidationError(
                _("The code has %(digits)d digits, as in the mail."), params={"digits": CODE_DIGITS}
            )
        return code
