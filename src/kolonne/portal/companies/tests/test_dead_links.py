"""CO-05, SU-02: what opens nothing: altered, used, old and foreign links, and the wrong people."""

from typing import Any

import pytest
from django.db import transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.utils import timezone

from kolonne.portal.companies.actions import invitations as actions
from kolonne.portal.companies.actions import joining
from kolonne.portal.companies.models import Invitation, Membership, Role, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.invitations import invitation_by
from kolonne.portal.companies.tests.invited import (
    IDA,
    SignIn,
    invite,
    newcomer,
    page,
    path_of,
    post,
    roles_of,
    token_of,
)
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope

__all__ = ["post"]

pytestmark = pytest.mark.django_db


class TestLinksThatOpenNothing:
    @pytest.fixture
    def path(self, alice: User, ours: House, post: PostOffice) -> str:
        invite(alice, ours)
        return path_of(post)

    def refused(self, path: str, words: str, status: int = 410) -> None:
        for answer in (Client().get(path), Client().post(path, newcomer("late"))):
            assert answer.status_code == status
            assert words in page(answer)
        assert not User.objects.filter(username="late").exists()

    def test_altered(self, path: str) -> None:
        self.refused(path[:-2] + ("A/" if path[-2] != "A" else "B/"), "opens nothing", 404)
        for odd in ("%00", "x" * 5000, "Ø", "..%2F"):
            assert Client().get(f"/join/{odd}/").status_code == 404

    def test_used_twice(self, path: str) -> None:
        assert Client().post(path, newcomer()).status_code == 302
        self.refused(path, "used already")

    def test_expired(self, path: str, ours: House) -> None:
        with company_scope(ours.scope):
            Invitation.objects.update(expires_at=timezone.now())
        self.refused(path, "too old")

    def test_taken_back(self, path: str, alice: User, ours: House) -> None:
        with company_scope(ours.scope):
            invitation = Invitation.objects.get()
        actions.revoke(actor=actor_of(alice), invitation=invitation)
        self.refused(path, "taken back")
        with pytest.raises(Conflict):
            actions.revoke(actor=actor_of(alice), invitation=invitation)
        with pytest.raises(Conflict):
            actions.resend(actor=actor_of(alice), invitation=invitation)

    def test_sent_again_only_the_newest_link_opens(self, path: str, alice: User, ours: House, post: PostOffice) -> None:
        with company_scope(ours.scope):
            invitation = Invitation.objects.get()
        actions.resend(actor=actor_of(alice), invitation=invitation)
        newest = path_of(post)
        self.refused(path, "newer invitation has replaced it", 404)
        assert Client().post(newest, newcomer()).status_code == 302

    @pytest.mark.parametrize("field", ["leaving_since", "closed_at"])
    def test_a_company_that_leaves(self, field: str, path: str, ours: House) -> None:
        Tenant.objects.filter(pk=ours.company.pk).update(**{field: timezone.now()})
        self.refused(path, "leaving Kolonne")

    @pytest.mark.parametrize("state", [State.BLOCKED, State.LOCKED, State.DELETED])
    def test_whoever_invited_is_locked_out(self, state: State, path: str, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(state=state)
        self.refused(path, "may not do so any more")

    def test_whoever_invited_is_administrator_no_more_until_another_sends_it_again(
        self, path: str, alice: User, ours: House, post: PostOffice
    ) -> None:
        anna = person("anna", ours, Role.ADMINISTRATOR)
        with company_scope(ours.scope):
            Membership.objects.filter(user=alice).update(roles=[Role.DRIVER])
            invitation = Invitation.objects.get()
        self.refused(path, "may not do so any more")
        actions.resend(actor=actor_of(anna), invitation=invitation)
        newest = path_of(post)
        assert "Anna Test invites you" in page(Client().get(newest))
        assert Client().post(newest, newcomer()).status_code == 302

    def test_nothing_is_sent_for_what_was_taken_back_before_the_job_ran(
        self, alice: User, ours: House, post: PostOffice
    ) -> None:
        actions.revoke(actor=actor_of(alice), invitation=invite(alice, ours))
        assert post.run() == []


class TestWhoCannotAccept:
    def test_whoever_sent_it(self, alice: User, ours: House, post: PostOffice, signed_in: SignIn) -> None:
        """CO-04: nobody gives a role to himself, by way of a second company neither."""
        invite(alice, ours)
        path = path_of(post)
        with company_scope(ours.scope):
            Membership.objects.filter(user=alice).update(roles=[Role.ADMINISTRATOR])
        for answer in (signed_in(alice).get(path), signed_in(alice).post(path)):
            assert "your own invitation" in page(answer)
        assert roles_of(alice, ours) == [Role.ADMINISTRATOR]

    def test_somebody_who_is_in_the_company(
        self, alice: User, bob: User, ours: House, post: PostOffice, signed_in: SignIn
    ) -> None:
        invite(alice, ours, IDA, Role.ADMINISTRATOR)
        path = path_of(post)
        for answer in (signed_in(bob).get(path), signed_in(bob).post(path)):
            assert answer.status_code == 409
            assert "in this company already" in page(answer)
        assert roles_of(bob, ours) == [Role.FLEET_MANAGER]
        assert Client().post(path, newcomer()).status_code == 302

    @pytest.mark.parametrize("state", [State.BLOCKED, State.LOCKED, State.DELETED, State.INVITED])
    def test_somebody_who_may_not_sign_in(
        self, state: State, alice: User, ours: House, sam: User, post: PostOffice
    ) -> None:
        invite(alice, ours)
        actor = actor_of(sam)
        User.objects.filter(pk=sam.pk).update(state=state)
        with pytest.raises(NotAllowed):
            joining.join(actor=actor, token=token_of(path_of(post)))
        assert roles_of(sam, ours) == []

    def test_a_helper_in_somebodys_name(self, alice: User, ours: House, sam: User, post: PostOffice) -> None:
        """SU-02."""
        invite(alice, ours)
        actor = Actor(label="Helper", user_id=sam.pk, acting_for=ActingFor(alice.pk, "Alice", 1))
        with pytest.raises(NotAllowed):
            joining.join(actor=actor, token=token_of(path_of(post)))

    def test_an_actor_who_is_nobody(self, alice: User, ours: House, post: PostOffice) -> None:
        invite(alice, ours)
        with pytest.raises(NotAllowed):
            joining.join(actor=SYSTEM, token=token_of(path_of(post)))


class TestNothingChangesIt:
    def test_what_is_posted_says_neither_company_nor_roles_nor_address(
        self, alice: User, ours: House, theirs: House, post: PostOffice
    ) -> None:
        invite(alice, ours)
        more = {
            "roles": "administrator", "role": "administrator", "company": str(theirs.company.pk),
            "address": "x@example.com", "email": "x@example.com",
            "company_id": str(theirs.company.pk), "organisation": str(theirs.company.pk),
            "market": "de", "state": "blocked", "invitation": "1",
        }  # fmt: skip
        Client().post(path_of(post) + "?organisation=1&roles=administrator", newcomer(**more))
        ida = User.objects.get(username="ida")
        assert (ida.email, ida.market_id, roles_of(ida, ours), roles_of(ida, theirs)) == (IDA, "no", ["driver"], [])

    def test_a_link_of_one_company_never_leads_to_another(
        self, alice: User, ours: House, charlie: User, theirs: House, post: PostOffice
    ) -> None:
        invite(alice, ours)
        first = path_of(post)
        invite(charlie, theirs, IDA, Role.ADMINISTRATOR)
        second = path_of(post)
        assert theirs.company.name not in page(Client().get(first))
        Client().post(first, newcomer())
        ida = User.objects.get(username="ida")
        assert (roles_of(ida, ours), roles_of(ida, theirs)) == ([Role.DRIVER], [])
        assert "Sign in with it" in page(Client().get(second))

    @pytest.mark.parametrize(
        "change",
        [{"company_id": 0}, {"roles": ["administrator"]}, {"address": "x@example.com"}, {"channel": "sms"},
         {"inviter": "x"}, {"language": "de"}, {"first_name": "x"}, {"created_at": timezone.now()}],
    )  # fmt: skip
    def test_the_database_refuses_to_change_whom_it_is_for(
        self, change: dict[str, Any], alice: User, ours: House, theirs: House
    ) -> None:
        invite(alice, ours)
        if "company_id" in change:
            change = {"company_id": theirs.company.pk}
        refused = pytest.raises(ProgrammingError, match="permission denied")
        with company_scope([*ours.scope, *theirs.scope]), refused, transaction.atomic():
            Invitation.objects.update(**change)

    def test_it_is_found_by_its_own_token_only(self, alice: User, ours: House) -> None:
        """NF-03: without the company's scope the table is empty."""
        invite(alice, ours)
        with company_scope([]):
            assert not Invitation.objects.exists()
        with company_scope(ours.scope):
            kept = bytes(Invitation.objects.get().token_sha256)
        assert invitation_by("x") is None
        assert len(kept) == 32
