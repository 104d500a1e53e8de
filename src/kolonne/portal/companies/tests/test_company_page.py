"""B2-03, B2-04, ID-09: an organisation's page, who reads it and who changes it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def fresh(company: Company) -> Company:
    with company_scope([company.pk]):
        return Company.objects.select_related("company").get(pk=company.pk)


def form_of(company: Company, /, **changes: object) -> dict[str, object]:
    """What a browser sends: the entries, and beside each what stood there when the page was opened; confirmed."""
    fields = ("name", "street", "postal_code", "city", "customer_number", "legal_form", "register_number", "vat_number")
    now = {name: getattr(company, name) for name in fields}
    now |= {"time_zone": company.time_zone}
    sent = {"confirm": "1", **now, **changes, **{f"initial-{name}": value for name, value in now.items()}}
    return {**sent, "initial-second_factor_for_all": str(company.second_factor_for_all)}


def test_an_administrator_changes_the_data_and_the_audit_keeps_before_and_after(
    ours: House, alice: User, signed_in: SignIn
) -> None:
    page = f"/organisations/{ours.company.pk}/edit/"
    answer = signed_in(alice).post(page, form_of(ours.company, city="Bergen", street="Bryggen 1"))
    assert answer.headers["Location"] == f"/organisations/{ours.company.pk}/"
    with company_scope(ours.scope):
        entry = Entry.objects.get(verb="companies.company.changed")
    assert entry.facts == {"changed": {"city": ["", "Bergen"], "street": ["", "Bryggen 1"]}}
    assert fresh(ours.company).address == "Bryggen 1, Bergen"


def test_kind_and_market_do_not_change_whatever_is_sent(ours: House, alice: User, signed_in: SignIn) -> None:
    sent = form_of(ours.company, market="de", kind="operator", company="1", partner="1", partner_id="1")
    signed_in(alice).post(f"/organisations/{ours.company.pk}/edit/", sent)
    company = fresh(ours.company)
    assert (company.market_id, company.kind, company.partner_id) == ("no", Kind.FLEET, None)


def test_who_changes_another_field_undoes_nobodys_change(ours: House, alice: User, signed_in: SignIn) -> None:
    opened = form_of(ours.company, city="Bergen")
    seen = CompanyData.of(ours.company)
    actions.change_company(actor=SYSTEM, company=ours.company, seen=seen, data=replace(seen, street="Storgata 2"))
    signed_in(alice).post(f"/organisations/{ours.company.pk}/edit/", opened)
    assert fresh(ours.company).address == "Storgata 2, Bergen"


def test_who_changes_the_same_field_is_told_what_stands_there_now(ours: House, alice: User, signed_in: SignIn) -> None:
    opened = form_of(ours.company, city="Bergen")
    seen = CompanyData.of(ours.company)
    actions.change_company(actor=SYSTEM, company=ours.company, seen=seen, data=replace(seen, city="Oslo"))
    client, page = signed_in(alice), f"/organisations/{ours.company.pk}/edit/"
    answer = client.post(page, opened)
    assert "“Oslo”" in answer.content.decode()
    assert 'value="Bergen"' in answer.content.decode()
    assert fresh(ours.company).city == "Oslo"
    again = {**opened, "initial-city": "Oslo"}
    assert client.post(page, again).status_code == 302
    assert fresh(ours.company).city == "Bergen"


def test_nothing_changed_leaves_no_entry(ours: House, alice: User, signed_in: SignIn) -> None:
    signed_in(alice).post(f"/organisations/{ours.company.pk}/edit/", form_of(ours.company))
    with company_scope(ours.scope):
        assert not Entry.objects.filter(verb="companies.company.changed").exists()


@pytest.mark.parametrize(
    ("field", "value"), [("name", " "), ("name", "x" * 121), ("time_zone", "Mars/Olympus"), ("postal_code", "1" * 13)]
)
def test_a_wrong_value_is_named_beside_its_field(
    field: str, value: str, ours: House, alice: User, signed_in: SignIn
) -> None:
    answer = signed_in(alice).post(f"/organisations/{ours.company.pk}/edit/", form_of(ours.company, **{field: value}))
    assert answer.status_code == 200
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert fresh(ours.company).name == "Fjordbud AS"


def test_the_switch_says_how_many_people_will_be_asked(ours: House, alice: User, bob: User, signed_in: SignIn) -> None:
    """ID-10."""
    client = signed_in(alice)
    assert "1 person has none yet" in client.get(f"/organisations/{ours.company.pk}/edit/").content.decode()
    client.post(f"/organisations/{ours.company.pk}/edit/", form_of(ours.company, second_factor_for_all="on"))
    assert fresh(ours.company).second_factor_for_all
    browser = Client()
    browser.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/vans/").headers["Location"] == "/accounts/2fa/"


def test_others_of_the_company_read_it_and_change_nothing(
    ours: House, alice: User, bob: User, dora: User, signed_in: SignIn
) -> None:
    for user in (bob, dora):
        client = signed_in(user)
        page = client.get(f"/organisations/{ours.company.pk}/").content.decode()
        assert "Alice Test" in page
        assert "/edit/" not in page
        assert client.get(f"/organisations/{ours.company.pk}/edit/").status_code == 403
        assert client.post(f"/organisations/{ours.company.pk}/partner/", {"partner": "1"}).status_code == 403


@pytest.mark.parametrize("path", ["", "edit/", "partner/"])
@pytest.mark.parametrize("who", ["charlie", "sam", "greta", "gustav", "wanda"])
def test_to_strangers_it_does_not_exist(
    who: str, path: str, ours: House, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    """ID-09: another company, nobody's, another market's."""
    client = signed_in(request.getfixturevalue(who))
    for pk in (ours.company.pk, 999_999_999):
        assert client.get(f"/organisations/{pk}/{path}").status_code == 404


def test_the_market_administrator_changes_organisations_of_the_market_only(
    ours: House, german_fleet: Company, nora: User
) -> None:
    actor = actor_of(nora)
    seen = CompanyData.of(ours.company)
    actions.change_company(actor=actor, company=ours.company, seen=seen, data=replace(seen, city="Bergen"))
    foreign = CompanyData.of(german_fleet)
    with pytest.raises(NotAllowed):
        actions.change_company(actor=actor, company=german_fleet, seen=foreign, data=replace(foreign, city="Bergen"))


def test_the_support_agent_reads_only(ours: House, sigrid: User, signed_in: SignIn) -> None:
    client = signed_in(sigrid)
    assert client.get(f"/organisations/{ours.company.pk}/").status_code == 200
    assert client.post(f"/organisations/{ours.company.pk}/edit/", form_of(ours.company)).status_code == 403


def test_helpers_do_not_change_their_own_organisation(operator: Company, nora: User) -> None:
    """An operator's organisation is its administrators' business: its members are the helpers themselves."""
    seen = CompanyData.of(operator)
    with pytest.raises(NotAllowed):
        actions.change_company(actor=actor_of(nora), company=operator, seen=seen, data=replace(seen, name="Mine"))


def test_the_action_refuses_what_the_form_would(ours: House) -> None:
    seen = CompanyData.of(ours.company)
    for data in (replace(seen, name=" "), replace(seen, time_zone="Mars/Olympus"), replace(seen, partner_id=1)):
        with pytest.raises(Invalid):
            actions.change_company(actor=SYSTEM, company=ours.company, seen=seen, data=data)


def test_an_older_state_is_a_conflict(ours: House) -> None:
    seen = replace(CompanyData.of(ours.company), city="Hamar")
    with pytest.raises(Conflict):
        actions.change_company(actor=SYSTEM, company=ours.company, seen=seen, data=replace(seen, city="Oslo"))
