from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kolonne.portal.vehicles.modules import GROUPS, provides

ALL, SOME = "all", "some"


class ProvidesForm(forms.Form):
    """What a module provides: everything, or some groups of signals."""

    scope = forms.ChoiceField(
        label=_("What it provides"),
        choices=[(ALL, _("Everything that the van's services need")), (SOME, _("Only some of it"))],
        widget=forms.RadioSelect,
    )
    groups = forms.MultipleChoiceField(
        label=_("Groups of signals"),
        choices=list(GROUPS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, data: Any = None, *, chosen: Sequence[str] = ()) -> None:
        groups = [group for group in GROUPS if chosen and provides(chosen, group)]
        super().__init__(data, initial={"scope": SOME if groups else ALL, "groups": groups})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("scope") == SOME and not cleaned.get("groups"):
            self.add_error("groups", _("Choose at least one group, or everything."))
        return cleaned

    def provides(self) -> list[str]:
        """For the actions; empty means everything."""
        if self.cleaned_data["scope"] == ALL:
            return []
        return [f"group:{group}" for group in self.cleaned_data["groups"]]
