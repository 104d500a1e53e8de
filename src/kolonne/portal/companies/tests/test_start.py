"""VE-01: the start page says what is done and what comes next, and is where a new company begins."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.companies import actions, hooks
from kolonne.portal.companies.actions.registration import CompanyToBe, register_company
from kolonne.portal.companies.models import Company, Role, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.start import company_data_step, is_under_way
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DATA = CompanyToBe("Nyby Bud AS", "as", "123456785", "", "Storgata 1", "0155", "Oslo")


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ingrid(db: None) -> User:
    user = person("ingrid")
    user.birth_date = date(1984, 5, 17)
    user.save()
    return user


@pytest.fixture
def nyby(ingrid: User) -> Company:
    """Registered a minute ago."""
    return register_company(actor=actor_of(ingrid), market="no", data=DATA, person=None, is_declared=True)


def change(company: Company, **values: object) -> None:
    with company_scope([company.pk]):
        Company.objects.filter(pk=company.pk).update(**values)


def page(client: Client) -> str:
    response = client.get("/start/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_new_company_sees_what_comes_next(nyby: Company, ingrid: User, signed_in: SignIn) -> None:
    text = page(signed_in(ingrid))
    assert "Welcome, Ingrid" in text
    assert "Not verified yet" in text
    assert "AS – aksjeselskap" in text
    assert "Add your vans" in text


def test_one_step_is_the_primary_one_and_what_is_done_is_ticked(nyby: Company, ingrid: User, signed_in: SignIn) -> None:
    main = page(signed_in(ingrid)).partition("<main")[2].partition("</main")[0]
    assert main.count("btn-primary") == 1
    assert main.count("is-done") >= 1


def test_the_primary_step_is_the_first_that_can_be_done(
    nyby: Company, ingrid: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        hooks.Step(3, "Third", "", "/3/", "Do three", is_done=False, icon="van"),
        hooks.Step(1, "First", "", "/1/", "Do one", is_done=True, icon="van"),
        hooks.Step(2, "Second", "Something first.", "", "Do two", is_done=False, icon="van"),
    ]
    makers = [lambda actor, company, step=step: step for step in steps]
    monkeypatch.setattr(hooks, "_steps", [*makers, lambda actor, company: None])
    main = page(signed_in(ingrid)).partition("<main")[2]
    assert main.index("First") < main.index("Second") < main.index("Third")
    assert 'btn-primary" href="/3/"' in main
    assert "Do two" not in main
    assert "1 of 3 done" in main


def test_when_all_is_done_the_page_says_so(
    nyby: Company, ingrid: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = hooks.Step(1, "First", "", "/1/", "Do one", is_done=True, icon="van")
    monkeypatch.setattr(hooks, "_steps", [lambda actor, company: done])
    client = signed_in(ingrid)
    assert "Everything is set up" in page(client)
    assert 'href="/start/"' not in client.get("/account/").content.decode()


def test_an_administrator_without_vans_begins_here(nyby: Company, ingrid: User, signed_in: SignIn) -> None:
    client = signed_in(ingrid)
    for _ in range(2):
        assert client.get("/")["Location"] == "/start/"


def test_an_unverified_company_with_vans_begins_here_once_after_sign_in(
    ours: House, alice: User, signed_in: SignIn
) -> None:
    change(ours.company, verification=Verification.UNVERIFIED)
    client = signed_in(alice)
    assert client.get("/")["Location"] == "/start/"
    client.get("/start/")
    assert client.get("/").status_code == 200


def test_others_begin_with_the_map(ours: House, alice: User, bob: User, signed_in: SignIn) -> None:
    assert signed_in(alice).get("/").status_code == 200
    change(ours.company, verification=Verification.UNVERIFIED)
    assert signed_in(bob).get("/").status_code == 200


def test_the_rail_shows_the_way_while_something_is_open(
    nyby: Company, ingrid: User, alice: User, bob: User, signed_in: SignIn
) -> None:
    assert 'href="/start/"' in signed_in(ingrid).get("/account/").content.decode()
    for user in (alice, bob):
        assert 'href="/start/"' not in signed_in(user).get("/account/").content.decode()


def test_a_company_that_leaves_has_nothing_to_begin(nyby: Company, ingrid: User) -> None:
    assert is_under_way(actor_of(ingrid), nyby)
    Tenant.objects.filter(pk=nyby.pk).update(leaving_since=timezone.now())
    with company_scope([nyby.pk]):
        left = Company.objects.select_related("company").get(pk=nyby.pk)
        assert not is_under_way(actor_of(ingrid), left)


@pytest.mark.parametrize("field", ["legal_form", "register_number", "street", "city"])
def test_missing_company_data_are_a_step(nyby: Company, ingrid: User, field: str) -> None:
    step = company_data_step(actor_of(ingrid), nyby)
    assert step is not None
    assert step.is_done
    setattr(nyby, field, "")
    step = company_data_step(actor_of(ingrid), nyby)
    assert step is not None
    assert not step.is_done
    assert step.url == f"/organisations/{nyby.pk}/edit/"


def test_a_driver_reads_that_others_set_it_up(ours: House, dora: User, signed_in: SignIn) -> None:
    text = page(signed_in(dora))
    assert "administrators of your company" in text
    assert "btn-primary" not in text.partition("<main")[2]


def test_refused_and_leaving_companies_read_it(nyby: Company, ingrid: User, signed_in: SignIn) -> None:
    change(nyby, verification=Verification.REFUSED)
    client = signed_in(ingrid)
    assert "did not verify" in page(client)
    change(nyby, verification=Verification.VERIFIED)
    assert "Verified by a dealer" in page(client)
    Tenant.objects.filter(pk=nyby.pk).update(leaving_since=timezone.now())
    assert "deletion of the company" in page(client)


def test_people_without_a_fleet_company_are_told_or_sent_on(
    sam: User, workshop: Company, wanda: User, signed_in: SignIn
) -> None:
    """ID-03: who belongs to no company is shown how to register one."""
    refused = signed_in(sam).get("/start/")
    assert refused.status_code == 403
    assert "Register a company" in refused.content.decode()
    assert signed_in(wanda).get("/start/")["Location"] == "/"


def test_somebody_in_two_companies_sees_the_open_one(
    nyby: Company, ours: House, ingrid: User, signed_in: SignIn
) -> None:
    actions.add_member(actor=SYSTEM, company=ours.company, user=ingrid, roles=[Role.ADMINISTRATOR])
    client = signed_in(ingrid)
    for company in (nyby, ours.company):
        client.post("/company/", {"company": company.pk})
        assert f'<p class="k-muted">{company.name}' in page(client)
