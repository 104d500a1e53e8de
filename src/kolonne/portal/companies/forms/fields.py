from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class LineField(forms.CharField):
    """Words in one line, as they stand in lists, mails and the audit. Breaks and odd spaces become a space; what
    nobody sees is refused, e.g. signs that turn the direction of the words around them."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not value.isprintable():
            raise ValidationError(_("There is a sign in it that nobody can see. Delete the text and type it again."))
