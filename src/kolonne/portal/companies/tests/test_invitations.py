"""CO-05, VE-01: people are asked into a company by mail or SMS; what a link opens, and when it opens nothing."""

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions import invitations as actions
from kolonne.portal.companies.actions import joining
from kolonne.portal.companies.actions.invitations import Invitee
from kolonne.portal.companies.models import Channel, Company, Invitation, Membership, Role, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.invitations import digest_of, invitation_by, list_waiting
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import limits
from kolonne.portal.identity.actions import PersonData
from kolonne.portal.identity.models import PrivateProfile, State, User, Verification
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope, user_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
OWN = "quiet otter under blue gravel"
IDA = "ida@example.com"
MOBILE = "+4791234567"


@pytest.fixture(autouse=True)
def post(db: None, settings: Any, tmp_path: Path) -> PostOffice:
    cache.clear()
    settings.SMS_FOLDER = tmp_path / "sms"
    return PostOffice()


def invite(by: User, house: House, address: str = IDA, *roles: Role, **names: str) -> Invitation:
    invitee = Invitee(Channel.MAIL, address, **names)
    return actions.invite(actor=actor_of(by), company=house.company, invitee=invitee, roles=roles or [Role.DRIVER])


def path_of(post: PostOffice, settings: Any = None) -> str:
    """Of the newest link, however it was sent."""
    mails = post.run()
    folder = Path(settings.SMS_FOLDER) if settings else None
    texts = [str(one.body) for one in mails]
    if folder and folder.is_dir():
        newest = max(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        texts.append(json.loads(newest.read_text())["text"])
    found = re.findall(r"(/join/[\w-]+/)", " ".join(texts))
    return str(found[-1])


def token_of(path: str) -> str:
    return path.split("/")[2]


def newcomer(username: str = "ida", **fields: str) -> dict[str, str]:
    return {
        "first_name": "Ida", "last_name": "Berg", "username": username, "password1": OWN, "password2": OWN,
        "language": "nb", **fields,
    }  # fmt: skip


def roles_of(user: User, house: House) -> list[str]:
    with company_scope(house.scope):
        return list(Membership.objects.filter(user=user).values_list("roles", flat=True).first() or [])


def page(answer: Any) -> str:
    return str(answer.content.decode())


class TestByMail:
    def test_somebody_new_gets_an_identity_and_the_roles(self, alice: User, ours: House, post: PostOffice) -> None:
        invite(alice, ours, " Ida@Example.com ", Role.DRIVER, Role.FLEET_MANAGER, first_name="Ida", last_name="Berg")
        path = path_of(post)
        client = Client()
        shown = page(client.get(path))
        for word in ("Alice Test", ours.company.name, "Driver", "ida.berg", IDA):
            assert word in shown
        assert client.post(path, newcomer())["Location"] == "/accounts/invitation-accepted/"
        ida = User.objects.get(username="ida")
        assert (ida.state, ida.email, ida.language, ida.market_id) == (State.ACTIVE, IDA, "nb", "no")
        assert roles_of(ida, ours) == [Role.DRIVER, Role.FLEET_MANAGER]
        assert "_auth_user_id" not in client.session
        client.post("/accounts/login/", {"login": IDA, "password": OWN})
        assert client.session["_auth_user_id"] == str(ida.pk)
        assert "Ida Berg accepted your invitation" in [message.subject for message in post.run()]

    def test_opening_it_accepts_nothing(self, alice: User, ours: House, post: PostOffice) -> None:
        invite(alice, ours)
        path = path_of(post)
        for _ in range(3):
            answer = Client().get(path)
            assert answer.status_code == 200
            assert answer["Referrer-Policy"] == "strict-origin"
        assert invitation_by(token_of(path)).standing == "open"  # type: ignore[union-attr]

    def test_somebody_who_has_an_identity_signs_in_and_accepts(
        self, alice: User, ours: House, charlie: User, post: PostOffice, signed_in: SignIn
    ) -> None:
        invite(alice, ours, charlie.email)
        path = path_of(post)
        asked = page(Client().get(path))
        assert f"/accounts/login/?next={path}" in asked
        assert "password1" not in asked
        client = signed_in(charlie)
        assert "Accept as Charlie Test" in page(client.get(path))
        client.post(path)
        assert roles_of(charlie, ours) == [Role.DRIVER]
        assert client.session["company"] == ours.company.pk

    def test_whoever_is_signed_in_as_somebody_else_is_told(
        self, alice: User, ours: House, sam: User, post: PostOffice, signed_in: SignIn
    ) -> None:
        invite(alice, ours)
        shown = page(signed_in(sam).get(path_of(post)))
        assert "was sent to ida@example.com" in shown
        assert "signed in as Sam Test" in shown

    def test_a_private_account_comes_in_and_stays_private(
        self, alice: User, ours: House, sam: User, post: PostOffice, signed_in: SignIn
    ) -> None:
        """ID-03."""
        PrivateProfile.objects.create(user=sam, name="Sam at home")
        invite(alice, ours, sam.email)
        signed_in(sam).post(path_of(post))
        assert roles_of(sam, ours) == [Role.DRIVER]
        assert PrivateProfile.objects.get(user=sam).name == "Sam at home"

    def test_a_new_administrator_is_led_to_the_second_factor(
        self, alice: User, ours: House, sam: User, post: PostOffice
    ) -> None:
        """ID-10."""
        invite(alice, ours, sam.email, Role.ADMINISTRATOR)
        client = Client()
        client.force_login(sam, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.post(path_of(post))
        assert client.get("/account/")["Location"] == "/accounts/2fa/"

    def test_a_weak_password_or_a_taken_user_id_is_refused_and_the_link_stays_good(
        self, alice: User, ours: House, post: PostOffice
    ) -> None:
        invite(alice, ours)
        path = path_of(post)
        assert "k-error" in page(Client().post(path, newcomer(password1="short", password2="short")))
        assert "k-error" in page(Client().post(path, newcomer("alice")))
        assert "k-error" in page(Client().post(path, newcomer("a@b")))
        assert Client().post(path, newcomer()).status_code == 302


class TestBySms:
    def way(self, alice: User, ours: House, post: PostOffice, settings: Any) -> tuple[Client, str]:
        invite(alice, ours, "912 34 567")
        return Client(), path_of(post, settings)

    def code(self, post: PostOffice) -> str:
        (message,) = post.run()
        found = re.search(r"\d{4} \d{4}", str(message.body))
        assert found
        return found[0]

    def test_an_address_is_shown_to_be_ones_own_before_anything_else(
        self, alice: User, ours: House, post: PostOffice, settings: Any
    ) -> None:
        client, path = self.way(alice, ours, post, settings)
        assert "password1" not in page(client.get(path))
        client.post(path, newcomer(email="not a mail"))
        client.post(path, {"email": IDA})
        assert not User.objects.filter(username="ida").exists()
        assert "k-error" in page(client.post(path, {"code": "0000 0000"}))
        client.post(path, newcomer())  # not yet
        assert not User.objects.filter(username="ida").exists()
        client.post(path, {"email": IDA})
        assert client.post(path, {"code": self.codes(post)[-1]}).status_code == 302
        assert "password1" in page(client.get(path))
        assert client.post(path, newcomer(email="other@example.com")).status_code == 302
        ida = User.objects.get(username="ida")
        assert (ida.email, ida.mobile, roles_of(ida, ours)) == (IDA, MOBILE, [Role.DRIVER])

    def codes(self, post: PostOffice) -> list[str]:
        return re.findall(r"\d{4} \d{4}", " ".join(str(message.body) for message in post.run()))

    def test_the_message_is_one_sms_in_the_persons_language(
        self, alice: User, ours: House, post: PostOffice, settings: Any
    ) -> None:
        invite(alice, ours, MOBILE, language="en")
        path = path_of(post, settings)
        (file,) = Path(settings.SMS_FOLDER).iterdir()
        sent = json.loads(file.read_text())
        assert sent["to"] == MOBILE
        assert path in sent["text"]
        assert "Alice Test invites you to Fjordbud AS" in sent["text"]
        assert token_of(path) not in file.name
        assert not mail.outbox

    def test_a_name_is_no_address_that_a_telephone_opens(
        self, alice: User, ours: House, post: PostOffice, settings: Any
    ) -> None:
        alice.first_name = "Open evil.example/now or"
        alice.save(update_fields=["first_name"])
        invite(alice, ours, MOBILE, language="en")
        path_of(post, settings)
        (file,) = Path(settings.SMS_FOLDER).iterdir()
        assert "Open evil. example now or Test invites you" in json.loads(file.read_text())["text"]

    def test_a_code_counts_for_one_invitation_and_five_tries(
        self, alice: User, ours: House, post: PostOffice, settings: Any
    ) -> None:
        client, path = self.way(alice, ours, post, settings)
        client.post(path, {"email": IDA})
        code = self.code(post)
        for _ in range(5):
            client.post(path, {"code": "00000000"})
        assert "Five tries were wrong" in page(client.post(path, {"code": code}))
        for number in range(4):
            client.post(path, {"email": f"ida{number}@example.com"})
        assert "Five codes were sent" in page(client.post(path, {"email": IDA}))
        assert "Five codes" not in page(client.get(f"{path}?again=1"))

    def test_an_old_code_counts_no_more(
        self, alice: User, ours: House, post: PostOffice, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client, path = self.way(alice, ours, post, settings)
        client.post(path, {"email": IDA})
        code, now = self.code(post), time.time()
        monkeypatch.setattr("kolonne.portal.companies.views.joining.time.time", lambda: now + 700)
        assert "too old" in page(client.post(path, {"code": code}))

    def test_whoever_types_an_address_of_somebody_learns_nothing_without_his_mailbox(
        self, alice: User, ours: House, charlie: User, post: PostOffice, settings: Any
    ) -> None:
        client, path = self.way(alice, ours, post, settings)
        known = client.post(path, {"email": charlie.email})
        code = self.code(post)
        asked = page(client.get(path))
        unknown = Client()
        assert unknown.post(path, {"email": IDA}).status_code == known.status_code
        assert asked.replace(charlie.email, IDA).count("k-field") == page(unknown.get(path)).count("k-field")
        client.post(path, {"code": code})
        assert "Sign in with it" in page(client.get(path))
        client.post(path, {"restart": "1"})
        assert "Sign in with it" not in page(client.get(path))

    def test_jobs_hold_neither_number_nor_link(self, alice: User, ours: House) -> None:
        invite(alice, ours, MOBILE)
        (job,) = ProcrastinateJob.objects.filter(task_name="companies.send_invitation")
        assert list(job.args) == ["sealed"]
        assert "91234567" not in str(job.args)


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
