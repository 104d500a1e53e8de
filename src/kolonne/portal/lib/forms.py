from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kolonne.portal.lib.lines import in_line, is_visible


class LineField(forms.CharField):
    """Words in one line. Breaks and odd spaces become a space; what nobody sees is refused."""

    def to_python(self, value: Any) -> str:
        return in_line(super().to_python(value) or "")

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not is_visible(value):
            raise ValidationError(_("There is a sign in it that nobody can see. Delete the text and type it again."))
