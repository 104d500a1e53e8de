"""CO-05: invited people come in, by mail or by SMS, as themselves or as somebody new."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.companies.models import Role
from kolonne.portal.companies.queries.invitations import invitation_by
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
    roles_of,
    token_of,
)
from kolonne.portal.conftest import House
from kolonne.portal.identity import limits
from kolonne.portal.identity.models import PrivateProfile, State, User
from kolonne.portal.identity.tests.post import PostOffice

__all__ = ["post"]

pytestmark = pytest.mark.django_db


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

    def test_nobody_asks_at_the_link_which_user_ids_there_are(
        self, alice: User, ours: House, post: PostOffice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(limits.LIMITS, "user_id_try", "1/h/key")
        invite(alice, ours)
        path = path_of(post)
        for words in ("is taken", "often enough"):
            assert words in page(Client().post(path, newcomer("alice")))

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
