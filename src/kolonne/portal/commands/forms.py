from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.commands.actions import Order
from kolonne.portal.commands.sealing import PIN_LENGTH
from kolonne.wire.commands import KINDS

_KEY_LENGTH = 100


class CommandForm(forms.Form):
    """A button or small form on the page of a van. Arguments are fields of their own, under their names."""

    command = forms.CharField(max_length=40)
    pin = forms.CharField(max_length=40, required=False, strip=True)
    key = forms.CharField(max_length=_KEY_LENGTH, required=False)
    next = forms.CharField(max_length=300, required=False)

    def order(self) -> Order:
        """What is asked; whether it fits the command is for the action to say."""
        name = self.cleaned_data["command"]
        kind = KINDS.get(name)
        args: dict[str, Any] = {}
        for argument, expected in (kind.arguments if kind else {}).items():
            given = self.data.get(argument, "").strip()
            if given:
                args[argument] = _number(given) if expected.kind == "number" else given
        return Order(name=name, args=args, pin=self.cleaned_data["pin"])


def _number(text: str) -> float | str:
    """The number in a form field, with comma or point; the text itself if it is none, so that the error shows it."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


class PinForm(forms.Form):
    """Sets the unlock PIN; the account's password proves that it is you and not somebody at your desk."""

    password = forms.CharField(
        label=_("Password of your account"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    pin = forms.CharField(
        label=_("New PIN"),
        max_length=40,
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "new-password", "maxlength": PIN_LENGTH}
        ),
    )
    pin_again = forms.CharField(
        label=_("New PIN, once more"),
        max_length=40,
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "new-password", "maxlength": PIN_LENGTH}
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"pin", "pin_again"} <= cleaned.keys() and cleaned["pin"] != cleaned["pin_again"]:
            self.add_error("pin_again", _("The two PINs differ: type the same six digits twice."))
        return cleaned
