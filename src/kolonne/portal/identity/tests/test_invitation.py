"""B2-02, ID-01: invited people come in by the link in their mail, once, and by nothing else."""

import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity import actions, links
from kolonne.portal.identity.actions import invitations
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests.post import PostOffice, path_in
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
OWN = "quiet otter under blue gravel"
ALICE = Actor(label="Alice Test")


@pytest.fixture
def post(db: None) -> PostOffice:
    cache.clear()
    return PostOffice()


def invite(ours: House, username: str = "ida") -> User:
    data = actions.PersonData(username, f"{username}@example.com", first_name=username.title(), language="de")
    about = {"company_id": ours.company.pk, "organisation": ours.company.name}
    with company_scope(ours.scope):
        return invitations.invite(actor=ALICE, person=data, market="no", **about)


def link(post: PostOffice) -> str:
    return path_in(post.run()[-1])


def accept(path: str, password: str = OWN, language: str = "nb") -> str:
    answer = Client().post(path, {"password1": password, "password2": password, "language": language})
    return answer["Location"] if answer.status_code == 302 else answer.content.decode()


def test_the_whole_way(ours: House, post: PostOffice) -> None:
    user = invite(ours)
    assert user.state == State.INVITED
    (message,) = post.run()
    assert message.to == ["ida@example.com"]
    assert "ida" in str(message.body)
    page = Client().get(path_in(message)).content.decode()
    for word in ("Alice Test", ours.company.name, "ida@example.com"):
        assert word in page
    assert accept(path_in(message)) == "/accounts/invitation-accepted/"
    user.refresh_from_db()
    assert (user.state, user.language, user.check_password(OWN)) == (State.ACTIVE, "nb", True)
    assert EmailAddress.objects.get(user=user).verified
    with company_scope(ours.scope):
        accepted = Entry.objects.get(verb="identity.invitation.accepted", company_id=ours.company.pk)
    assert accepted.target == f"identity.user:{user.pk}"
    client = Client()
    client.post("/accounts/login/", {"login": "ida@example.com", "password": OWN})
    assert client.session["_auth_user_id"] == str(user.pk)


def test_accepting_signs_nobody_in(ours: House, post: PostOffice) -> None:
    invite(ours)
    client = Client()
    client.post(link(post), {"password1": OWN, "password2": OWN, "language": "nb"})
    assert "_auth_user_id" not in client.session


def test_opening_it_accepts_nothing(ours: House, post: PostOffice) -> None:
    user = invite(ours)
    path = link(post)
    for _ in range(3):
        answer = Client().get(path)
    assert answer["Referrer-Policy"] == "strict-origin"
    user.refresh_from_db()
    assert user.state == State.INVITED


def test_it_works_once(ours: House, post: PostOffice) -> None:
    invite(ours)
    path = link(post)
    accept(path)
    assert "used already" in accept(path, "another password of some length")
    assert Client().get(path).status_code == 410
    assert User.objects.get(username="ida").check_password(OWN)


def test_altered_and_swapped_invitations_are_refused(ours: House, post: PostOffice) -> None:
    ida, eve = invite(ours), invite(ours, "eve")
    mine, hers = (path_in(message) for message in post.run())
    start = len("/accounts/invitation/")
    mixed = mine.replace(mine[start:].split(".")[0], hers[start:].split(".")[0])
    for path in (mixed, mine[:-3] + "/", f"/accounts/invitation/{links.make('password_reset', ida)}/"):
        assert Client().get(path).status_code == 404
        assert "not complete" in accept(path)
    assert set(User.objects.filter(pk__in=[ida.pk, eve.pk]).values_list("state", flat=True)) == {State.INVITED}


def test_an_old_one_says_whom_to_ask(ours: House, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    invite(ours)
    path = link(post)
    later = time.time() + timedelta(days=14, seconds=1).total_seconds()
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert "Ask whoever invited you" in accept(path)


def test_it_can_be_sent_again_until_it_is_accepted(ours: House, post: PostOffice) -> None:
    user = invite(ours)
    post.run()
    with company_scope(ours.scope):
        invitations.resend(actor=ALICE, user=user, company_id=ours.company.pk, organisation=ours.company.name)
    accept(link(post))
    user.refresh_from_db()
    with pytest.raises(Conflict):
        invitations.resend(actor=ALICE, user=user, company_id=ours.company.pk)


def test_a_weak_password_is_refused_and_the_invitation_stays_good(ours: House, post: PostOffice) -> None:
    invite(ours)
    path = link(post)
    assert "k-error" in accept(path, "short")
    assert "k-error" in accept(path, language="xx")
    assert accept(path) == "/accounts/invitation-accepted/"


def test_somebody_blocked_meanwhile_comes_in_no_more(ours: House, post: PostOffice) -> None:
    user = invite(ours)
    path = link(post)
    actions.move(actor=SYSTEM, user=user, to=State.BLOCKED, verb="identity.user.blocked")
    assert "used already" in accept(path)


def test_the_mail_speaks_the_invited_persons_language(ours: House, post: PostOffice) -> None:
    invite(ours)
    (message,) = post.run()
    assert message.extra_headers["Content-Language"] == "de"
