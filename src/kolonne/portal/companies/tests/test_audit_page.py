"""NF-06, ID-09: the audit is read by those concerned and by nobody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit import queries
from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of, chains
from kolonne.portal.companies.views import entry_words
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import actions as identity
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_an_administrator_reads_his_companys_entries_in_words(ours: House, alice: User, signed_in: SignIn) -> None:
    page = signed_in(alice).get("/audit/").content.decode()
    assert "Van added" in page
    assert "vehicles.vehicle.added" not in page
    assert "Roles: Company administrator" in page


def test_reading_it_stands_in_it(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    client.get("/audit/")
    assert "Audit looked at" in client.get("/audit/").content.decode()


@pytest.mark.parametrize("who", ["bob", "dora", "erik", "sigrid", "sam"])
def test_without_the_right_there_is_no_audit(
    who: str, ours: House, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get("/audit/").status_code == 403
    assert client.get("/audit/?organisation=market").status_code == 403
    assert client.get(f"/audit/?organisation={ours.company.pk}").status_code == 404
    assert client.post(f"/audit/{ours.company.pk}/check/").status_code == 404


@pytest.mark.parametrize("who", ["charlie", "gustav", "greta", "wanda"])
def test_another_organisations_entries_do_not_exist(
    who: str, ours: House, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get(f"/audit/?organisation={ours.company.pk}").status_code == 404
    assert client.post(f"/audit/{ours.company.pk}/check/").status_code == 404
    assert ours.vehicle.plate not in client.get("/audit/").content.decode()


def test_a_market_administrator_reads_the_chains_of_his_market(ours: House, nora: User, signed_in: SignIn) -> None:
    page = signed_in(nora).get(f"/audit/?organisation={ours.company.pk}").content.decode()
    assert "Van added" in page


def test_of_the_platforms_chain_he_reads_what_is_about_people_of_his_market(
    nora: User, greta: User, sigrid: User, signed_in: SignIn
) -> None:
    person("norwegian")
    identity.create_user(
        actor=SYSTEM, person=identity.PersonData("german", "german@example.com", "German", "Test"), market="de"
    )
    labels = {entry.target_label for entry in chains.read(actor_of(nora), chains.Chain(None), queries.Wanted()).entries}
    assert "Norwegian Test" in labels
    assert not labels & {"German Test", "Greta Test", "Sigrid Test", "Nora Test"}


def test_helpers_among_themselves_are_not_his_to_read(operator: Company, nora: User, signed_in: SignIn) -> None:
    assert signed_in(nora).get(f"/audit/?organisation={operator.pk}").status_code == 404


def test_it_is_read_by_pages_of_fifty(our_scope: House, alice: User, signed_in: SignIn) -> None:
    for n in range(60):
        audit.record(SYSTEM, "commerce.product.assigned", on=our_scope.vehicle, company_id=our_scope.company.pk, n=n)
    chain = chains.Chain(our_scope.company)
    first = chains.read(actor_of(alice), chain, queries.Wanted())
    assert len(first.entries) == queries.PAGE_SIZE
    second = chains.read(actor_of(alice), chain, queries.Wanted(before=first.next_before))
    assert second.entries[0].pk < first.entries[-1].pk
    assert second.next_before is None
    assert "before=" in signed_in(alice).get("/audit/?group=vans").content.decode()


def test_it_is_filtered_by_group_name_and_day(our_scope: House, alice: User, bob: User) -> None:
    def read(**wanted: object) -> set[str]:
        page = chains.read(actor_of(alice), chains.Chain(our_scope.company), queries.Wanted(**wanted))  # type: ignore[arg-type]
        return {entry.verb for entry in page.entries}

    audit.record_look(actor_of(bob), "fleet.vans.viewed", on=our_scope.company, company_id=our_scope.company.pk)
    assert read(group="looks") == {"fleet.vans.viewed"}
    assert read(group="organisation") == {"companies.company.created", "companies.member.added"}
    assert read(name="bob test") == {"fleet.vans.viewed", "companies.member.added"}
    today = timezone.localdate()
    assert read(since=today + timedelta(days=2)) == set()
    assert read(until=today - timedelta(days=2)) == set()


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=" + "9" * 400, "since=1999", "until=9999-12-31", "since=0001-01-01", "group=nothing",
     "name=%00%FF", "organisation=", "before=-1", "before=%C2%B2"],
)  # fmt: skip
def test_what_an_address_cannot_mean_is_as_if_it_were_not_there(
    query: str, ours: House, alice: User, signed_in: SignIn
) -> None:
    assert signed_in(alice).get(f"/audit/?{query}").status_code == 200


def test_a_check_on_demand_says_that_the_chain_holds(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    assert "The chain was not checked yet" in client.get("/audit/").content.decode()
    client.post(f"/audit/{ours.company.pk}/check/")
    page = client.get("/audit/").content.decode()
    assert "Unbroken, checked" in page
    assert "Audit checked" not in page


def test_a_broken_chain_is_told_aloud(our_scope: House, alice: User, signed_in: SignIn) -> None:
    entry = audit.record(SYSTEM, "commerce.product.ended", on=our_scope.vehicle, company_id=our_scope.company.pk)
    entry.pk = None
    entry.save(force_insert=True)
    client = signed_in(alice)
    client.post(f"/audit/{our_scope.company.pk}/check/")
    assert f"Broken at entry {entry.pk}" in client.get("/audit/").content.decode()


def test_everybody_reads_what_is_by_and_about_himself_in_all_chains(
    ours: House, theirs: House, alice: User, dora: User, signed_in: SignIn
) -> None:
    helper = Actor(label="Alice Test", user_id=alice.pk, address="192.0.2.99", is_system=True)
    with company_scope(ours.scope):
        audit.record(helper, "identity.password.reset", on=dora, company_id=ours.company.pk)
        audit.record(
            Actor(label=str(dora), user_id=dora.pk, address="192.0.2.5"), "commands.pin.set", on=dora, company_id=None
        )
        audit.record(helper, "identity.user.revived", on=alice, company_id=ours.company.pk)
    page = signed_in(dora).get("/account/history/").content.decode()
    assert "Password reset by a helper" in page
    assert "Person added" in page
    assert "192.0.2.5" in page
    assert "192.0.2.99" not in page, "the address of a helper is not the person's to know"
    assert "Sign-in status reset" not in page
    assert "Van added" not in page


def test_nobody_without_sign_in_reads_anything(ours: House) -> None:
    for path in ("/audit/", "/account/history/"):
        assert Client().get(path).status_code == 302


def test_changes_are_shown_with_before_and_after() -> None:
    entry = Entry(facts={"changed": {"city": ["", "Bergen"], "second_factor_for_all": [False, True], "odd": [1, 2]}})
    assert entry_words.details(entry) == ["City: – → Bergen", "Second factor for everybody: no → yes"]


def test_the_number_of_queries_does_not_grow_with_the_entries(our_scope: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    client.get("/audit/")

    def queries_of_the_page() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/audit/")
        return len(captured)

    few = queries_of_the_page()
    for n in range(40):
        audit.record(SYSTEM, "commerce.product.assigned", on=our_scope.vehicle, company_id=our_scope.company.pk, n=n)
    assert queries_of_the_page() == few
