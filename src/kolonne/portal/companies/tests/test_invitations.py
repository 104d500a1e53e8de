"""CO-05, VE-01: who asks whom into a company, by mail or SMS, and what is kept of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions import invitations as actions
from kolonne.portal.companies.actions import joining
from kolonne.portal.companies.actions.invitations import Invitee
from kolonne.portal.companies.models import Channel, Company, Invitation, Role, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.invitations import digest_of, list_waiting
from kolonne.portal.companies.tests.invited import (
    IDA,
    MOBILE,
    OWN,
    SignIn,
    invite,
    newcomer,
    page,
    path_of,
    post,
    token_of,
)
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity import limits
from kolonne.portal.identity.actions import PersonData
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope, user_scope

__all__ = ["post"]

pytestmark = pytest.mark.django_db


class TestInviting:
    def test_only_administrators(self, bob: User, dora: User, charlie: User, nora: User, ours: House) -> None:
        for stranger in (bob, dora, charlie):
            with pytest.raises(NotAllowed):
                invite(stranger, ours)
        assert invite(nora, ours).company_id == ours.company.pk

    def test_not_before_a_dealer_verified_the_company(self, alice: User, ours: House, signed_in: SignIn) -> None:
        """VE-01: the page says why and what to do; a forged form does not help."""
        invitation = invite(alice, ours)
        with company_scope(ours.scope):
            Company.objects.update(verification=Verification.UNVERIFIED)
        client = signed_in(alice)
        for address in ("/people/", "/people/invite/"):
            assert "waits for a dealer" in page(client.get(address))
        client.post("/people/invite/", {"address": "x@example.com", "roles": "driver", "language": "en"})
        client.post(f"/people/invitations/{invitation.pk}/resend/")
        with company_scope(ours.scope):
            assert Invitation.objects.count() == 1
            ours.company.refresh_from_db()
        with pytest.raises(Conflict, match="verified"):
            invite(alice, ours, "x@example.com")

    def test_not_while_the_company_is_deleted(self, alice: User, ours: House) -> None:
        """By nobody: its own administrators have no right to it any more."""
        Tenant.objects.filter(pk=ours.company.pk).update(leaving_since=timezone.now())
        with company_scope(ours.scope):
            company = Company.objects.select_related("company").get()
        invitee = Invitee(Channel.MAIL, IDA)
        with pytest.raises(Conflict, match="deleted"):
            actions.invite(actor=SYSTEM, company=company, invitee=invitee, roles=[Role.DRIVER])
        with pytest.raises(NotAllowed):
            actions.invite(actor=actor_of(alice), company=company, invitee=invitee, roles=[Role.DRIVER])

    def test_not_people_of_a_workshop(self, wanda: User, workshop: Company) -> None:
        with pytest.raises(Conflict):
            actions.invite(
                actor=actor_of(wanda), company=workshop, invitee=Invitee(Channel.MAIL, IDA), roles=[Role.ADMINISTRATOR]
            )

    def test_not_somebody_who_is_there_or_asked_already(self, alice: User, bob: User, ours: House) -> None:
        User.objects.filter(pk=bob.pk).update(mobile=MOBILE)
        for address in (bob.email.upper(), MOBILE):
            with pytest.raises(Conflict) as refusal:
                invite(alice, ours, address)
            assert refusal.value.code == "already_member"
        invite(alice, ours)
        with pytest.raises(Conflict) as refusal:
            invite(alice, ours, IDA.upper())
        assert refusal.value.code == "already_invited"

    def test_somebody_whose_invitation_is_too_old_can_be_asked_anew(self, alice: User, ours: House) -> None:
        invite(alice, ours)
        with company_scope(ours.scope):
            Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
        assert invite(alice, ours, IDA, Role.FLEET_MANAGER).roles == [Role.FLEET_MANAGER]

    def test_no_roles_of_other_kinds(self, alice: User, ours: House) -> None:
        for role in (Role.DEALER_EMPLOYEE, Role.MARKET_ADMINISTRATOR):
            with pytest.raises(Invalid):
                invite(alice, ours, IDA, role)

    def test_not_more_than_so_many_a_day(self, alice: User, ours: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(limits.LIMITS, "invitation", "3/d/key")
        for number in range(3):
            invite(alice, ours, f"ida{number}@example.com")
        with pytest.raises(Conflict) as refusal:
            invite(alice, ours)
        assert refusal.value.code == "too_many_invitations"

    def test_nobody_is_written_to_again_and_again(self, alice: User, ours: House) -> None:
        invitation = invite(alice, ours)
        for _ in range(4):
            actions.resend(actor=actor_of(alice), invitation=invitation)
        with pytest.raises(Conflict):
            actions.resend(actor=actor_of(alice), invitation=invitation)

    def test_fourteen_days(self, alice: User, ours: House) -> None:
        invitation = invite(alice, ours)
        assert invitation.expires_at - invitation.sent_at == timedelta(days=14)

    def test_the_token_has_128_bits_and_only_its_hash_is_kept(self, alice: User, ours: House, post: PostOffice) -> None:
        invitation = invite(alice, ours)
        token = token_of(path_of(post))
        assert len(token) == 22
        with company_scope(ours.scope):
            invitation.refresh_from_db()
        assert bytes(invitation.token_sha256) == digest_of(token)

    @given(text=st.text(max_size=80))
    def test_whatever_is_typed_is_an_address_or_a_number_or_refused(self, text: str) -> None:
        try:
            channel, address = actions.understood(text, "no")
        except Invalid:
            return
        assert (channel == Channel.MAIL) == ("@" in address)
        assert actions.understood(address, "de") == (channel, address)
        assert address == address.lower().strip()

    @given(email=st.emails())
    def test_one_mailbox_is_one_address(self, email: str) -> None:
        try:
            found = actions.understood(f"  {email.upper()} ", "no")
        except Invalid:  # e.g. a top-level domain of digits: refused, never mistaken for a number
            return
        assert found == actions.understood(email, "no") or email.lower() != email.upper().lower()


class TestPages:
    def test_the_page_invites_by_either(
        self, alice: User, ours: House, signed_in: SignIn, post: PostOffice, settings: Any
    ) -> None:
        client = signed_in(alice)
        for address in (IDA, "912 34 567"):
            fields = {"address": address, "roles": ["driver"], "language": "nb", "first_name": "Ida"}
            assert client.post("/people/invite/", fields)["Location"] == "/people/"
        shown = page(client.get("/people/"))
        assert IDA in shown
        assert "+47 91 23 45 67" in shown
        assert "Open until" in shown

    @pytest.mark.parametrize("address", ["nobody", "+47 22 22 22 22", "a@b", "bob@example.com"])
    def test_a_wrong_address_is_refused_beside_the_field(
        self, address: str, alice: User, bob: User, signed_in: SignIn
    ) -> None:
        fields = {"address": address, "roles": ["driver"], "language": "nb"}
        answer = signed_in(alice).post("/people/invite/", fields)
        assert answer.status_code == 422
        assert 'id="id_address_error"' in page(answer)

    def test_buttons_send_again_and_take_back(self, alice: User, ours: House, signed_in: SignIn) -> None:
        invitation, client = invite(alice, ours), signed_in(alice)
        sent = invitation.sent_at
        client.post(f"/people/invitations/{invitation.pk}/resend/")
        with company_scope(ours.scope):
            assert Invitation.objects.get().sent_at > sent
        client.post(f"/people/invitations/{invitation.pk}/revoke/")
        client.get("/people/")  # says so once
        assert IDA not in page(client.get("/people/"))

    def test_strangers_find_none(
        self, alice: User, bob: User, charlie: User, greta: User, ours: House, signed_in: SignIn
    ) -> None:
        invitation = invite(alice, ours)
        for stranger in (bob, charlie, greta):
            client = signed_in(stranger)
            assert IDA not in page(client.get("/people/"))
            for act in ("resend", "revoke"):
                assert client.post(f"/people/invitations/{invitation.pk}/{act}/").status_code == 404
        assert signed_in(bob).get("/people/invite/").status_code == 403

    def test_a_markets_administrator_chooses_the_company(
        self, nora: User, ours: House, theirs: House, signed_in: SignIn
    ) -> None:
        client = signed_in(nora)
        assert ours.company.name in page(client.get("/people/invite/"))
        address = f"/people/invite/?organisation={ours.company.pk}"
        client.post(address, {"address": IDA, "roles": ["driver"], "language": "nb"})
        with company_scope(ours.scope):
            assert Invitation.objects.get().address == IDA
        assert IDA in page(client.get(f"/people/?organisation={ours.company.pk}"))

    def test_people_of_fleet_companies_are_not_created(self, alice: User, ours: House, signed_in: SignIn) -> None:
        client = signed_in(alice)
        for answer in (client.get("/people/new/"), client.post("/people/new/", {"username": "eve"})):
            assert answer["Location"] == f"/people/invite/?organisation={ours.company.pk}"

    def test_the_list_needs_as_many_queries_for_sixty_invitations_as_for_three(
        self, alice: User, nora: User, ours: House, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(limits.LIMITS, "invitation", "100/d/key")
        found = []
        for number in range(60):
            invite(alice if number % 2 else nora, ours, f"ida{number}@example.com")
            if number in {2, 59}:
                with CaptureQueriesContext(connection) as queries:
                    page = list_waiting(ours.company, "1")
                found.append((len(queries), len(page), page.paginator.num_pages))
        assert found == [(found[0][0], 3, 1), (found[0][0], 20, 3)]


class TestWhatIsKept:
    def test_old_ones_are_deleted(self, alice: User, ours: House) -> None:
        invite(alice, ours)
        revoked = invite(alice, ours, "x@example.com")
        actions.revoke(actor=actor_of(alice), invitation=revoked)
        assert actions.forget_old(now=timezone.now() + timedelta(days=29)) == 0
        assert actions.forget_old(now=timezone.now() + timedelta(days=31)) == 1
        assert actions.forget_old(now=timezone.now() + timedelta(days=45)) == 1

    def test_an_erased_person_is_in_none(
        self, alice: User, bob: User, ours: House, theirs: House, charlie: User
    ) -> None:
        """CO-11: neither as sender nor as receiver."""
        invite(charlie, theirs, bob.email)
        invite(alice, ours)
        actions.forget_person(SYSTEM, bob)
        with company_scope(theirs.scope):
            assert not Invitation.objects.exists()
        actions.forget_person(SYSTEM, alice)
        with company_scope(ours.scope):
            assert not Invitation.objects.exists()

    def test_the_audit_names_roles_and_no_address(self, alice: User, ours: House, post: PostOffice) -> None:
        invite(alice, ours)
        Client().post(path_of(post), newcomer())
        with company_scope(ours.scope):
            entries = Entry.objects.filter(company_id=ours.company.pk, verb__startswith="companies.invitation.")
            assert [entry.verb.rpartition(".")[2] for entry in entries.order_by("pk")] == ["sent", "accepted"]
            assert IDA not in str([entry.facts for entry in entries])

    def test_joining_needs_the_token_and_not_a_number(self, ours: House) -> None:
        with pytest.raises(NotFound):
            joining.join_as_newcomer(actor=Actor(label="x"), token="1", person=PersonData("ida", IDA), password=OWN)
        with user_scope(0):
            assert not User.objects.filter(username="ida").exists()
