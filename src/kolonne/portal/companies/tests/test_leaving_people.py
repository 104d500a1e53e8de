"""CO-06, CO-10: how people leave a company: asked for, handed over, taken out; and never by their own hand."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies import hooks
from kolonne.portal.companies.actions import deletion_requests as actions
from kolonne.portal.companies.actions import people
from kolonne.portal.companies.actions.handing_over import hand_over
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.companies.people_step import ORDER
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.deletions import open_deletions
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import PrivateProfile, State, User, Verification
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def post(db: None) -> PostOffice:
    cache.clear()
    return PostOffice()


def ask(user: User) -> User:
    return actions.ask_for_deletion(actor=actor_of(user), user=user)


def later(days: int) -> int:
    return actions.escalate(actor=SYSTEM, now=timezone.now() + timedelta(days=days))


def told(post: PostOffice) -> dict[str, str]:
    """Whom mails went to, with their subjects."""
    return {message.to[0]: str(message.subject) for message in post.run()}


def membership(house: House, user: User) -> Membership:
    with company_scope(house.scope):
        return Membership.objects.select_related("user", "company").get(user=user)


def page(answer: Any) -> str:
    return str(answer.content.decode())


class TestAsking:
    def test_administrators_are_told_and_see_it(
        self, dora: User, alice: User, bob: User, nora: User, post: PostOffice, signed_in: SignIn
    ) -> None:
        """GDPR Art. 17."""
        client = signed_in(dora)
        assert "Alice Test" in page(client.get("/account/delete/"))
        client.post("/account/delete/", {"do": "ask"})
        assert told(post) == {
            alice.email: "Dora Test asks to be deleted",
            dora.email: "You asked to be deleted",
        }
        admin = signed_in(alice)
        for address, words in {
            "/requests/": "To be deleted until",
            "/people/": "Asked to be deleted",
            f"/people/{dora.pk}/": "The last day for it is",
        }.items():
            assert words in page(admin.get(address)), address
        assert "Dora Test" not in page(signed_in(nora).get("/requests/"))
        assert "Asked to be deleted" not in page(signed_in(bob).get("/people/"))

    def test_asking_again_writes_to_nobody_again(self, dora: User, alice: User, post: PostOffice) -> None:
        first = ask(dora).deletion_asked_at
        post.run()
        assert ask(dora).deletion_asked_at == first
        assert post.run() == []

    def test_it_can_be_taken_back(self, dora: User, alice: User, signed_in: SignIn) -> None:
        client = signed_in(dora)
        client.post("/account/delete/", {"do": "ask"})
        client.post("/account/delete/", {"do": "withdraw"})
        dora.refresh_from_db()
        assert dora.deletion_asked_at is None
        assert open_deletions(actor_of(alice)) == []
        assert later(31) == 0
        assert "took it back already" in page(client.post("/account/delete/", {"do": "withdraw"}, follow=True))

    def test_it_deletes_nobody_by_itself(self, dora: User, alice: User) -> None:
        ask(dora)
        for days in (29, 31, 400):
            later(days)
        dora.refresh_from_db()
        assert dora.state == State.ACTIVE

    def test_nobody_asks_for_another(self, dora: User, alice: User, nora: User) -> None:
        helper = Actor(label="Helper", user_id=dora.pk, acting_for=ActingFor(dora.pk, "Dora", 1))
        for actor in (actor_of(alice), actor_of(nora), SYSTEM, helper):
            for act in (actions.ask_for_deletion, actions.withdraw, actions.delete_oneself):
                with pytest.raises(NotAllowed):
                    act(actor=actor, user=dora)

    def test_every_company_of_the_person_is_told(
        self, dora: User, alice: User, charlie: User, theirs: House, post: PostOffice
    ) -> None:
        companies.add_member(actor=SYSTEM, company=theirs.company, user=dora, roles=[Role.DRIVER])
        ask(dora)
        assert {alice.email, charlie.email} < set(told(post))


class TestInTime:
    def test_the_operators_people_are_told_after_thirty_days_and_once(
        self, dora: User, alice: User, nora: User, sigrid: User, greta: User, post: PostOffice, signed_in: SignIn
    ) -> None:
        ask(dora)
        post.run()
        assert later(29) == 0
        assert later(30) == 1
        assert told(post) == {nora.email: "Dora Test waits to be deleted"}
        assert later(31) == 0
        assert "the administrators had until" in page(signed_in(nora).get("/requests/"))
        for other in (sigrid, greta):
            assert open_deletions(actor_of(other)) == []
        people.delete_person(actor=actor_of(nora), user=dora)
        assert open_deletions(actor_of(nora)) == []

    def test_the_last_administrators_request_goes_to_the_operator_at_once(
        self, alice: User, dora: User, nora: User, post: PostOffice
    ) -> None:
        ask(alice)
        assert nora.email in told(post)
        assert [one.user for one in open_deletions(actor_of(nora))] == [alice]
        assert later(31) == 0

    def test_deleting_the_person_ends_it_with_a_mail(self, dora: User, alice: User, post: PostOffice) -> None:
        ask(dora)
        address = dora.email
        post.run()
        people.delete_person(actor=actor_of(alice), user=dora)
        assert address in told(post)
        assert later(31) == 0


class TestAtOnce:
    def test_somebody_without_organisation_deletes_himself(
        self, sam: User, signed_in: SignIn, post: PostOffice
    ) -> None:
        address = sam.email
        client = Client()
        sam.set_password("quiet otter under blue gravel")
        sam.save()
        client.post("/accounts/login/", {"login": "sam", "password": "quiet otter under blue gravel"})
        assert "Go on to the deletion" in page(client.get("/account/delete/"))
        assert "for good" in page(client.get("/account/delete/now/"))
        client.post("/account/delete/now/")
        sam.refresh_from_db()
        assert sam.state == State.DELETED
        assert "_auth_user_id" not in client.session
        assert told(post)[address] == "Your Kolonne ID was deleted"

    def test_he_confirms_first_who_he_is(self, sam: User, signed_in: SignIn) -> None:
        sam.set_password("quiet otter under blue gravel")
        sam.save()
        client = signed_in(sam)  # long ago
        for answer in (client.get("/account/delete/now/"), client.post("/account/delete/now/")):
            assert "reauthenticate" in answer["Location"]
        sam.refresh_from_db()
        assert sam.state == State.ACTIVE

    def test_nobody_deletes_himself_from_a_company(self, dora: User, alice: User) -> None:
        with pytest.raises(Conflict) as refusal:
            actions.delete_oneself(actor=actor_of(dora), user=dora)
        assert refusal.value.code == "has_organisation"
        for act in (people.delete_person, people.block):
            with pytest.raises(NotAllowed):
                act(actor=actor_of(dora), user=dora)

    def test_a_private_account_has_a_page_of_its_own(self, sam: User) -> None:
        PrivateProfile.objects.create(user=sam)
        with pytest.raises(Conflict):
            actions.delete_oneself(actor=actor_of(sam), user=sam)

    def test_without_organisation_nobody_is_asked(self, sam: User) -> None:
        with pytest.raises(Conflict):
            ask(sam)


class TestHandingOver:
    def test_another_becomes_administrator_and_is_asked(
        self, alice: User, bob: User, ours: House, post: PostOffice, signed_in: SignIn
    ) -> None:
        client = signed_in(alice)
        assert "Bob Test (Fleet manager)" in page(client.get("/account/hand-over/"))
        client.post("/account/hand-over/", {"to": membership(ours, bob).pk, "leave": "on"})
        assert membership(ours, bob).roles == [Role.ADMINISTRATOR, Role.FLEET_MANAGER]
        assert membership(ours, alice).roles == [Role.ADMINISTRATOR]
        subjects = [str(message.subject) for message in post.run() if message.to == [bob.email]]
        assert subjects == ["Your roles in Fjordbud AS changed", "Alice Test wants to leave Fjordbud AS"]
        # Now he can do what she cannot do herself.
        people.delete_person(actor=actor_of(bob), user=alice)
        alice.refresh_from_db()
        assert alice.state == State.DELETED

    def test_the_last_administrator_cannot_simply_go(self, alice: User, bob: User, ours: House, nora: User) -> None:
        with pytest.raises(Conflict) as refusal:
            people.delete_person(actor=actor_of(nora), user=alice)
        assert refusal.value.code == "last_administrator"

    @pytest.mark.parametrize("state", [State.BLOCKED, State.LOCKED, State.INVITED])
    def test_nobody_who_cannot_sign_in(self, state: State, alice: User, bob: User, ours: House) -> None:
        User.objects.filter(pk=bob.pk).update(state=state)
        with pytest.raises(Conflict):
            hand_over(actor=actor_of(alice), to=membership(ours, bob), leave=True)

    def test_nobody_else_hands_over(
        self, alice: User, bob: User, dora: User, charlie: User, nora: User, ours: House, signed_in: SignIn
    ) -> None:
        for stranger in (bob, dora, charlie, nora):
            with pytest.raises((NotAllowed, Conflict)):
                hand_over(actor=actor_of(stranger), to=membership(ours, dora), leave=False)
        assert signed_in(bob).get("/account/hand-over/").status_code == 403
        with pytest.raises(Conflict):
            hand_over(actor=actor_of(alice), to=membership(ours, alice), leave=True)
        answer = signed_in(charlie).post("/account/hand-over/", {"to": membership(ours, dora).pk})
        assert answer.status_code == 422
        assert membership(ours, dora).roles == [Role.DRIVER]

    def test_the_profile_says_whom_to_ask(self, alice: User, dora: User, signed_in: SignIn) -> None:
        shown = page(signed_in(dora).get("/account/"))
        assert "Nobody leaves an organisation on their own" in shown
        assert 'href="/account/delete/"' in shown
        assert "/account/hand-over/" not in shown
        assert "/account/hand-over/" in page(signed_in(alice).get("/account/"))


class TestTheBin:
    def test_it_leads_to_the_page_that_names_what_happens(
        self, alice: User, dora: User, bob: User, ours: House, theirs: House, signed_in: SignIn
    ) -> None:
        companies.add_member(actor=SYSTEM, company=theirs.company, user=bob, roles=[Role.DRIVER])
        client = signed_in(alice)
        listed = page(client.get("/people/"))
        assert re.findall(r'href="(/people/\d+/out/)"', listed) == [f"/people/{pk.pk}/out/" for pk in (bob, dora)]
        assert f"/people/{dora.pk}/out/" in page(client.get(f"/people/{dora.pk}/"))
        assert client.get(f"/people/{dora.pk}/out/")["Location"] == f"/people/{dora.pk}/delete/"
        removal = f"/people/{bob.pk}/remove/{membership(ours, bob).pk}/"
        assert client.get(f"/people/{bob.pk}/out/")["Location"] == removal
        assert client.get(f"/people/{alice.pk}/out/").status_code == 403

    def test_others_have_none(self, bob: User, dora: User, charlie: User, signed_in: SignIn) -> None:
        client = signed_in(bob)
        assert "/out/" not in page(client.get("/people/"))
        assert client.get(f"/people/{dora.pk}/out/").status_code == 403
        assert signed_in(charlie).get(f"/people/{dora.pk}/out/").status_code == 404

    def test_whoever_was_taken_out_or_deleted_is_told(
        self, alice: User, dora: User, bob: User, theirs: House, ours: House, post: PostOffice
    ) -> None:
        companies.add_member(actor=SYSTEM, company=theirs.company, user=bob, roles=[Role.DRIVER])
        people.remove_member(actor=actor_of(alice), membership=membership(ours, bob))
        people.delete_person(actor=actor_of(alice), user=dora)
        assert set(told(post)) == {"bob@example.com", "dora@example.com"}


class TestTheStep:
    def steps(self, user: User, house: House) -> list[hooks.Step]:
        with company_scope(house.scope):
            company = Company.objects.select_related("company").get()
            return [step for step in hooks.next_steps(actor_of(user), company) if step.order == ORDER]

    def test_it_waits_for_the_dealer_and_says_so(self, alice: User, ours: House) -> None:
        """VE-01."""
        with company_scope(ours.scope):
            Company.objects.update(verification=Verification.UNVERIFIED)
        (step,) = self.steps(alice, ours)
        assert (step.url, step.is_done) == ("", False)
        assert "not verified yet" in step.text

    def test_it_leads_to_the_invitation_and_is_done_by_the_first(self, alice: User, ours: House) -> None:
        (step,) = self.steps(alice, ours)
        assert (step.url, step.is_done) == ("/people/invite/", False)
        person("bob", ours, Role.DRIVER)
        assert self.steps(alice, ours)[0].is_done

    def test_it_is_for_those_who_invite(self, alice: User, bob: User, ours: House) -> None:
        assert self.steps(bob, ours) == []
