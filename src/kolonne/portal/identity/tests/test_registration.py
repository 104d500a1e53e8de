"""CO-01, ID-03: somebody new gets a Kolonne ID to register a company with, and nobody learns who has one already."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.identity import limits
from kolonne.portal.identity.actions import registration
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests.post import PostOffice, path_in
from kolonne.portal.identity.tests.solving import solved
from kolonne.portal.lib import sealing

pytestmark = pytest.mark.django_db
PASSWORD = "seven quiet herons on a pier"


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def post(db: None) -> PostOffice:
    return PostOffice()


def asks(**changes: str) -> Any:
    facts = {
        "first_name": "Ingrid", "last_name": "Moen", "birth_date": "1984-05-17", "email": "Ingrid@nyby.example",
        "mobile": "912 34 567", "user_id": "ingrid.moen", "language": "nb", "challenge": solved(),
    } | changes  # fmt: skip
    return Client().post("/register/", facts)


def chooses(path: str, client: Client | None = None, **changes: str) -> Any:
    facts = {"user_id": "ingrid.moen", "password1": PASSWORD, "password2": PASSWORD} | changes
    return (client or Client()).post(path, facts)


def ingrid() -> User:
    return User.objects.get(username="ingrid.moen")


def test_the_link_in_the_mail_makes_the_account_and_leads_to_the_company(post: PostOffice) -> None:
    assert asks().url == "/register/sent/"
    assert not User.objects.filter(username="ingrid.moen").exists()
    (mail,) = post.run()
    assert mail.to == ["ingrid@nyby.example"]
    assert not {"Ingrid ", "Moen", "1984"} & set(str(mail.body).split())
    client = Client()
    page = client.get(path_in(mail))
    assert "Ingrid Moen" in page.content.decode()
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert chooses(path_in(mail), client).url == "/register/company/"
    user = ingrid()
    assert (user.state, user.market_id, user.birth_date, user.mobile) == (
        State.ACTIVE, "no", date(1984, 5, 17), "+4791234567",
    )  # fmt: skip
    assert EmailAddress.objects.get(user=user).verified
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_known_address_gets_the_same_answer_and_another_mail(post: PostOffice, alice: User) -> None:
    fresh, known = asks(), asks(email=alice.email, user_id="alice.two")
    assert (fresh.status_code, fresh.url) == (known.status_code, known.url)
    mails = {mail.to[0]: mail for mail in post.run()}
    assert "/register/confirm/" in mails["ingrid@nyby.example"].body
    assert "/register/confirm/" not in mails[alice.email].body
    assert "/accounts/login/?next=/register/company/" in mails[alice.email].body


def test_both_answers_leave_the_same_job_behind(post: PostOffice, alice: User) -> None:
    asks()
    asks(email=alice.email, user_id="alice.two")
    jobs = post.queued()
    assert [job.task_name for job in jobs] == ["identity.answer_registration"] * 2
    assert not any("@" in str(job.args) or "Ingrid" in str(job.args) for job in jobs)


def test_a_link_opens_once(post: PostOffice) -> None:
    asks()
    path = path_in(post.run()[0])
    chooses(path)
    again = chooses(path, user_id="ingrid.two")
    assert again.status_code == 410
    assert "by now" in again.content.decode()
    assert User.objects.filter(email="ingrid@nyby.example").count() == 1


def test_of_two_links_for_one_mailbox_the_second_makes_no_second_person(post: PostOffice) -> None:
    asks()
    asks(user_id="ingrid.two")
    first, second = (path_in(mail) for mail in post.run())
    assert chooses(first).status_code == 302
    assert chooses(second, user_id="ingrid.two").status_code == 410


@pytest.mark.parametrize("token", ["x", "gAAAAABn", "x" * 3000, "%00", "ø"])
def test_an_altered_link_opens_nothing(token: str) -> None:
    assert Client().get(f"/register/confirm/{token}/").status_code == 404


def test_what_was_sealed_for_something_else_is_no_link() -> None:
    token = sealing.seal('["another", 1, {}]')
    assert Client().get(f"/register/confirm/{token}/").status_code == 404


def test_an_old_link_says_so(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    asks()
    path = path_in(post.run()[0])
    monkeypatch.setattr(registration, "LIFETIME", timedelta(seconds=-1))
    assert Client().get(path).status_code == 410


def test_a_user_id_that_was_taken_meanwhile_can_be_changed_at_the_link(post: PostOffice) -> None:
    asks()
    asks(email="other@nyby.example")
    first, second = (path_in(mail) for mail in post.run())
    chooses(first)
    refused = chooses(second)
    assert "is taken" in refused.content.decode()
    assert chooses(second, user_id="ingrid.2").status_code == 302


def test_nobody_asks_at_the_link_which_user_ids_there_are(
    post: PostOffice, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "user_id_try", "2/h/key")
    asks()
    (mail,) = post.run()
    for _number in range(2):
        assert "is taken" in chooses(path_in(mail), user_id="alice").content.decode()
    for user_id in ("alice", "ingrid.moen"):
        assert "often enough" in chooses(path_in(mail), user_id=user_id).content.decode()


def test_a_taken_user_id_is_said_before_any_mail(post: PostOffice, alice: User) -> None:
    assert "is taken" in asks(user_id="ALICE").content.decode()
    assert post.run() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date", str(timezone.localdate().year) + "-01-01"),
        ("birth_date", "1790-01-01"),
        ("birth_date", "31 February"),
        ("mobile", "12345"),
        ("mobile", "+47 22 00 00 00"),
        ("first_name", "https://win.example/now"),
        ("last_name", "\u202eneoM"),
        ("last_name", "123"),
        ("email", "ingrid"),
        ("user_id", "a@b"),
        ("challenge", ""),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_sent(post: PostOffice, field: str, value: str) -> None:
    page = asks(**{field: value})
    assert page.status_code == 200
    assert list(page.context["form"].errors) == [field]
    assert post.run() == []


def test_a_weak_password_or_one_with_the_own_name_is_refused(post: PostOffice) -> None:
    asks()
    path = path_in(post.run()[0])
    assert chooses(path, password1="short", password2="short").status_code == 200
    assert chooses(path, password1="ingrid.moen ingrid", password2="ingrid.moen ingrid").status_code == 200
    assert not User.objects.filter(username="ingrid.moen").exists()


def test_one_mailbox_gets_few_mails(post: PostOffice) -> None:
    for _ in range(7):
        asks()
    assert len(post.run()) == 5


def test_one_address_on_the_network_asks_only_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "register_page", "1/h/key")
    assert asks().status_code == 302
    assert asks(email="x@nyby.example").status_code == 429


def test_whoever_is_signed_in_goes_straight_to_the_company(client: Client, sam: User) -> None:
    client.force_login(sam, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/register/")["Location"] == "/register/company/"


def test_somebody_else_who_is_signed_in_there_is_signed_out(client: Client, post: PostOffice, sam: User) -> None:
    asks()
    client.force_login(sam, backend="allauth.account.auth_backends.AuthenticationBackend")
    chooses(path_in(post.run()[0]), client)
    assert client.session["_auth_user_id"] == str(ingrid().pk)


def test_the_door_shows_the_way(client: Client) -> None:
    assert 'href="/register/"' in client.get("/accounts/login/").content.decode()
