"""ID-06, ID-07, B2-05: people who cannot sign in ask, and those answer who are responsible."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.actions import requests as actions
from kolonne.portal.companies.models import Company, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.inbox import compared
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import HelpRequest, HelpState, PrivateProfile, State, User
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def ask(user: User | None, market: str = "no", **typed: str) -> HelpRequest:
    given = {
        "user_id_given": user.username if user else "nobody.at.all", "first_name": "Bob", "last_name": "Test",
        "email": "bob@example.com", "company_name": "Fjordbud AS", "company_address": "Kaigata 1, 5003 Bergen",
    }  # fmt: skip
    return HelpRequest.objects.create(**(given | typed), user=user, market_id=user.market_id if user else market)


def seen(client: Client) -> list[int]:
    return [int(pk) for pk in re.findall(r'href="/requests/(\d+)/"', client.get("/requests/").content.decode())]


def test_each_helper_sees_what_is_his_to_answer(request: pytest.FixtureRequest, signed_in: SignIn) -> None:
    cast = ("alice", "bob", "dora", "charlie", "nora", "sigrid", "greta", "gustav", "sam")
    alice, bob, dora, charlie, nora, sigrid, greta, gustav, sam = (request.getfixturevalue(name) for name in cast)
    of_bob, of_alice, of_sam, of_nobody = ask(bob), ask(alice), ask(sam), ask(None)
    of_gustav, of_nora = ask(gustav), ask(nora)
    of_nobody_in_germany = ask(None, "de")
    assert seen(signed_in(alice)) == [of_bob.pk]
    assert seen(signed_in(charlie)) == []
    for helper in (nora, sigrid):
        assert seen(signed_in(helper)) == [of_bob.pk, of_alice.pk, of_sam.pk, of_nobody.pk]
    assert seen(signed_in(greta)) == [of_gustav.pk, of_nobody_in_germany.pk]
    assert signed_in(dora).get("/requests/").status_code == 403
    everything = {of_bob, of_alice, of_sam, of_nobody, of_gustav, of_nora, of_nobody_in_germany}
    for asked in everything - {of_bob}:
        assert signed_in(alice).get(f"/requests/{asked.pk}/").status_code == 404


def test_a_guest_or_a_private_persons_request_goes_to_the_market(
    alice: User, bob: User, nora: User, theirs: House, dora: User, signed_in: SignIn
) -> None:
    companies.add_member(actor=SYSTEM, company=theirs.company, user=bob, roles=[Role.DRIVER])
    PrivateProfile.objects.create(user=dora)
    asked = [ask(bob).pk, ask(dora).pk]
    assert seen(signed_in(alice)) == []
    assert seen(signed_in(nora)) == asked


def test_what_was_typed_is_compared_with_what_is_stored(alice: User, bob: User, ours: House) -> None:
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(street="Kaigata 1", postal_code="5003", city="Bergen")
    request = ask(bob, user_id_given=" BOB ", company_name="fjordbud  as", last_name="Tast")
    found = {field.name: field.is_same for field in compared(actor_of(alice), request)}
    assert found == {
        "user_id_given": True, "first_name": True, "last_name": False,
        "email": True, "company_name": True, "company_address": True,
    }  # fmt: skip


def test_nothing_stored_is_shown_of_nobody(nora: User) -> None:
    assert all(not field.is_same and field.stored == [] for field in compared(actor_of(nora), ask(None)))


@pytest.mark.parametrize("who", ["alice", "sigrid"])
def test_a_request_is_answered_by_a_new_password(
    who: str, bob: User, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    asked = ask(bob)
    client = signed_in(request.getfixturevalue(who))
    assert "Different" in client.get(f"/requests/{asked.pk}/").content.decode()
    response = client.post(f"/requests/{asked.pk}/password/")
    found = re.search(r"<output[^>]*>([0-9a-f-]+)</output>", response.content.decode())
    bob.refresh_from_db()
    asked.refresh_from_db()
    assert found is not None
    assert bob.check_password(found[1])
    assert asked.state == HelpState.DONE
    assert seen(client) == []
    assert client.post(f"/requests/{asked.pk}/password/").status_code == 409


def test_a_request_is_answered_once(alice: User, sigrid: User, bob: User) -> None:
    asked = ask(bob)
    actions.refuse(actor=actor_of(sigrid), request=asked)
    password = bob.password
    with pytest.raises(Conflict):
        actions.help_by_password(actor=actor_of(alice), request=asked)
    bob.refresh_from_db()
    assert bob.password == password


def test_a_locked_person_is_revived_from_the_request(alice: User, bob: User, signed_in: SignIn) -> None:
    User.objects.filter(pk=bob.pk).update(state=State.LOCKED)
    asked = ask(bob)
    client = signed_in(alice)
    assert "What happens" in client.get(f"/requests/{asked.pk}/revive/").content.decode()
    assert client.post(f"/requests/{asked.pk}/revive/").headers["Location"] == "/requests/"
    bob.refresh_from_db()
    assert bob.state == State.ACTIVE


def test_a_refusal_changes_nothing(alice: User, bob: User, signed_in: SignIn) -> None:
    asked = ask(bob)
    client = signed_in(alice)
    assert client.get(f"/requests/{asked.pk}/refuse/").status_code == 200
    before = User.objects.values().get(pk=bob.pk)
    assert client.post(f"/requests/{asked.pk}/refuse/").status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.handled_by) == (HelpState.REFUSED, "Alice Test")
    assert User.objects.values().get(pk=bob.pk) == before


def test_nobody_answers_what_is_not_his(
    charlie: User, greta: User, alice: User, bob: User, nora: User, sigrid: User
) -> None:
    of_bob, of_nobody, of_nora = ask(bob), ask(None), ask(nora)
    strangers = [(charlie, of_bob), (greta, of_bob), (greta, of_nobody), (alice, of_nobody), (sigrid, of_nora)]
    for stranger, asked in [*strangers, (nora, of_nora), (bob, of_bob)]:
        for answer in (actions.refuse, actions.help_by_reviving, actions.help_by_password):
            with pytest.raises(NotAllowed):
                answer(actor=actor_of(stranger), request=asked)
    assert not HelpRequest.objects.exclude(state=HelpState.OPEN).exists()


def test_a_request_about_nobody_can_only_be_refused(nora: User, signed_in: SignIn) -> None:
    asked = ask(None)
    client = signed_in(nora)
    page = client.get(f"/requests/{asked.pk}/").content.decode()
    assert "Nobody has this user id" in page
    assert "/password/" not in page
    assert client.post(f"/requests/{asked.pk}/password/").headers["Location"] == f"/requests/{asked.pk}/"
    asked.refresh_from_db()
    assert asked.state == HelpState.OPEN


def test_the_number_of_what_waits_stands_beside_the_entry(alice: User, bob: User, signed_in: SignIn) -> None:
    ask(bob)
    assert re.search(r"um-count[^>]*>1<", signed_in(alice).get("/people/").content.decode())
