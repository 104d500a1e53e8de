"""The dealer's visit as a step of the company's start page (VE-01)."""

from django.urls import reverse
from django.utils.translation import gettext as _

from kolonne.portal.companies.gate import ASK
from kolonne.portal.companies.hooks import Step
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.companies.queries.verification import Progress, progress_of
from kolonne.portal.lib.actor import Actor

ORDER = 40
"""After vans and products: the dealer checks them in the same visit."""


def verification_step(actor: Actor, company: Company) -> Step | None:
    """For those who can ask a dealer; done while nothing waits for one."""
    if company.kind != Kind.FLEET or actor.user_id is None or not actor.may(ASK, company.pk):
        return None
    progress = progress_of(actor, company)
    return Step(
        order=ORDER,
        title=_("Verification by a dealer"),
        text=_text(progress),
        url="" if actor.acting_for else reverse("verification"),
        action=_("Look at it") if progress.state in {"shown", "opened"} else _("Get a code"),
        is_done=progress.is_done,
        icon="badge",
    )


def _text(progress: Progress) -> str:
    if progress.is_done:
        return _("Nothing waits for a dealer.")
    if progress.state == "opened":
        return _("%(dealer)s has your case.") % {"dealer": progress.dealer}
    if progress.state == "shown":
        return _("Show your code and your identity document to a dealer.")
    if progress.company_waits:
        return _("Until a dealer has verified the company, nobody can be invited and orders wait.")
    if progress.person_waits:
        return _("Your name or date of birth changed: a dealer has to compare them again.")
    return _("Things that you added wait for a dealer, who compares their documents.")
