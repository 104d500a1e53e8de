"""NF-03, NF-06, ID-09: what people tried in order to see or do more than they may, and what became of it."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kolonne.portal.audit import queries as audit_queries
from kolonne.portal.audit.models import Entry
from kolonne.portal.audit.queries import first_broken_entry
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.actions import people as actions
from kolonne.portal.companies.actions.newcomers import invite_person
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.companies.queries import actor_of, chains, inbox, rights_in_applications
from kolonne.portal.companies.queries.people import Wanted, detail_of, list_people
from kolonne.portal.companies.queries.profile import belongings_of
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.actions import PersonData, private
from kolonne.portal.identity.actions.private import PrivateData
from kolonne.portal.identity.models import Application, HelpRequest, PrivateProfile, State, User
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
NEWCOMER = {
    "first_name": "Ida",
    "last_name": "Ny",
    "email": "ida@example.com",
    "language": "en",
    "roles": ["workshop_user"],
}


@pytest.mark.parametrize(("first", "last"), [(150, 150), (140, 59)])
def test_names_of_any_length_that_a_form_takes_fit_the_audit(
    first: int, last: int, wanda: User, workshop: Company, signed_in: SignIn
) -> None:
    form = {**NEWCOMER, "first_name": "A" * first, "last_name": "B" * last, "username": "ida"}
    assert signed_in(wanda).post("/people/new/", form).status_code == 302
    ida = User.objects.get(username="ida")
    actions.block(actor=actor_of(wanda), user=ida)
    with company_scope([workshop.pk]):
        assert first_broken_entry(workshop.pk) is None


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u2066", "\0", "\x07", "\ufeff"])
def test_signs_that_nobody_sees_are_in_no_name(
    sign: str, alice: User, ours: House, wanda: User, signed_in: SignIn
) -> None:
    client = signed_in(wanda)
    for field in ("first_name", "last_name", "username"):
        answer = client.post("/people/new/", {**NEWCOMER, field: f"Ad{sign}min"})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()
    assert not User.objects.filter(email="ida@example.com").exists()
    client = signed_in(alice)
    client.post(f"/organisations/{ours.company.pk}/edit/", edited(ours.company, name=f"Fjord{sign}bud"))
    assert name_of(ours.company) == "Fjordbud AS"


def test_a_name_is_one_line(alice: User, ours: House, signed_in: SignIn) -> None:
    """With empty lines in it, it could write paragraphs and buttons into our mails."""
    wanted = edited(ours.company, name="Fjordbud\r\n\n=> Sign in |\u2028https://example.com", confirm="1")
    assert signed_in(alice).post(f"/organisations/{ours.company.pk}/edit/", wanted).status_code == 302
    assert name_of(ours.company) == "Fjordbud => Sign in | https://example.com"


def test_what_was_seen_need_not_be_sensible(alice: User, ours: House, signed_in: SignIn) -> None:
    wanted = {**edited(ours.company, name="Other"), "initial-name": "a\0b"}
    page = signed_in(alice).post(f"/organisations/{ours.company.pk}/edit/", wanted)
    assert page.status_code == 200
    assert name_of(ours.company) == "Fjordbud AS"


def test_what_stands_there_untidily_can_be_changed(alice: User, ours: House, signed_in: SignIn) -> None:
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(name=" Fjordbud  AS")
        ours.company.refresh_from_db()
    wanted = edited(ours.company, name="Fjordbud", confirm="1")
    answer = signed_in(alice).post(f"/organisations/{ours.company.pk}/edit/", wanted)
    assert answer.status_code == 302
    assert name_of(ours.company) == "Fjordbud"


def edited(company: Company, **changes: str) -> dict[str, str]:
    """What the form sends."""
    names = ("name", "street", "postal_code", "city", "customer_number", "time_zone")
    now = {name: getattr(company, name) for name in names}
    return {**now, **{f"initial-{name}": value for name, value in now.items()}, **changes}


def name_of(company: Company) -> str:
    with company_scope([company.pk]):
        return Company.objects.get(pk=company.pk).name


def test_somebody_with_very_long_names_can_act(alice: User, bob: User, signed_in: SignIn) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="A" * 150, last_name="B" * 150)
    client = signed_in(alice)
    assert client.get("/people/").status_code == 200
    assert client.post(f"/people/{bob.pk}/block/", {"reason": ""}).status_code == 302


def ask(user: User) -> HelpRequest:
    names = {"first_name": user.first_name, "last_name": user.last_name, "email": user.email}
    return HelpRequest.objects.create(user=user, market_id="no", user_id_given=user.username, **names)


def test_the_inbox_gives_an_administrator_whom_the_rules_give(
    alice: User, bob: User, dora: User, charlie: User, ours: House, theirs: House
) -> None:
    """Decided for all at once, as `rights_over` decides for one."""
    companies.add_member(actor=SYSTEM, company=theirs.company, user=dora, roles=[Role.DRIVER])
    shut = person("penny", ours, Role.DRIVER)
    PrivateProfile.objects.create(user=shut)
    asked = [ask(user) for user in (alice, bob, dora, charlie, shut)]
    actor = actor_of(alice)
    shown = {request.user for request in inbox.open_requests(actor)}
    assert shown == {request.user for request in asked if inbox.may_answer(actor, request)} == {bob}


def test_who_floods_the_inbox_does_not_slow_down_the_pages(alice: User, ours: House) -> None:
    actor = actor_of(alice)
    counts = []
    for number in (1, 12):
        for one in range(number):
            ask(person(f"p{number}x{one}", ours, Role.DRIVER))
        with CaptureQueriesContext(connection) as queries:
            inbox.open_count(actor)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_colleagues_do_not_read_what_was_done_to_a_person(
    alice: User, bob: User, dora: User, nora: User, sigrid: User, signed_in: SignIn
) -> None:
    """NF-06: why somebody was blocked is for those who help and those who read the audit."""
    actions.block(actor=actor_of(alice), user=dora, reason="took a van home")
    dora.refresh_from_db()
    for reader, may_read in ((alice, True), (nora, True), (sigrid, True), (bob, False)):
        page = signed_in(reader).get(f"/people/{dora.pk}/").content.decode()
        assert ("took a van home" in page) is may_read
        assert bool(detail_of(actor_of(reader), dora).history) is may_read


def test_colleagues_do_not_read_when_and_how_a_person_signs_in(
    alice: User, bob: User, dora: User, signed_in: SignIn
) -> None:
    """For them it would be a list of who has no second factor, and a record of who is at work."""
    for address in ("/people/", f"/people/{dora.pk}/"):
        for reader, may_read in ((alice, True), (bob, False)):
            page = signed_in(reader).get(address).content.decode()
            assert "dora" in page
            assert [words in page for words in ("Second factor", "Last sign-in")] == [may_read] * 2


def test_a_filter_tells_nobody_where_a_colleague_belongs(
    nora: User, sigrid: User, german_fleet: Company, operator: Company
) -> None:
    companies.add_member(actor=SYSTEM, company=german_fleet, user=sigrid, roles=[Role.DRIVER])
    actor = actor_of(nora)
    assert sigrid in list_people(actor, Wanted(organisation=operator.pk)).people
    assert not list(list_people(actor, Wanted(organisation=german_fleet.pk)).people)


def test_a_market_reads_nothing_of_private_accounts(sam: User, bob: User, nora: User) -> None:
    """ID-03"""
    for user in (sam, bob):
        private.keep_private(actor=actor_of(user), user=user, data=PrivateData(name="At home"))
    actor = actor_of(nora)
    entries = chains.read(actor, chains.market_chain(actor), audit_queries.Wanted()).entries
    assert any(entry.target == f"identity.user:{sam.pk}" for entry in entries)
    assert not [entry.verb for entry in entries if entry.verb.startswith("identity.private.")]


def test_a_person_who_was_deleted_meanwhile_joins_nothing(bob: User, theirs: House) -> None:
    User.objects.filter(pk=bob.pk).update(state=State.DELETED)
    with pytest.raises(Conflict):
        companies.add_member(actor=SYSTEM, company=theirs.company, user=bob, roles=[Role.DRIVER])
    with company_scope(theirs.scope):
        assert not Entry.objects.filter(company_id=theirs.company.pk, verb="companies.member.added").exists()


def test_whoever_gets_the_user_id_of_somebody_deleted_inherits_nothing(
    alice: User, bob: User, ours: House, signed_in: SignIn
) -> None:
    with company_scope(ours.scope):
        membership = Membership.objects.get(user=bob)
    tool = Application.objects.create(code="diagnosis", name="Diagnosis", rights=["use"])
    companies.grant_access(actor=actor_of(alice), membership=membership, application=tool, rights=["use"])
    before = signed_in(bob)
    before.get("/account/")
    actions.delete_person(actor=actor_of(alice), user=bob)
    newcomer = PersonData("bob", "bob@example.com", first_name="Bob")
    heir = invite_person(actor=actor_of(alice), company=ours.company, person=newcomer, roles=[Role.DRIVER]).user
    assert heir.pk != bob.pk
    assert before.get("/account/").status_code == 302
    assert rights_in_applications(heir) == []
    entries = chains.read_about(heir, audit_queries.Wanted()).entries
    assert {entry.verb for entry in entries} == {
        "identity.user.created", "identity.user.invited", "companies.member.added"
    }  # fmt: skip


def test_rights_that_an_application_no_longer_has_are_not_given(alice: User, bob: User, ours: House) -> None:
    """ID-12: whoever narrows an application does not visit every grant of it."""
    with company_scope(ours.scope):
        membership = Membership.objects.get(user=bob)
    tool = Application.objects.create(code="diagnosis", name="Diagnosis", rights=["use", "order"])
    companies.grant_access(actor=actor_of(alice), membership=membership, application=tool, rights=["use", "order"])

    def narrowed(**changes: list[str]) -> list[list[str]]:
        Application.objects.filter(pk=tool.pk).update(**changes)
        given = [rights for _company, _tool, rights in rights_in_applications(bob)]
        assert given == [grant.rights for grant in belongings_of(bob)[0].grants]
        return given

    assert narrowed() == [["use", "order"]]
    assert narrowed(rights=["use"]) == [["use"]]
    assert narrowed(kinds=["dealer"]) == []
