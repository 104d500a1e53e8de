from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.companies import codes
from kolonne.portal.companies.findings import MAX_EVIDENCE, Decision, Finding
from kolonne.portal.companies.forms.fields import LineField
from kolonne.portal.companies.hooks import CheckItem
from kolonne.portal.companies.models import Document
from kolonne.portal.companies.queries.desk import CaseView
from kolonne.portal.identity.models import Verification
from kolonne.portal.identity.personal_data import PersonalData

RESULTS = [(result.value, result.label) for result in (Verification.VERIFIED, Verification.REFUSED)]
NO_AUTOCOMPLETE = {"autocomplete": "off"}


class CodeField(forms.CharField):
    """The code of a case as it was read aloud, in any case and with or without its dashes."""

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        code = codes.read(typed)
        if not code:
            raise ValidationError(
                _("A code has %(length)s letters and digits, e.g. %(example)s. Please compare it with the screen.")
                % {"length": codes.LENGTH, "example": codes.grouped("K7M2P9XQ4R")}
            )
        return code


class CodeForm(forms.Form):
    """What a customer shows at the counter."""

    code = CodeField(
        label=gettext_lazy("Code of the customer"),
        max_length=40,
        widget=forms.TextInput(
            attrs={**NO_AUTOCOMPLETE, "autocapitalize": "characters", "spellcheck": "false", "class": "d-code-input"}
        ),
        error_messages={"required": gettext_lazy("Type the code that the customer shows.")},
    )


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **arguments: Any) -> None:
        super().__init__(format="%Y-%m-%d", attrs=NO_AUTOCOMPLETE, **arguments)


class DocumentForm(forms.Form):
    """What the document of a person says. It is compared and forgotten; only its kind and expiry are kept."""

    document = forms.ChoiceField(
        label=gettext_lazy("Kind of document"),
        choices=[("", gettext_lazy("Please choose")), *Document.choices],
        error_messages={"required": gettext_lazy("Choose what the person showed.")},
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Valid until"),
        widget=DateInput(),
        error_messages={"required": gettext_lazy("Type the date until which the document is valid.")},
    )
    first_name = LineField(label=gettext_lazy("First name in the document"), max_length=150, widget=forms.TextInput)
    last_name = LineField(label=gettext_lazy("Last name in the document"), max_length=150, widget=forms.TextInput)
    birth_date = forms.DateField(label=gettext_lazy("Date of birth in the document"), widget=DateInput())

    def __init__(self, data: Any = None, **arguments: Any) -> None:
        super().__init__(data, **arguments)
        for name in ("first_name", "last_name"):
            self.fields[name].widget.attrs |= NO_AUTOCOMPLETE

    def typed(self) -> PersonalData:
        data = self.cleaned_data
        return PersonalData(data["first_name"], data["last_name"], data["birth_date"])

    def is_expired(self) -> bool:
        expires_on = self.cleaned_data.get("expires_on")
        return expires_on is not None and expires_on < timezone.localdate()


class CaseForm(DocumentForm):
    """Everything that a dealer says about a case. Fields of things are `item-` and their keys."""

    def __init__(self, view: CaseView, data: Any = None, **arguments: Any) -> None:
        super().__init__(data, **arguments)
        self.view = view
        self.item_fields = {f"item-{item.key}": item for item in view.items}
        self._add_finding("person")
        if view.asks_company:
            self._add_finding("company")
        for name in self.item_fields:
            self._add_finding(name)
        if view.case.is_remote:
            self.fields["evidence"] = LineField(label=_("What you saw, and how"), max_length=MAX_EVIDENCE)

    def _add_finding(self, name: str) -> None:
        self.fields[name] = forms.ChoiceField(
            label=_("Result"),
            choices=RESULTS,
            widget=forms.RadioSelect,
            error_messages={"required": _("Say what you found.")},
        )
        self.fields[f"{name}_reason"] = LineField(
            label=_("Reason of a refusal"),
            max_length=300,
            required=False,
            widget=forms.TextInput(attrs=NO_AUTOCOMPLETE),
        )

    def finding_names(self) -> Iterable[str]:
        return [name for name in self.fields if f"{name}_reason" in self.fields]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self.finding_names():
            if cleaned.get(name) == "refused" and not cleaned.get(f"{name}_reason"):
                self.add_error(f"{name}_reason", _("Say why: the customer reads it and learns what to do."))
        if cleaned.get("person") == "verified":
            self._check_person()
        elif cleaned.get("company") == "verified":
            self.add_error("company", _("A company is verified only together with the person who acts for it."))
        return cleaned

    def _check_person(self) -> None:
        if self.is_expired():
            self.add_error("expires_on", _("This document is expired: it cannot verify anybody."))
        if self.differences():
            self.add_error(
                "person",
                _(
                    "What differs from the document cannot be verified. The person corrects it in the profile, and "
                    "you load this page again; or you refuse and say why."
                ),
            )

    def differences(self) -> list[str]:
        """Names of the fields in which document and stored data differ, as far as they were typed."""
        names = ("first_name", "last_name", "birth_date")
        if not set(names) <= set(getattr(self, "cleaned_data", {})):
            return []
        return self.typed().differences(self.view.stored)

    def decision(self) -> Decision:
        data = self.cleaned_data
        return Decision(
            typed=self.typed(),
            document=data["document"],
            expires_on=data["expires_on"],
            person=self._finding("person"),
            company=self._finding("company") if self.view.asks_company else None,
            items={item.key: self._finding(name) for name, item in self.item_fields.items()},
            evidence=data.get("evidence", ""),
        )

    def _finding(self, name: str) -> Finding:
        verified = self.cleaned_data[name] == "verified"
        return Finding(verified, "" if verified else self.cleaned_data[f"{name}_reason"])

    def items(self) -> list[tuple[CheckItem, forms.BoundField, forms.BoundField]]:
        """For the page: thing, its result, its reason."""
        return [(item, self[name], self[f"{name}_reason"]) for name, item in self.item_fields.items()]
