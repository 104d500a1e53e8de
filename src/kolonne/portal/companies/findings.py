"""What a dealer says about a case, and whether it fits together (VE-02, VE-05)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from kolonne.portal.companies.models import Document
from kolonne.portal.companies.queries.desk import CaseView
from kolonne.portal.identity.models import Verification
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.errors import Invalid

MAX_EVIDENCE = 140
"""Of what one person says that he saw, in a check from afar."""


@dataclass(frozen=True)
class Finding:
    """What was found of the person, the company or one thing."""

    verified: bool
    reason: str = ""
    """Needed with a refusal: the customer reads it."""

    @property
    def result(self) -> Verification:
        return Verification.VERIFIED if self.verified else Verification.REFUSED


@dataclass(frozen=True)
class Decision:
    """Everything that a dealer says about a case at once."""

    typed: PersonalData
    """What stands in the document; compared and forgotten."""
    document: str
    expires_on: date
    person: Finding
    company: Finding | None = None
    """None when the company is verified already."""
    items: Mapping[str, Finding] = field(default_factory=dict)
    evidence: str = ""
    """Of a remote case: what was seen, in words."""

    @property
    def findings(self) -> dict[str, Finding]:
        company = {"company": self.company} if self.company else {}
        return {"person": self.person, **company, **self.items}

    @property
    def facts(self) -> dict[str, object]:
        """The findings without what the document says."""
        return {
            "document": self.document,
            "expires_on": self.expires_on.isoformat(),
            "results": {name: finding.verified for name, finding in sorted(self.findings.items())},
        }


def check_decision(view: CaseView, decision: Decision) -> None:
    """Raises Invalid on what does not fit together; the keys are fields, or keys of things with `_reason`."""
    errors = _of_person(view, decision) | _of_company(view, decision)
    if view.case.is_remote and not decision.evidence.strip():
        errors["evidence"] = "what was seen, in words"
    if set(decision.items) != {item.key for item in view.items}:
        errors["items"] = "one finding for each thing that waits"
    for name, finding in decision.findings.items():
        if not finding.verified and not finding.reason.strip():
            errors.setdefault(f"{name}_reason", "why it is refused")
    if errors:
        raise Invalid("unfit_decision", "the findings do not fit together", errors)


def _of_person(view: CaseView, decision: Decision) -> dict[str, str]:
    errors: dict[str, str] = {}
    if decision.document not in Document.values:
        errors["document"] = "one of the kinds"
    if decision.person.verified and decision.expires_on < timezone.localdate():
        errors["expires_on"] = "an expired document verifies nobody"
    if decision.person.verified and decision.typed.differences(view.stored):
        errors["person"] = "what differs from the document is not verified"
    return errors


def _of_company(view: CaseView, decision: Decision) -> dict[str, str]:
    if view.asks_company != (decision.company is not None):
        return {"company": "say what was found" if view.asks_company else "nothing"}
    if decision.company and decision.company.verified and not decision.person.verified:
        return {"company": "a company is verified by a verified person"}
    return {}
