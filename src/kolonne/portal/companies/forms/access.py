from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.models import Application


class AccessForm(forms.Form):
    """What somebody may do in one application; nothing chosen takes it all away."""

    rights = forms.MultipleChoiceField(
        label=_("Rights"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("This application has no such right.")},
    )

    def __init__(self, application: Application, data: Any = None, **arguments: Any) -> None:
        super().__init__(data, **arguments)
        self.fields["rights"].choices = [(right, right) for right in application.rights]  # type: ignore[attr-defined]
