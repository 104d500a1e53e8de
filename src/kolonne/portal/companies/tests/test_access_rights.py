from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions, queries
from kolonne.portal.companies.models import AccessRequest, Kind, Membership, Role
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import Application, User
from kolonne.portal.lib.errors import Conflict, Invalid, KolonneError, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope


@pytest.fixture
def routes(db: None) -> Application:
    return Application.objects.create(code="routes", name="Route planner", rights=["use", "plan"], kinds=["fleet"])


def membership_of(user: User, house: House) -> Membership:
    with company_scope(house.scope):
        return Membership.objects.get(user=user, company=house.company)


def mails_queued() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'mail', (args->>'user_id')::int FROM procrastinate_jobs ORDER BY id")
        return [(mail, user) for mail, user in cursor.fetchall() if (mail or "").startswith("access_")]


def verbs(house: House) -> list[str]:
    with company_scope(house.scope):
        entries = Entry.objects.filter(company_id=house.company.pk, verb__startswith="companies.access")
        return list(entries.order_by("id").values_list("verb", flat=True))


def test_an_administrator_gives_a_member_rights_in_an_application(
    ours: House, alice: User, dora: User, routes: Application
) -> None:
    """ID-12, B2-02."""
    member = membership_of(dora, ours)
    actions.grant_access(
        actor=queries.actor_of(alice), membership=member, application=routes, rights=["plan", "use", "use"]
    )
    assert queries.rights_in_applications(dora) == [(ours.company, routes, ["use", "plan"])]
    actions.grant_access(actor=queries.actor_of(alice), membership=member, application=routes, rights=["use"])
    assert queries.rights_in_applications(dora) == [(ours.company, routes, ["use"])]
    assert verbs(ours) == ["companies.access.granted"] * 2
    assert mails_queued() == [("access_granted", dora.pk)] * 2


def test_rights_that_were_taken_are_gone(ours: House, alice: User, dora: User, routes: Application) -> None:
    member, administrator = membership_of(dora, ours), queries.actor_of(alice)
    with pytest.raises(NotFound):
        actions.revoke_access(actor=administrator, membership=member, application=routes)
    actions.grant_access(actor=administrator, membership=member, application=routes, rights=["use"])
    actions.revoke_access(actor=administrator, membership=member, application=routes)
    assert queries.rights_in_applications(dora) == []
    assert verbs(ours)[-1] == "companies.access.taken"
    assert mails_queued()[-1] == ("access_taken", dora.pk)


def test_nobody_gives_or_takes_a_right_of_his_own(ours: House, alice: User, routes: Application) -> None:
    """ID-09."""
    member, administrator = membership_of(alice, ours), queries.actor_of(alice)
    with pytest.raises(Conflict) as refusal:
        actions.grant_access(actor=administrator, membership=member, application=routes, rights=["use"])
    assert refusal.value.code == "own_right"
    with pytest.raises(Conflict):
        actions.revoke_access(actor=administrator, membership=member, application=routes)
    asked = actions.ask_for_access(actor=administrator, membership=member, application=routes)
    with pytest.raises(Conflict):
        actions.answer_request(actor=administrator, request=asked, granted=True)
    assert queries.rights_in_applications(alice) == []


def test_only_administrators_of_that_organisation_give_rights(
    ours: House, bob: User, charlie: User, dora: User, routes: Application
) -> None:
    """ID-09: neither a colleague, nor another company's administrator, nor a market's."""
    operator = actions.create_company(actor=SYSTEM, name="Kolonne Norge", market="no", kind=Kind.OPERATOR)
    helper = person("helper")
    actions.add_member(actor=SYSTEM, company=operator, user=helper, roles=[Role.MARKET_ADMINISTRATOR])
    for user in (bob, charlie, dora, helper):
        with pytest.raises(KolonneError):
            actions.grant_access(
                actor=queries.actor_of(user),
                membership=membership_of(dora, ours),
                application=routes,
                rights=["use"],
            )
    assert queries.rights_in_applications(dora) == []


@pytest.mark.parametrize("rights", [[], ["admin"], ["use", "admin"]])
def test_only_rights_that_the_application_knows_can_be_given(
    ours: House, alice: User, dora: User, routes: Application, rights: list[str]
) -> None:
    with pytest.raises(Invalid):
        actions.grant_access(
            actor=queries.actor_of(alice), membership=membership_of(dora, ours), application=routes, rights=rights
        )


def test_an_application_for_workshops_cannot_be_given_in_a_fleet(ours: House, alice: User, dora: User) -> None:
    parts = Application.objects.create(code="parts", name="Parts", rights=["use"], kinds=["workshop"])
    member = membership_of(dora, ours)
    with pytest.raises(Conflict) as refusal:
        actions.grant_access(actor=queries.actor_of(alice), membership=member, application=parts, rights=["use"])
    assert refusal.value.code == "unfit_application"
    with pytest.raises(Conflict):
        actions.ask_for_access(actor=queries.actor_of(dora), membership=member, application=parts)
    assert parts not in queries.applications_for(Kind.FLEET)
    assert parts in queries.applications_for(Kind.WORKSHOP)


def test_a_member_asks_once_and_the_administrator_grants(
    ours: House, alice: User, dora: User, routes: Application
) -> None:
    """B2-01: one click to ask."""
    member = membership_of(dora, ours)
    first = actions.ask_for_access(actor=queries.actor_of(dora), membership=member, application=routes)
    assert actions.ask_for_access(actor=queries.actor_of(dora), membership=member, application=routes) == first
    assert mails_queued() == [("access_asked", alice.pk)]
    [request] = queries.open_access_requests(ours.company.pk)
    actions.answer_request(actor=queries.actor_of(alice), request=request, granted=True)
    assert queries.open_access_requests(ours.company.pk) == []
    assert queries.rights_in_applications(dora) == [(ours.company, routes, ["use"])]
    assert verbs(ours) == ["companies.access.asked", "companies.access.granted"]
    with pytest.raises(NotFound):
        actions.answer_request(actor=queries.actor_of(alice), request=request, granted=True)
    with pytest.raises(Conflict):
        actions.ask_for_access(actor=queries.actor_of(dora), membership=member, application=routes)


def test_asking_again_after_a_refusal_mails_the_administrators_once_a_day(
    ours: House, alice: User, dora: User, routes: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = membership_of(dora, ours)
    for _ in range(3):
        asked = actions.ask_for_access(actor=queries.actor_of(dora), membership=member, application=routes)
        actions.answer_request(actor=queries.actor_of(alice), request=asked, granted=False)
    assert mails_queued() == [("access_asked", alice.pk), *[("access_refused", dora.pk)] * 3]
    later = timezone.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    actions.ask_for_access(actor=queries.actor_of(dora), membership=member, application=routes)
    assert mails_queued()[-1] == ("access_asked", alice.pk)


def test_nobody_asks_for_somebody_else(ours: House, bob: User, dora: User, routes: Application) -> None:
    with pytest.raises(NotAllowed):
        actions.ask_for_access(actor=queries.actor_of(bob), membership=membership_of(dora, ours), application=routes)
    with company_scope(ours.scope):
        assert not AccessRequest.objects.exists()


def test_requests_and_rights_of_one_company_are_not_seen_in_another(
    ours: House, theirs: House, charlie: User, dora: User, routes: Application
) -> None:
    """NF-03."""
    actions.ask_for_access(actor=queries.actor_of(dora), membership=membership_of(dora, ours), application=routes)
    actions.grant_access(actor=SYSTEM, membership=membership_of(dora, ours), application=routes, rights=["use"])
    assert queries.open_access_requests(theirs.company.pk) == []
    with company_scope(theirs.scope):
        assert not Membership.objects.filter(grants__application=routes).exists()


@pytest.mark.parametrize("name", ["access_granted", "access_refused", "access_taken", "access_asked"])
def test_the_mails_name_application_and_company(ours: House, dora: User, name: str) -> None:
    facts = {"application": "Route planner", "company": "Fjordbud AS", "application_url": "https://routes.example"}
    letter = mails.compose(name, "en", {"user": dora, "person": "Dora Test", "rights": ["use"], **facts})
    assert "Route planner" in letter.subject
    assert "Fjordbud AS" in letter.as_text
