"""ID-03: a private account shares the sign-in with a business account and nothing else."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client as OtherApplication
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.queries import actor_of, rights_over
from kolonne.portal.companies.queries.profile import belongs_somewhere
from kolonne.portal.conftest import House
from kolonne.portal.identity import links, tasks
from kolonne.portal.identity.actions import PersonData, create_user
from kolonne.portal.identity.actions import private as actions
from kolonne.portal.identity.models import PrivateProfile, State, User
from kolonne.portal.identity.provider import ProviderAdapter
from kolonne.portal.identity.tests.solving import solved
from kolonne.portal.lib.actor import Actor

pytestmark = pytest.mark.django_db
PASSWORD = "seven quiet herons on a pier"


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_up(**changes: str) -> Any:
    facts = {
        "name": "Maja Privat", "user_id": "maja", "email": "Maja@home.example", "password": PASSWORD,
        "language": "en", "market": "no", "challenge": solved(),
    } | changes  # fmt: skip
    return Client().post("/accounts/private/", facts)


def queued_mails() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'mail', (args->>'user_id')::int FROM procrastinate_jobs ORDER BY id")
        return list(cursor.fetchall())


def maja() -> User:
    return User.objects.get(username="maja")


def confirm(user: User, password: str = PASSWORD) -> Any:
    return Client().post(links.address("private_confirm", actions.CONFIRM, user), {"password": password})


@pytest.fixture
def private_maja() -> User:
    sign_up()
    confirm(maja())
    return maja()


def signs_in(login: str, password: str = PASSWORD) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": login, "password": password})
    return "_auth_user_id" in client.session


def test_an_account_opens_only_when_the_link_in_the_mail_was_used() -> None:
    assert "maja@home.example" in sign_up().content.decode()
    assert maja().state == State.INVITED
    assert queued_mails() == [("private_confirm", maja().pk)]
    assert not signs_in("maja")
    assert confirm(maja()).status_code == 200
    assert maja().state == State.ACTIVE
    assert EmailAddress.objects.get(user=maja()).verified
    assert signs_in("maja")
    assert signs_in("maja@home.example")


def test_the_name_stays_in_the_private_part() -> None:
    sign_up()
    assert maja().get_full_name() == ""
    assert PrivateProfile.objects.get(user=maja()).name == "Maja Privat"


def test_who_only_knows_the_mailbox_cannot_be_tricked_into_opening_a_strangers_account() -> None:
    """Somebody signs up with another's address; that one clicks the link but does not know the password."""
    sign_up()
    assert "not the password" in confirm(maja(), "what the owner of the mailbox guesses").content.decode()
    assert maja().state == State.INVITED


def test_a_link_that_is_altered_used_or_old_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up()
    address = links.address("private_confirm", actions.CONFIRM, maja())
    assert Client().get(address).status_code == 200
    assert Client().get(address[:-3] + "xx/").status_code == 410
    assert Client().get(links.address("private_confirm", "another-purpose", maja())).status_code == 410
    monkeypatch.setattr(actions, "CONFIRM_LIFE", timedelta(seconds=-1))
    assert Client().get(address).status_code == 410
    monkeypatch.undo()
    confirm(maja())
    assert "Sign up again" in Client().get(address).content.decode()


def test_the_answer_does_not_tell_whether_an_address_is_known(alice: User) -> None:
    fresh = sign_up(email="nobody@home.example").content.decode()
    known = sign_up(user_id="alice.home", email=alice.email).content.decode()
    assert without_facts(fresh, "nobody@home.example") == without_facts(known, alice.email)
    assert queued_mails()[-1] == ("private_known", alice.pk)
    alice.refresh_from_db()
    assert not PrivateProfile.objects.filter(user=alice).exists()


@pytest.mark.parametrize("email", ["nobody@home.example", "alice@example.com"])
def test_nothing_that_follows_tells_it_either(alice: User, email: str) -> None:
    """Signing up again, asking whether the user id is free now, and signing in are answered alike."""
    assert [sign_up(email=email).status_code for _ in range(3)] == [200] * 3
    assert "This user id is taken" in sign_up(email="other@home.example").content.decode()
    answer = Client().post("/accounts/login/", {"login": "maja", "password": PASSWORD})
    assert (answer.status_code, "Confirm your e-mail address first" in answer.content.decode()) == (403, True)


def test_who_waits_for_a_known_address_gets_no_link(alice: User) -> None:
    sign_up(email=alice.email)
    assert [mail for mail, _ in queued_mails()] == ["private_known"]
    address = links.address("private_confirm", actions.CONFIRM, maja())
    assert Client().post(address, {"password": PASSWORD}).status_code == 410
    assert (maja().state, maja().email) == (State.INVITED, "")


def test_a_stranger_cannot_keep_an_address_from_its_owner() -> None:
    """Who signs up with the address of a colleague does not keep his company from inviting him."""
    sign_up()
    address = links.address("private_confirm", actions.CONFIRM, maja())
    invited = PersonData("maja.work", "maja@home.example")
    create_user(actor=Actor.system("test"), person=invited, market="no", state=State.INVITED)
    assert Client().post(address, {"password": PASSWORD}).status_code == 410


def without_facts(page: str, email: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(email, "")


def test_a_user_id_that_is_taken_may_be_told(alice: User) -> None:
    page = sign_up(user_id="alice").content.decode()
    assert "This user id is taken" in page
    assert queued_mails() == []


def test_an_address_that_nobody_confirmed_belongs_to_nobody() -> None:
    sign_up(user_id="squatter")
    sign_up()
    wanted = User.objects.filter(private_profile__wanted_email="maja@home.example")
    assert [user.username for user in wanted] == ["maja"]


def test_sign_ups_that_were_never_confirmed_are_forgotten(private_maja: User) -> None:
    sign_up(user_id="late", email="late@home.example")
    now = timezone.now()
    assert actions.forget_unconfirmed(now=now) == 0
    assert actions.forget_unconfirmed(now=now + timedelta(days=7)) == 1
    assert User.objects.filter(pk=private_maja.pk).exists()


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("password", "too short", "15 characters"),
        ("user_id", "Maja Privat", "letters without accents"),
        ("email", "maja", "valid email address"),
        ("market", "xx", "valid choice"),
        ("challenge", "", "no robot"),
    ],
)
def test_a_wrong_value_is_named_beside_its_field(field: str, value: str, remedy: str) -> None:
    assert remedy in sign_up(**{field: value}).content.decode()
    assert not User.objects.filter(username="maja").exists()


def test_no_password_is_measured_for_robots() -> None:
    """That takes up to half a second of ours."""
    assert "has 5 characters" not in sign_up(password="short", challenge="").content.decode()


def test_sign_ups_are_slowed_for_each_address() -> None:
    answers = [sign_up(user_id=f"maja{number}").status_code for number in range(7)]
    assert answers[:5] == [200] * 5
    assert answers[-1] == 429


def test_who_is_signed_in_already_is_led_to_his_private_account(sam: User, signed_in: Callable[[User], Client]) -> None:
    assert signed_in(sam).get("/accounts/private/").headers["Location"] == "/me/"


def test_the_portal_tells_a_private_person_that_a_business_account_is_missing(
    ours: House, private_maja: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(private_maja)
    for address in ("/", "/vans/", f"/vans/{ours.vehicle.pk}/", "/people/"):
        answer = client.get(address)
        assert answer.status_code == 403
        page = answer.content.decode()
        assert "A business account must still be created" in page
        assert 'href="/me/"' in page
        assert ours.company.name not in page


def test_nothing_private_appears_on_pages_of_the_company(
    alice: User, dora: User, signed_in: Callable[[User], Client]
) -> None:
    """Neither name nor address are copied, one way or the other."""
    data = actions.PrivateData("Dodo Hjemme", "+47 900 00 000", "Fjellveien 7", "5003", "Bergen")
    signed_in(dora).post("/me/", vars(data))
    assert PrivateProfile.objects.get(user=dora).street == "Fjellveien 7"
    dora.refresh_from_db()
    assert dora.get_full_name() == "Dora Test"
    client = signed_in(alice)
    for address in ("/people/", f"/people/{dora.pk}/", "/account/", "/access-rights/", "/audit/"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        assert not [value for value in vars(data).values() if value in page], address


def test_the_private_page_starts_empty_for_a_business_person(dora: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(dora).get("/me/").content.decode()
    form = page.split('action="/me/"')[1].split("</form>")[0]
    assert "Dora" not in form
    assert "can no longer reset it" in page


def test_an_administrator_has_no_right_over_somebody_with_a_private_account(alice: User, dora: User) -> None:
    """A reset would open the private account too (ID-09)."""
    assert "companies.member:help" in rights_over(actor_of(alice), dora)
    actions.keep_private(actor=Actor.system("test"), user=dora, data=actions.PrivateData())
    assert rights_over(actor_of(alice), dora) == frozenset()


def test_an_administrator_has_no_right_over_a_private_person(alice: User, private_maja: User) -> None:
    assert rights_over(actor_of(alice), private_maja) == frozenset()


def test_deleting_the_private_part_leaves_the_business_account(dora: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(dora)
    client.post("/me/", {"name": "Dodo"})
    actions.end_private(actor=Actor.system("test"), user=dora)
    dora.refresh_from_db()
    assert not PrivateProfile.objects.filter(user=dora).exists()
    assert dora.state == State.ACTIVE
    assert belongs_somewhere(dora)


def test_deleting_a_private_account_deletes_all_there_was(private_maja: User) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "maja", "password": PASSWORD})
    assert "deleted as a whole" in client.get("/me/delete/").content.decode()
    assert "is deleted" in client.post("/me/delete/").content.decode()
    private_maja.refresh_from_db()
    assert private_maja.state == State.DELETED
    assert private_maja.email == ""
    assert not PrivateProfile.objects.filter(user=private_maja).exists()
    assert not signs_in("maja")
    sign_up()
    assert maja().pk != private_maja.pk


def test_deleting_asks_for_the_password_again(private_maja: User, signed_in: Callable[[User], Client]) -> None:
    answer = signed_in(private_maja).post("/me/delete/")
    assert answer.status_code == 302
    assert "reauthenticate" in answer.headers["Location"]
    assert PrivateProfile.objects.filter(user=private_maja).exists()


def test_the_daily_sweep_forgets_unconfirmed_sign_ups() -> None:
    sign_up()
    User.objects.filter(username="maja").update(date_joined=timezone.now() - timedelta(days=7))
    tasks.sweep(0)
    assert not User.objects.filter(username="maja").exists()


def test_an_application_of_others_learns_nothing_private(dora: User) -> None:
    data = actions.PrivateData("Dodo Hjemme", "+47 900 00 000", "Fjellveien 7", "5003", "Bergen")
    actions.keep_private(actor=Actor.system("test"), user=dora, data=data)
    client = OtherApplication(name="Parts catalogue")
    scopes = ["openid", "profile", "email", "rights"]
    for purpose in ("id_token", "userinfo"):
        claims = str(ProviderAdapter().get_claims(purpose, dora, client, scopes, email=dora.email))
        assert "Dora Test" in claims
        assert not [value for value in vars(data).values() if value in claims]


def test_what_somebody_does_privately_stands_in_no_companys_audit(our_scope: House, dora: User) -> None:
    actions.keep_private(actor=actor_of(dora), user=dora, data=actions.PrivateData("Dodo Hjemme"))
    actions.end_private(actor=actor_of(dora), user=dora)
    assert not Entry.objects.filter(company_id=our_scope.company.pk, verb__startswith="identity.private.").exists()
