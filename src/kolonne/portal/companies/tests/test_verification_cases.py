"""VE-02, VE-03: a case from its code to its findings, by the actions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions, codes, hooks
from kolonne.portal.companies.actions.desk import decide_case, open_case
from kolonne.portal.companies.actions.verification import start_case
from kolonne.portal.companies.findings import Finding
from kolonne.portal.companies.hooks import CheckItem, Checks
from kolonne.portal.companies.models import Company, Membership, Role, Tenant, VerificationCase
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.desk import customers_of, get_case_for
from kolonne.portal.companies.queries.verification import progress_of
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import YES, case_of, decide, decision_of, fresh, opened
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
NO = Finding(verified=False, reason="The extract is too old")


@pytest.fixture
def ours_waits(ours: House) -> Company:
    return desk.unverify(ours.company)


@pytest.fixture
def dealer(db: None) -> Company:
    return desk.a_dealer("Bergen Varebil AS")


@pytest.fixture
def dagny(dealer: Company) -> Actor:
    return actor_of(person("dagny", dealer, Role.DEALER_EMPLOYEE))


@pytest.fixture
def rival(db: None) -> Actor:
    return actor_of(person("rolf", desk.a_dealer("Rivalen AS"), Role.DEALER_EMPLOYEE))


@pytest.fixture
def case(ours_waits: Company, alice: User) -> VerificationCase:
    return case_of(alice, ours_waits)


class Van:
    """A thing that another context would have checked."""

    def __init__(self) -> None:
        self.item = CheckItem("van:1", "EL 12345", [("VIN", "WK0TEST0000000001")], Verification.UNVERIFIED, "")
        self.went_on: list[str] = []

    def decide(self, actor: Actor, company: Company, key: str, verified: bool, reason: str) -> None:
        if key == self.item.key:
            state = Verification.VERIFIED if verified else Verification.REFUSED
            self.item = replace(self.item, state=state, reason=reason)


@pytest.fixture
def van(monkeypatch: pytest.MonkeyPatch) -> Van:
    thing = Van()
    checks = Checks(lambda company: [thing.item], thing.decide)
    monkeypatch.setattr(hooks, "_checks", [checks])
    monkeypatch.setattr(hooks, "_verified", [lambda actor, company: thing.went_on.append(actor.label)])
    return thing


def verbs(company: Company) -> list[str]:
    with company_scope([company.pk]):
        return list(Entry.objects.filter(company_id=company.pk).order_by("pk").values_list("verb", flat=True))


def mails() -> list[tuple[str, dict[str, Any]]]:
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail", args__mail__startswith="case_")
    return [(job.args["mail"], job.args["facts"]) for job in jobs.order_by("pk")]


def test_person_company_and_vans_are_verified_at_once_and_what_waited_goes_on(
    case: VerificationCase, dagny: Actor, ours: House, alice: User, van: Van
) -> None:
    decided = decide(dagny, opened(dagny, case))
    alice.refresh_from_db()
    assert (alice.verification, fresh(ours.company).verification, van.item.state) == (Verification.VERIFIED,) * 3
    assert alice.verified_at
    assert fresh(ours.company).verified_at
    assert van.went_on == [dagny.label]
    assert (decided.document, decided.closed_by) == ("passport", dagny.label)
    assert verbs(ours.company)[-5:] == [
        "companies.case.started", "companies.case.opened", "companies.case.decided", "identity.user.verified",
        "companies.company.verified",
    ]  # fmt: skip
    assert mails() == [("case_verified", {"company": ours.company.name})]
    assert progress_of(actor_of(alice), fresh(ours.company)).is_done


def test_refusals_say_why_and_nothing_goes_on(
    case: VerificationCase, dagny: Actor, ours: House, alice: User, van: Van
) -> None:
    decide(dagny, opened(dagny, case), company=NO, items={"van:1": Finding(verified=False, reason="Wrong VIN")})
    alice.refresh_from_db()
    assert alice.verification == Verification.VERIFIED
    assert fresh(ours.company).verification == Verification.REFUSED
    assert van.went_on == []
    assert van.item.reason == "Wrong VIN"
    [(mail, facts)] = mails()
    assert mail == "case_refused"
    assert facts["company_reason"] == NO.reason
    assert facts["items"] == ["EL 12345"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person": Finding(verified=False)}, "person_reason"),
        ({"person": NO}, "company"),
        ({"company": None}, "company"),
        ({"document": "library_card"}, "document"),
        ({"expires_on": timezone.localdate() - timedelta(days=1)}, "expires_on"),
        ({"items": {"van:9": YES}}, "items"),
    ],
)
def test_findings_that_do_not_fit_together_are_refused(
    case: VerificationCase, dagny: Actor, ours: House, changes: dict[str, Any], field: str
) -> None:
    opened(dagny, case)
    with pytest.raises(Invalid) as refused:
        decide(dagny, case, **changes)
    assert field in refused.value.errors
    assert fresh(ours.company).verification == Verification.UNVERIFIED


def test_what_differs_from_the_document_cannot_be_verified_but_capitals_do_not_count(
    case: VerificationCase, dagny: Actor, alice: User
) -> None:
    opened(dagny, case)
    typed = decision_of(case).typed
    with pytest.raises(Invalid):
        decide(dagny, case, typed=replace(typed, last_name="Other"))
    with pytest.raises(Invalid):
        decide(dagny, case, typed=replace(typed, birth_date=typed.birth_date and typed.birth_date.replace(year=1986)))
    decide(dagny, case, typed=replace(typed, first_name="  ALICE ", last_name="TEST"))


def test_data_that_changed_after_the_dealer_looked_are_not_verified(
    case: VerificationCase, dagny: Actor, alice: User, ours: House
) -> None:
    view = get_case_for(dagny, opened(dagny, case).pk)
    assert not view.was_changed
    decision = decision_of(case)
    alice.first_name = "Alicia"
    alice.save()
    with pytest.raises(Conflict) as refused:
        decide_case(actor=dagny, case=view.case, seen=view.seen, decision=decision)
    assert refused.value.code == "case_changed"
    assert get_case_for(dagny, case.pk).was_changed
    decide(dagny, case)
    assert fresh(ours.company).verification == Verification.VERIFIED


def test_a_case_is_decided_once(case: VerificationCase, dagny: Actor) -> None:
    decide(dagny, opened(dagny, case))
    with pytest.raises(Conflict) as refused:
        decide(dagny, case, company=None)
    assert refused.value.code == "closed_case"


def test_the_first_dealer_has_the_case(case: VerificationCase, dagny: Actor, rival: Actor) -> None:
    assert opened(dagny, case).pk == opened(dagny, case).pk
    with pytest.raises(Conflict) as refused:
        opened(rival, case)
    assert refused.value.code == "other_dealer"
    with pytest.raises(NotFound):
        get_case_for(rival, case.pk)
    with pytest.raises(NotAllowed):
        decide_case(actor=rival, case=get_case_for(dagny, case.pk).case, seen="", decision=decision_of(case))


def test_codes_that_were_altered_expired_or_replaced_open_nothing(
    case: VerificationCase, dagny: Actor, alice: User, ours: House
) -> None:
    dealer_id = dagny.company_ids[0]
    last = codes.ALPHABET[(codes.ALPHABET.index(case.code[-1]) + 1) % len(codes.ALPHABET)]
    for code in (case.code[:-1] + last, case.code[:-1], case.code + "2", "", "0" * 10, "'; DROP TABLE"):
        with pytest.raises(NotFound):
            open_case(actor=dagny, dealer_id=dealer_id, code=code)
    newer = case_of(alice, ours.company)
    with pytest.raises(Conflict) as refused:
        opened(dagny, case)
    assert refused.value.code == "closed_case"
    with company_scope(ours.scope):
        VerificationCase.objects.filter(pk=newer.pk).update(expires_at=timezone.now())
    with pytest.raises(Conflict) as refused:
        opened(dagny, newer)
    assert refused.value.code == "expired_case"


def test_a_code_is_read_as_people_say_it() -> None:
    assert codes.read(" k7m-2p9 xq4r ") == "K7M2P9XQ4R"
    assert codes.grouped("K7M2P9XQ4R") == "K7M-2P9-XQ4R"
    assert not set("01OIL") & set(codes.ALPHABET)


def test_only_a_dealer_of_the_market_opens_a_case(case: VerificationCase, bob: User, dagny: Actor) -> None:
    foreign = actor_of(
        person("franz", desk.a_dealer("Spree Auto GmbH", market="de"), Role.DEALER_EMPLOYEE, market="de")
    )
    with pytest.raises(Conflict) as refused:
        opened(foreign, case)
    assert refused.value.code == "other_market"
    with pytest.raises(NotAllowed):
        open_case(actor=actor_of(bob), dealer_id=dagny.company_ids[0], code=case.code)


def test_nobody_verifies_himself_or_a_company_to_which_he_belongs(
    case: VerificationCase, dealer: Company, alice: User, bob: User
) -> None:
    for user in (alice, bob):
        actions.add_member(actor=SYSTEM, company=dealer, user=user, roles=[Role.DEALER_EMPLOYEE])
        with pytest.raises(Conflict) as refused:
            open_case(actor=actor_of(user), dealer_id=dealer.pk, code=case.code)
        assert refused.value.code == "own_case"
    helper = Actor("x", person("xaver").pk, rights=actor_of(bob).rights, acting_for=ActingFor(bob.pk, "bob", 1))
    with pytest.raises(Conflict):
        open_case(actor=helper, dealer_id=dealer.pk, code=case.code)


def test_a_person_who_lost_the_role_or_a_company_that_leaves_is_not_verified(
    case: VerificationCase, dagny: Actor, alice: User, ours: House
) -> None:
    opened(dagny, case)
    decision, view = decision_of(case), get_case_for(dagny, case.pk)
    Tenant.objects.filter(pk=ours.company.pk).update(leaving_since=timezone.now())
    with pytest.raises(Conflict) as refused:
        decide_case(actor=dagny, case=view.case, seen=view.seen, decision=decision)
    assert refused.value.code == "company_leaving"
    Tenant.objects.filter(pk=ours.company.pk).update(leaving_since=None)
    with company_scope(ours.scope):
        Membership.objects.filter(user=alice).update(roles=[Role.DRIVER])
    with pytest.raises(Conflict) as refused:
        decide_case(actor=dagny, case=view.case, seen=view.seen, decision=decision)
    assert refused.value.code == "no_administrator"


def test_no_code_without_a_date_of_birth_and_none_for_others(ours_waits: Company, alice: User, bob: User) -> None:
    with pytest.raises(Conflict) as refused:
        start_case(actor=actor_of(alice), company=ours_waits)
    assert refused.value.code == "incomplete"
    desk.born(alice)
    with pytest.raises(NotAllowed):
        start_case(actor=actor_of(bob), company=ours_waits)
    helper = Actor("sam", bob.pk, rights=actor_of(alice).rights, acting_for=ActingFor(alice.pk, "alice", 1))
    with pytest.raises(NotAllowed):
        start_case(actor=helper, company=ours_waits)


def test_a_verified_company_is_not_compared_again_when_its_person_is(
    ours: House, dagny: Actor, alice: User, van: Van
) -> None:
    """CO-03"""
    alice.verified_at = timezone.now()
    alice.save()
    case = opened(dagny, case_of(alice, ours.company))
    assert not get_case_for(dagny, case.pk).asks_company
    decided = decide(dagny, case)
    assert decided.company_result == ""
    alice.refresh_from_db()
    assert alice.verification == Verification.VERIFIED
    assert van.went_on == [dagny.label]


def test_a_dealer_finds_his_partners_and_who_came_to_him_only(
    case: VerificationCase, dagny: Actor, rival: Actor, theirs: House
) -> None:
    """VE-04"""
    dealer_id = dagny.company_ids[0]
    assert customers_of(dealer_id) == []
    opened(dagny, case)
    with company_scope(theirs.scope):
        Company.objects.filter(pk=theirs.company.pk).update(partner=dealer_id)
    assert customers_of(dealer_id) == sorted([case.company_id, theirs.company.pk])
    assert customers_of(rival.company_ids[0]) == []
