"""ID-08: after a helper's reset nothing opens before there is a unique, shown address and an own password."""

import re
import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM, person
from kolonne.portal.identity import actions
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests import passkey
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.identity.tests.relying import relying_party
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db
OWN = "quiet otter under blue gravel"
EMAIL = "ida.new@fjordbud.example"
ADDRESS, CODE, PASSWORD = "/accounts/renewal/", "/accounts/renewal/code/", "/accounts/renewal/password/"


class Renewal:
    """A person whose sign-in was just reset, at a browser."""

    def __init__(self) -> None:
        cache.clear()
        self.user = person("ida")
        self.given = actions.reset_password(actor=SYSTEM, user=self.user)
        self.post = PostOffice()
        self.client = Client()

    def sign_in(self, login: str = "ida", password: str = "") -> HttpResponse:
        data = {"login": login, "password": password or self.given}
        return self.client.post("/accounts/login/", data)  # type: ignore[return-value]  # Django's test response is one

    def code(self, email: str = EMAIL) -> str:
        answer = self.client.post(ADDRESS, {"email": email})
        assert answer["Location"] == CODE, answer.content.decode()
        (message,) = self.post.run()
        assert message.to == [email]
        found = re.search(r"(\d{4}) (\d{4})", str(message.body))
        assert found
        return found[0]

    def enter(self, code: str) -> str:
        answer = self.client.post(CODE, {"code": code})
        return answer["Location"] if answer.status_code == 302 else answer.content.decode()

    def choose(self, password: str = OWN) -> str:
        answer = self.client.post(PASSWORD, {"password1": password, "password2": password})
        return answer["Location"] if answer.status_code == 302 else answer.content.decode()

    @property
    def is_in(self) -> bool:
        return "_auth_user_id" in self.client.session

    @property
    def is_unchanged(self) -> bool:
        user = User.objects.get(pk=self.user.pk)
        return user.renewal_until is not None and user.check_password(self.given) and user.email == self.user.email


@pytest.fixture
def ida() -> Renewal:
    return Renewal()


def test_the_whole_way(ida: Renewal) -> None:
    assert ida.sign_in()["Location"] == ADDRESS
    assert ida.enter(ida.code()) == PASSWORD
    assert ida.is_unchanged
    assert ida.choose() == "/"
    assert ida.is_in
    user = User.objects.get(pk=ida.user.pk)
    assert (user.email, user.renewal_until, user.check_password(OWN)) == (EMAIL, None, True)
    addresses = EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")
    assert list(addresses) == [(EMAIL, True, True)]
    told = ida.post.run()
    assert {message.to[0] for message in told} >= {EMAIL, ida.user.email}
    with user_scope(user.pk):
        assert Entry.objects.filter(target=f"identity.user:{user.pk}", verb="identity.user.renewed").exists()


def test_signing_in_by_the_old_address_ends_with_the_new_one_only(ida: Renewal) -> None:
    ida.sign_in(login=ida.user.email)
    ida.enter(ida.code())
    assert ida.choose() == "/"
    assert ida.is_in
    assert list(EmailAddress.objects.filter(user=ida.user).values_list("email", flat=True)) == [EMAIL]


INSIDE = (
    "/", "/account/", "/me/", "/accounts/2fa/", "/accounts/email/", "/accounts/password/change/",
    "/accounts/sessions/", "/accounts/reauthenticate/", "/account/export/", "/api/v1/live/snapshot",
)  # fmt: skip


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_no_step_opens_anything_else(ida: Renewal, step: int) -> None:
    ida.sign_in()
    code = ida.code() if step > 0 else ""
    if step > 1:
        ida.enter("00000000")
    if step > 2:
        ida.enter(code)
    for page in (*INSIDE, relying_party().start()):
        answer = ida.client.get(page)
        assert answer.status_code in {302, 401, 403}, page
        if answer.status_code == 302:
            assert answer["Location"].startswith(("/accounts/login/", "/accounts/renewal/")), page
        assert not ida.is_in
        assert ida.is_unchanged


def test_afterwards_the_same_pages_know_the_person(ida: Renewal) -> None:
    """Proof that the test before asks for something."""
    asked = relying_party().start()
    ida.sign_in()
    ida.enter(ida.code())
    ida.choose()
    for page in ("/account/", asked):
        assert "/accounts/" not in ida.client.get(page).headers.get("Location", "")


@pytest.mark.parametrize("page", [ADDRESS, CODE, PASSWORD, "/accounts/renewal/cancel/"])
def test_the_pages_exist_only_after_the_given_password(ida: Renewal, page: str) -> None:
    answer = Client().post(page, {"email": EMAIL, "code": "00000000", "password1": OWN, "password2": OWN})
    assert answer["Location"] == "/accounts/login/"
    assert ida.is_unchanged


def test_the_password_page_waits_for_the_code(ida: Renewal) -> None:
    ida.sign_in()
    assert ida.choose() == ADDRESS
    ida.code()
    assert ida.choose() == ADDRESS
    assert not ida.is_in
    assert ida.is_unchanged


def test_another_address_needs_another_code(ida: Renewal) -> None:
    ida.sign_in()
    ida.enter(ida.code())
    ida.code("somebody.else@example.com")
    assert ida.choose() == ADDRESS
    assert ida.is_unchanged


def test_a_code_for_one_address_does_not_show_another(ida: Renewal) -> None:
    ida.sign_in()
    first = ida.code()
    ida.code("other@example.com")
    assert "wrong" in ida.enter(first)


@pytest.mark.parametrize("typed", ["", "1", "abcdefgh", "１２３４５６７８", "1" * 500, "12345678; --"])
def test_nonsense_is_no_code(ida: Renewal, typed: str) -> None:
    ida.sign_in()
    ida.code()
    assert "k-error" in ida.enter(typed)


def test_five_tries_then_even_the_right_code_is_dead(ida: Renewal) -> None:
    ida.sign_in()
    code = ida.code()
    wrong = "00000000" if code != "0000 0000" else "00000001"
    for _ in range(5):
        assert "wrong" in ida.enter(wrong)
    assert "Five tries" in ida.enter(code)
    assert ida.enter(ida.code()) == PASSWORD


def test_tries_are_counted_across_browsers(ida: Renewal) -> None:
    """A copied session cookie must not give five more tries."""
    ida.sign_in()
    code = ida.code()
    session = dict(ida.client.session.items())
    for _ in range(5):
        ida.enter("00000000")
        kept = ida.client.session
        kept.update(session)
        kept.save()
    assert "Five tries" in ida.enter(code)


def test_a_code_counts_for_ten_minutes(ida: Renewal, monkeypatch: pytest.MonkeyPatch) -> None:
    ida.sign_in()
    code = ida.code()
    later = time.time() + 601
    monkeypatch.setattr("kolonne.portal.identity.views.renewal.time.time", lambda: later)
    assert "older than 10 minutes" in ida.enter(code)


def test_five_codes_an_hour(ida: Renewal) -> None:
    ida.sign_in()
    for _ in range(5):
        ida.code()
    answer = ida.client.post(ADDRESS, {"email": EMAIL})
    assert "Five codes" in answer.content.decode()
    assert ida.post.run() == []


def test_the_address_must_be_nobody_elses(ida: Renewal) -> None:
    other = person("eve")
    ida.sign_in()
    answer = ida.client.post(ADDRESS, {"email": other.email.upper()})
    assert "belongs to another" in answer.content.decode()
    assert ida.post.run() == []


def test_an_address_that_is_taken_meanwhile_is_refused_at_the_end(ida: Renewal) -> None:
    ida.sign_in()
    ida.enter(ida.code())
    User.objects.filter(pk=person("eve").pk).update(email=EMAIL)
    assert ida.choose() == "/accounts/renewal/over/"
    assert not ida.is_in
    assert ida.is_unchanged


def test_the_given_password_is_no_own_one(ida: Renewal) -> None:
    ida.sign_in()
    ida.enter(ida.code())
    assert "only you know" in ida.choose(ida.given)
    assert ida.is_unchanged
    assert ida.choose() == "/"


def test_a_weak_password_is_refused_and_the_way_stays_open(ida: Renewal) -> None:
    ida.sign_in()
    ida.enter(ida.code())
    assert "k-error" in ida.choose("short")
    assert ida.choose() == "/"


def test_too_late_is_refused_with_a_helpful_page(ida: Renewal) -> None:
    User.objects.filter(pk=ida.user.pk).update(renewal_until=timezone.now() - timedelta(seconds=1))
    assert ida.sign_in()["Location"] == "/accounts/renewal/over/"
    page = ida.client.get("/accounts/renewal/over/")
    assert page.status_code == 403
    assert "/accounts/help/" in page.content.decode()
    assert ida.client.get(ADDRESS)["Location"] == "/accounts/login/"
    assert not ida.is_in


def test_a_passkey_does_not_expire_but_opens_the_renewal_only(ida: Renewal) -> None:
    User.objects.filter(pk=ida.user.pk).update(renewal_until=None)
    before = Client()
    before.post("/accounts/login/", {"login": "ida", "password": ida.given})
    key = passkey.add(before)
    User.objects.filter(pk=ida.user.pk).update(renewal_until=timezone.now() - timedelta(days=9))
    assert passkey.sign_in(ida.client, key)["Location"] == ADDRESS
    assert not ida.is_in
    ida.post.run()
    ida.enter(ida.code())
    assert ida.choose() == "/"
    assert ida.is_in


def test_a_second_reset_ends_a_renewal_that_is_under_way(ida: Renewal) -> None:
    ida.sign_in()
    ida.enter(ida.code())
    ida.given = actions.reset_password(actor=SYSTEM, user=ida.user)
    assert ida.choose() == "/accounts/renewal/over/"
    assert ida.is_unchanged
    assert not ida.is_in


@pytest.mark.parametrize("state", [State.LOCKED, State.BLOCKED])
def test_a_block_ends_it_too(ida: Renewal, state: State) -> None:
    ida.sign_in()
    ida.enter(ida.code())
    User.objects.filter(pk=ida.user.pk).update(state=state)
    assert ida.choose() == "/accounts/renewal/over/"
    assert not ida.is_in


def test_the_second_factor_comes_first(ida: Renewal) -> None:
    """A helper's password alone must neither send mail nor change anything (ID-10)."""
    secret = generate_totp_secret()
    TOTP.activate(ida.user, secret)
    assert ida.sign_in()["Location"] == "/accounts/2fa/authenticate/"
    assert ida.client.post(ADDRESS, {"email": EMAIL})["Location"] == "/accounts/login/"
    assert ida.post.run() == []
    now = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    answer = ida.client.post("/accounts/2fa/authenticate/", {"code": now})
    assert answer["Location"] == ADDRESS
    ida.enter(ida.code())
    assert ida.choose() == "/"
    assert ida.is_in


def test_it_can_be_cancelled(ida: Renewal) -> None:
    ida.sign_in()
    assert ida.client.post("/accounts/renewal/cancel/")["Location"] == "/accounts/login/"
    assert ida.client.get(ADDRESS)["Location"] == "/accounts/login/"
    assert ida.is_unchanged


def test_no_secret_stands_in_a_job_or_in_the_session(ida: Renewal) -> None:
    ida.sign_in()
    ida.client.post(ADDRESS, {"email": EMAIL})
    jobs = str([job.args for job in ida.post.queued()])
    (message,) = ida.post.run()
    code = re.findall(r"\d{4} \d{4}", str(message.body))[0]
    assert EMAIL not in jobs
    assert code.replace(" ", "") not in jobs + str(dict(ida.client.session.items()))
