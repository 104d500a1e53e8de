"""B2-04, ID-09: the list of a market's organisations, and new ones."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kolonne.portal.companies import actions
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.actions.new_organisations import create_organisation
from kolonne.portal.companies.models import Company, Kind, Membership, Role, Tenant
from kolonne.portal.companies.queries import actor_of, directory
from kolonne.portal.companies.queries.directory import Wanted
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.actions import PersonData
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import all_companies, company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
SENT = {
    "kind": "workshop", "market": "no", "name": "Verksted Nord AS", "street": "Havnegata 3", "postal_code": "9008",
    "city": "Tromsø", "customer_number": "K-77", "time_zone": "Europe/Oslo", "administrator-first_name": "Eva",
    "administrator-last_name": "Berg", "administrator-email": "eva@example.com", "administrator-username": "",
    "administrator-language": "nb",
}  # fmt: skip


def names(user: User, **wanted: str) -> set[str]:
    listing = directory.list_organisations(actor_of(user), Wanted(**wanted))
    return {company.name for company in listing.page}


def test_a_helper_sees_the_organisations_of_his_market_only(
    ours: House, workshop: Company, german_fleet: Company, nora: User, greta: User, sigrid: User
) -> None:
    assert names(nora) == names(sigrid) == {"Fjordbud AS", "Verksted Vest AS", "Kolonne Norge"}
    assert names(greta) == {"Spree Boten GmbH", "Kolonne Deutschland"}


def test_it_is_searched_and_filtered(ours: House, workshop: Company, nora: User, signed_in: SignIn) -> None:
    assert names(nora, search="vest verk") == {"Verksted Vest AS"}
    assert names(nora, kind="fleet") == {"Fjordbud AS"}
    page = signed_in(nora).get("/organisations/?q=nothing%00+like+this&kind=odd&page=99").content.decode()
    assert "No organisation fits" in page


@pytest.mark.parametrize("who", ["alice", "bob", "erik", "sam"])
def test_to_everybody_else_the_list_does_not_exist(who: str, signed_in: SignIn, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get("/organisations/").status_code == 404
    assert client.get("/organisations/new/").status_code == 403
    assert client.post("/organisations/new/", SENT).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_organisations(nora: User, signed_in: SignIn) -> None:
    client = signed_in(nora)

    def queries_of_the_page() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/organisations/").status_code == 200
        return len(captured)

    queries_of_the_page()
    few = queries_of_the_page()
    for n in range(20):
        actions.create_company(actor=SYSTEM, name=f"Firm {n}", market="no")
    assert queries_of_the_page() == few


def test_a_market_administrator_creates_an_organisation_with_its_first_administrator(
    nora: User, signed_in: SignIn
) -> None:
    answer = signed_in(nora).post("/organisations/new/", SENT)
    assert answer.status_code == 302
    eva = User.objects.get(email="eva@example.com")
    assert (eva.state, eva.username, eva.market_id) == (State.INVITED, "eva.berg", "no")
    with company_scope(all_companies()):
        company = Company.objects.select_related("company").get(name="Verksted Nord AS")
        assert (company.kind, company.address) == (Kind.WORKSHOP, "Havnegata 3, 9008 Tromsø")
        assert Membership.objects.get(user=eva).roles == [Role.ADMINISTRATOR]


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "operator"), ("market", "de"), ("name", ""), ("administrator-email", "eva@"),
     ("administrator-username", "nora"), ("administrator-email", "nora@example.com")],
)  # fmt: skip
def test_a_wrong_entry_creates_nothing_and_is_named(field: str, value: str, nora: User, signed_in: SignIn) -> None:
    before = Tenant.objects.count()
    answer = signed_in(nora).post("/organisations/new/", {**SENT, field: value})
    assert answer.status_code == 200
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert Tenant.objects.count() == before
    assert not User.objects.filter(email="eva@example.com").exists()


@pytest.mark.parametrize(("market", "kind"), [("no", Kind.OPERATOR), ("de", Kind.FLEET)])
def test_nobody_makes_helpers_or_organisations_of_another_market(market: str, kind: Kind, nora: User) -> None:
    person = PersonData("eva.berg", "eva@example.com")
    with pytest.raises(NotAllowed):
        create_organisation(
            actor=actor_of(nora), market=market, kind=kind, data=CompanyData(name="Mine"), administrator=person
        )


def test_a_support_agent_creates_nothing(sigrid: User, signed_in: SignIn) -> None:
    client = signed_in(sigrid)
    assert "/organisations/new/" not in client.get("/organisations/").content.decode()
    assert client.post("/organisations/new/", SENT).status_code == 403


def test_a_helper_adds_nobody_to_the_helpers(operator: Company, nora: User, sam: User) -> None:
    """ID-09: nobody raises his own rights, not even through a friend."""
    with pytest.raises(NotAllowed):
        actions.add_member(actor=actor_of(nora), company=operator, user=sam, roles=[Role.MARKET_ADMINISTRATOR])
