"""A dealer, a rival of his, and a customer who has everything that is compared."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from kolonne.portal.companies import actions
from kolonne.portal.companies.actions.desk import decide_case, open_case
from kolonne.portal.companies.actions.verification import start_case
from kolonne.portal.companies.findings import Decision, Finding
from kolonne.portal.companies.models import Company, Kind, VerificationCase
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.desk import get_case_for, view_of
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.personal_data import PersonalData
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

BORN = date(1985, 5, 17)
YES = Finding(verified=True)


def a_dealer(name: str, city: str = "Bergen", market: str = "no") -> Company:
    dealer = actions.create_company(actor=SYSTEM, name=name, market=market, kind=Kind.DEALER)
    with company_scope([dealer.pk]):
        Company.objects.filter(pk=dealer.pk).update(city=city, street="Kaigaten 1", postal_code="5003")
        dealer.refresh_from_db()
    return dealer


def unverify(company: Company) -> Company:
    """As after a registration."""
    with company_scope([company.pk]):
        Company.objects.filter(pk=company.pk).update(verification=Verification.UNVERIFIED, verified_at=None)
        company.refresh_from_db()
    return company


def born(user: User) -> User:
    user.birth_date = BORN
    user.save(update_fields=["birth_date"])
    return user


def case_of(user: User, company: Company, *, is_remote: bool = False) -> VerificationCase:
    return start_case(actor=actor_of(born(user)), company=company, is_remote=is_remote)


def opened(actor: Actor, case: VerificationCase) -> VerificationCase:
    return open_case(actor=actor, dealer_id=actor.company_ids[0], code=case.code)


def decision_of(case: VerificationCase, **changes: Any) -> Decision:
    """All is well, as far as it is not said otherwise."""
    view = view_of(case)
    facts: dict[str, Any] = {
        "typed": PersonalData.of(view.person),
        "document": "passport",
        "expires_on": timezone.localdate() + timedelta(days=400),
        "person": YES,
        "company": YES if view.asks_company else None,
        "items": {item.key: YES for item in view.items},
        "evidence": "Video call, passport beside the face" if case.is_remote else "",
    }
    return Decision(**facts | changes)


def decide(actor: Actor, case: VerificationCase, **changes: Any) -> VerificationCase:
    view = get_case_for(actor, case.pk)
    return decide_case(actor=actor, case=view.case, seen=view.seen, decision=decision_of(view.case, **changes))


def fresh(company: Company) -> Company:
    with company_scope([company.pk]):
        return Company.objects.select_related("company").get(pk=company.pk)
