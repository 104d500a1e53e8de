"""What people type when a van changes hands."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies.forms.desk import NO_AUTOCOMPLETE, CodeField, DateInput
from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.vehicles.actions import Finding
from kolonne.portal.vehicles.actions.arbitration import MAX_REASON
from kolonne.portal.vehicles.models import Proof

GRANT, REFUSE = "grant", "refuse"
SUPPORT = "support"
"""Instead of a dealer: the support of the market."""


class OfferForm(forms.Form):
    """For whom the code of a hand-over is."""

    customer_number = LineField(
        label=gettext_lazy("Customer number of the buyer"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs=NO_AUTOCOMPLETE),
    )


class TakeOverForm(forms.Form):
    """The code that the seller gave."""

    code = CodeField(
        label=gettext_lazy("Code of the hand-over"),
        max_length=40,
        widget=forms.TextInput(attrs={**NO_AUTOCOMPLETE, "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type the code that the seller gave you.")},
    )
    plate = LineField(label=gettext_lazy("Number plate"), max_length=16, required=False)
    name = LineField(label=gettext_lazy("Name"), max_length=60, required=False)


class ArbiterForm(forms.Form):
    """Who shall decide."""

    arbiter = forms.ChoiceField(
        label=gettext_lazy("Who shall decide?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who shall decide.")},
    )

    def __init__(self, choices: list[tuple[str, str]], data: Any = None) -> None:
        super().__init__(data)
        self.fields["arbiter"].choices = choices  # type: ignore[attr-defined]  # a field of choices

    def dealer_id(self) -> int | None:
        chosen: str = self.cleaned_data["arbiter"]
        return None if chosen == SUPPORT else int(chosen)


class FindingForm(forms.Form):
    """What the papers say."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Whose is the van?"),
        choices=[
            (GRANT, gettext_lazy("The claimant's: it is taken from the present owner")),
            (REFUSE, gettext_lazy("Not the claimant's: it stays where it is")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    proof = forms.ChoiceField(
        label=gettext_lazy("Kind of document"),
        choices=[("", gettext_lazy("Please choose")), *Proof.choices],
        required=False,
    )
    proof_date = forms.DateField(label=gettext_lazy("Date of the document"), widget=DateInput(), required=False)
    reason = LineField(
        label=gettext_lazy("Reason of a refusal"),
        max_length=MAX_REASON,
        required=False,
        widget=forms.TextInput(attrs=NO_AUTOCOMPLETE),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("decision") == GRANT:
            if not data.get("proof"):
                self.add_error("proof", _("Choose what the claimant showed."))
            if "proof_date" not in self.errors and not self._has_date(data):
                self.add_error("proof_date", _("Type the date of the document; it cannot be in the future."))
        if data.get("decision") == REFUSE and not data.get("reason"):
            self.add_error("reason", _("Say why: the claimant reads it."))
        return data

    @staticmethod
    def _has_date(data: dict[str, Any]) -> bool:
        return data.get("proof_date") is not None and data["proof_date"] <= timezone.localdate()

    def finding(self) -> Finding:
        data = self.cleaned_data
        if data["decision"] == REFUSE:
            return Finding(granted=False, reason=data["reason"])
        return Finding(granted=True, proof=data["proof"], proof_date=data["proof_date"])
