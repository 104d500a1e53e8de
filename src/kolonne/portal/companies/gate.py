"""What a fleet company can do only after a dealer verified it, and what pages say until then (VE-01)."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict

ASK = "companies.case:ask"


@dataclass(frozen=True)
class Blocked:
    """Why something cannot be done yet, and what to do about it, in the reader's language."""

    title: str
    text: str
    url: str
    """Where it is done; empty for those who cannot do it themselves."""


def require_verified(actor: Actor, company: Company) -> None:
    """Raises Conflict `unverified` while the company, or the data of the person who acts, waits for a dealer.

    Who acts in another's name is measured by the other. Nothing else than a fleet company is ever checked.
    """
    if not _company_is_open(actor, company):
        raise Conflict("unverified", f"a dealer has not verified {company} yet", of="company")
    if not _person_is_open(actor, company):
        raise Conflict("unverified", "a dealer has to compare this person with his document anew", of="person")


def blocked(actor: Actor, company: Company) -> Blocked | None:
    """The same for pages; None when nothing is in the way."""
    if not _company_is_open(actor, company):
        return _waits_for_company(actor, company)
    if not _person_is_open(actor, company):
        return _waits_for_person(actor, company)
    return None


def _company_is_open(actor: Actor, company: Company) -> bool:
    return actor.is_system or company.kind != Kind.FLEET or company.verification == Verification.VERIFIED


def _person_is_open(actor: Actor, company: Company) -> bool:
    """Somebody who was never compared with a document is not asked for it here: his company's check is enough."""
    person = actor.acting_for.user_id if actor.acting_for else actor.user_id
    if actor.is_system or person is None or company.kind != Kind.FLEET:
        return True
    fallen = User.objects.filter(pk=person).exclude(verification=Verification.VERIFIED)
    return not fallen.exclude(verified_at=None, verification=Verification.UNVERIFIED).exists()


def _waits_for_company(actor: Actor, company: Company) -> Blocked:
    if not actor.may(ASK, company.pk):
        return Blocked(
            _("This waits for a dealer"),
            _("%(company)s is not verified yet. An administrator of the company has to visit a dealer.")
            % {"company": company.name},
            "",
        )
    return Blocked(
        _("This waits for a dealer"),
        _("%(company)s is not verified yet. Take your identity document to a dealer and show the code of your case.")
        % {"company": company.name},
        reverse("verification"),
    )


def _waits_for_person(actor: Actor, company: Company) -> Blocked:
    may_ask = actor.may(ASK, company.pk)
    return Blocked(
        _("Your data have to be compared again"),
        _("A dealer has not compared your name and date of birth, as they are now, with your document.")
        if may_ask
        else _(
            "A dealer has not compared your name and date of birth, as they are now, with your document. Others in "
            "the company can do this meanwhile."
        ),
        reverse("verification") if may_ask else "",
    )
