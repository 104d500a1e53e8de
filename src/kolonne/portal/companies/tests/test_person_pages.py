"""ID-07, ID-09, B2-02: the page about a person, and what is done from there."""

import re
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.sessions.models import Session
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import PrivateProfile, State, User
from kolonne.portal.identity.user_ids import free_user_id
from kolonne.portal.lib.scope import company_scope, user_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
ACTS = ("revive", "password", "factor", "invite", "block", "unblock", "delete")


def text(response: object) -> str:
    return re.sub(r"\s+", " ", response.content.decode())  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", ["charlie", "greta", "wanda", "sam"])
def test_a_stranger_finds_nobody(who: str, bob: User, signed_in: SignIn, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(who))
    refused = 403 if who == "sam" else 404
    for address in ("", *(f"{act}/" for act in ACTS)):
        assert client.get(f"/people/{bob.pk}/{address}").status_code == refused
        assert client.post(f"/people/{bob.pk}/{address}").status_code in {refused, 405}
    bob.refresh_from_db()
    assert bob.state == State.ACTIVE


def test_an_administrator_reads_what_concerns_the_organisation(alice: User, bob: User, signed_in: SignIn) -> None:
    TOTP.activate(bob, generate_totp_secret())
    PrivateProfile.objects.create(user=bob, mobile="+47 987 65 432")
    page = text(signed_in(alice).get(f"/people/{bob.pk}/"))
    assert "bob@example.com" in page
    assert "Authenticator app" in page
    assert "Fleet manager" in page
    assert "987" not in page
    assert "more than your organisation" in page
    assert "/block/" not in page


def test_who_looked_is_kept(alice: User, bob: User, ours: House, signed_in: SignIn) -> None:
    """NF-06."""
    client = signed_in(alice)
    for _ in range(3):
        client.get(f"/people/{bob.pk}/")
        client.get("/people/")
    with company_scope(ours.scope):
        looks = Entry.objects.filter(user_id=alice.pk, verb__endswith=".viewed").values_list("verb", flat=True)
        assert sorted(looks) == ["companies.people.viewed", "companies.person.viewed"]


def test_history_holds_nothing_of_a_private_account(alice: User, bob: User, signed_in: SignIn) -> None:
    """ID-03."""
    audit.record(SYSTEM, "identity.private.changed", on=bob, company_id=None)
    client = signed_in(alice)
    client.post(f"/people/{bob.pk}/block/", {"reason": "Left in March"})
    page = text(client.get(f"/people/{bob.pk}/"))
    assert "Private data changed" not in page
    assert "User blocked" in page
    assert "Left in March" in page


def test_ones_own_page_says_so_and_offers_nothing(alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    page = text(client.get(f"/people/{alice.pk}/"))
    assert "This is you" in page
    with user_scope(alice.pk):
        mine = Membership.objects.get(user=alice)
    for act in (*ACTS, f"roles/{mine.pk}", f"remove/{mine.pk}"):
        assert f"/people/{alice.pk}/{act}/" not in page
        assert client.post(f"/people/{alice.pk}/{act}/", {"roles": ["driver"]}).status_code == 403
    with user_scope(alice.pk):
        assert Membership.objects.get(user=alice).roles == [Role.ADMINISTRATOR]


def test_a_fleet_manager_reads_and_does_nothing(bob: User, dora: User, signed_in: SignIn) -> None:
    client = signed_in(bob)
    assert client.get(f"/people/{dora.pk}/").status_code == 200
    for act in ACTS:
        assert client.post(f"/people/{dora.pk}/{act}/").status_code == 403
    dora.refresh_from_db()
    assert dora.state == State.ACTIVE


def test_a_block_names_its_consequence_and_can_be_undone(alice: User, bob: User, signed_in: SignIn) -> None:
    signed_in(bob).get("/account/")
    client = signed_in(alice)
    question = text(client.get(f"/people/{bob.pk}/block/"))
    assert "Bob Test is signed out everywhere now: 1 session ends." in question
    assert client.post(f"/people/{bob.pk}/block/").status_code == 302
    page = text(client.get(f"/people/{bob.pk}/"))
    assert f"/people/{bob.pk}/unblock/" in page
    client.post(f"/people/{bob.pk}/unblock/")
    bob.refresh_from_db()
    assert bob.state != State.BLOCKED


def test_a_temporary_password_is_shown_once_and_kept_nowhere(alice: User, bob: User, signed_in: SignIn) -> None:
    """ID-07."""
    client = signed_in(alice)
    assert client.get(f"/people/{bob.pk}/password/").status_code == 200
    response = client.post(f"/people/{bob.pk}/password/")
    found = re.search(r"<output[^>]*>([0-9a-f-]+)</output>", response.content.decode())
    assert found is not None
    password = found[1]
    bob.refresh_from_db()
    assert bob.check_password(password)
    assert "no-store" in response.headers["Cache-Control"]
    assert password not in str([session.get_decoded() for session in Session.objects.all()])
    assert password not in str(list(ProcrastinateJob.objects.values_list("args", flat=True)))
    assert password not in client.get(f"/people/{bob.pk}/").content.decode()


def test_a_state_that_changed_meanwhile_is_told(alice: User, bob: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    response = client.post(f"/people/{bob.pk}/revive/")
    assert response.status_code == 409
    assert "not locked" in text(response)


def test_the_last_administrator_is_refused_in_words(alice: User, nora: User, signed_in: SignIn) -> None:
    response = signed_in(nora).post(f"/people/{alice.pk}/delete/")
    assert response.status_code == 409
    assert "last administrator" in text(response)


def test_roles_are_changed_on_a_page(alice: User, bob: User, charlie: User, signed_in: SignIn) -> None:
    with user_scope(bob.pk):
        member = Membership.objects.get(user=bob)
    address = f"/people/{bob.pk}/roles/{member.pk}/"
    client = signed_in(alice)
    assert "checked" in text(client.get(address))
    for wrong in ({}, {"roles": ["workshop_user"]}, {"roles": ["fleet_manager"]}):
        assert client.post(address, wrong).status_code == 422
    assert client.post(address, {"roles": ["driver", "administrator"]}).status_code == 302
    with user_scope(bob.pk):
        assert Membership.objects.get(user=bob).roles == ["administrator", "driver"]
    assert signed_in(charlie).post(address, {"roles": ["driver"]}).status_code == 404


def test_a_guest_is_taken_out(alice: User, bob: User, ours: House, theirs: House, signed_in: SignIn) -> None:
    companies.add_member(actor=SYSTEM, company=theirs.company, user=bob, roles=[Role.DRIVER])
    with user_scope(bob.pk):
        here = Membership.objects.get(user=bob, company=ours.company.pk)
        there = Membership.objects.get(user=bob, company=theirs.company.pk)
    client = signed_in(alice)
    assert client.post(f"/people/{bob.pk}/remove/{there.pk}/").status_code == 404
    assert client.post(f"/people/{bob.pk}/remove/{here.pk}/").status_code == 302
    assert client.get(f"/people/{bob.pk}/").status_code == 404


NEW = {
    "first_name": "Åse",
    "last_name": "Ødegård",
    "email": "ase@example.com",
    "language": "nb",
    "roles": ["workshop_user"],
}


def test_a_person_is_invited_with_a_user_id_made_from_the_names(wanda: User, signed_in: SignIn) -> None:
    client = signed_in(wanda)
    assert client.get("/people/new/").status_code == 200
    response = client.post("/people/new/", NEW)
    new = User.objects.get(email="ase@example.com")
    assert response.headers["Location"] == f"/people/{new.pk}/"
    assert (new.username, new.state, new.market_id) == ("ase.odegard", State.INVITED, "no")
    with user_scope(new.pk):
        assert Membership.objects.get(user=new).roles == [Role.WORKSHOP_USER]
    assert "Send invitation again" in text(client.get(f"/people/{new.pk}/"))
    assert client.post(f"/people/{new.pk}/invite/").status_code == 302
    assert ProcrastinateJob.objects.filter(args__mail="invitation").count() == 2
    assert free_user_id("Åse", "Ødegård") == "ase.odegard2"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"email": "BOB@example.com"}, "This address is taken"),
        ({"username": "Bob"}, "This user id is taken"),
        ({"username": "bob@example.com"}, "letters without accents"),
        ({"roles": ["market_administrator"]}, "no such role"),
        ({"roles": []}, "at least one role"),
        ({"first_name": "李", "last_name": "王"}, "type one"),
        ({"email": "nowhere"}, "no e-mail address"),
    ],
)
def test_what_is_wrong_with_a_new_person_is_said_beside_the_field(
    changed: dict[str, object], words: str, wanda: User, bob: User, signed_in: SignIn
) -> None:
    people = User.objects.count()
    response = signed_in(wanda).post("/people/new/", NEW | changed)
    assert response.status_code == 422
    assert words in text(response)
    assert User.objects.count() == people


def test_nobody_takes_over_an_account_by_inviting_it(wanda: User, sam: User, signed_in: SignIn) -> None:
    response = signed_in(wanda).post("/people/new/", NEW | {"email": sam.email})
    assert response.status_code == 422
    assert "Sam" not in text(response)
    with user_scope(sam.pk):
        assert not Membership.objects.filter(user=sam).exists()


def test_a_markets_administrator_chooses_the_organisation_first(
    nora: User, ours: House, workshop: Company, operator: Company, german_fleet: Company, signed_in: SignIn
) -> None:
    client = signed_in(nora)
    page = text(client.get("/people/new/"))
    assert "Fjordbud AS" in page
    assert "Kolonne Norge</option>" not in page
    assert "Spree Boten" not in page
    address = f"/people/new/?organisation={workshop.pk}"
    assert client.post(address, NEW | {"roles": ["driver"]}).status_code == 422  # a workshop has no drivers
    assert client.post(address, NEW).status_code == 302
    for foreign in (operator.pk, german_fleet.pk, "x", "9" * 5000):
        assert client.post(f"/people/new/?organisation={foreign}", NEW | {"email": "x@example.com"}).status_code == 404


def test_support_and_fleet_managers_create_nobody(sigrid: User, bob: User, signed_in: SignIn) -> None:
    for who in (sigrid, bob):
        assert signed_in(who).get("/people/new/").status_code == 403
        assert signed_in(who).post("/people/new/", NEW).status_code == 403


def test_the_way_around_shows_what_one_may_open(
    alice: User, bob: User, nora: User, sigrid: User, signed_in: SignIn
) -> None:
    def entries(user: User) -> list[str]:
        page = signed_in(user).get("/people/").content.decode()
        return re.findall(r"<a href=\"[^\"]*\"[^>]*>([^<]+)", page[page.index("um-nav") : page.index("k-page")])

    assert entries(bob) == ["People"]
    assert entries(sigrid)[:3] == ["People", "Requests", "Organisations"]
    assert "Company" in entries(alice)
    assert "Organisations" not in entries(alice)
