from django import forms
from django.utils.translation import gettext_lazy as _


class DeskForm(forms.Form):
    """What the customer tells the helper."""

    login = forms.CharField(
        label=_("User id or e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("Support password or one-time code"),
        max_length=200,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
