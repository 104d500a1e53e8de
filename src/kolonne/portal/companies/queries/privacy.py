"""Which other organisations see what of a person, and why (CO-08)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kolonne.portal.companies.models import Company, VerificationCase
from kolonne.portal.companies.queries.directory import dealer
from kolonne.portal.companies.queries.profile import Belonging, belongings_of
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope


@dataclass(frozen=True)
class Recipient:
    """Somebody who sees data of the person."""

    who: str
    what: str
    why: str


def recipients_of(user: User) -> list[Recipient]:
    """Everybody outside the person himself, nearest first; each for a reason, nobody by accident."""
    belongings = belongings_of(user)
    found = [recipient for belonging in belongings for recipient in _of_company(belonging)]
    found += _dealers(user, [belonging.company for belonging in belongings])
    return [*found, _helpers(user)]


def _of_company(belonging: Belonging) -> Iterator[Recipient]:
    company = {"company": belonging.company.name}
    yield Recipient(
        _("Administrators of %(company)s") % company,
        _("Name, user id, e-mail address, roles, access rights, last sign-in, kinds of second factors, what you did"),
        _("They run the company's account and answer for it."),
    )
    yield Recipient(
        _("Fleet managers of %(company)s") % company,
        _("Name, e-mail address and roles"),
        _("They work with you."),
    )


def _dealers(user: User, companies: list[Company]) -> Iterator[Recipient]:
    """Partners of the companies, and whoever compared the person with his document."""
    with company_scope([company.pk for company in companies]):
        cases = VerificationCase.objects.filter(person=user, dealer__isnull=False)
        compared = set(cases.values_list("dealer_id", flat=True))
    partners = {company.partner_id for company in companies if company.partner_id}
    for pk in sorted(compared):
        yield Recipient(
            _("Dealer %(dealer)s") % {"dealer": dealer(pk) or pk},
            _("Name and date of birth, beside kind and expiry of your identity document; no copy and no number of it"),
            _("You had the dealer verify your company."),
        )
    for pk in sorted(partners - compared):
        yield Recipient(
            _("After-sales partner %(dealer)s") % {"dealer": dealer(pk) or pk},
            _("Data of your company and its vans; of you, only what you show there yourself"),
            _("Your company chose this dealer for its services and contracts."),
        )


def _helpers(user: User) -> Recipient:
    return Recipient(
        _("Support of the market %(market)s") % {"market": user.market},
        _("Name, user id, e-mail address, organisations, roles and the state of your sign-in"),
        _("It helps you when you cannot sign in. Each look is kept, and you read it under “What was done”."),
    )
