from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies.actions.recovery import Voucher
from kolonne.portal.companies.forms.desk import NO_AUTOCOMPLETE, DocumentForm
from kolonne.portal.companies.forms.fields import LineField


class RecoveryForm(DocumentForm):
    """Who shall administer an orphaned company, and why the dealer believes it."""

    person = LineField(
        label=gettext_lazy("User id or e-mail address of the person"),
        max_length=254,
        widget=forms.TextInput(attrs={**NO_AUTOCOMPLETE, "autocapitalize": "none", "spellcheck": "false"}),
    )
    reason = LineField(
        label=gettext_lazy("What shows that this person may act for the company"),
        max_length=300,
        widget=forms.TextInput(attrs=NO_AUTOCOMPLETE),
    )
    field_order = ("person", "document", "expires_on", "first_name", "last_name", "birth_date", "reason")

    def clean_expires_on(self) -> object:
        if self.is_expired():
            raise forms.ValidationError(_("This document is expired: it cannot verify anybody."))
        return self.cleaned_data["expires_on"]

    def voucher(self) -> Voucher:
        data = self.cleaned_data
        return Voucher(self.typed(), data["document"], data["expires_on"], data["reason"])
