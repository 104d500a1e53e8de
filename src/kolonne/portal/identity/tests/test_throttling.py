"""ID-11, ASVS 6.3.1, NIST SP 800-63B-4: guessing is slow from everywhere and stops, and the owner still gets in."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.test.utils import override_settings

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity import actions
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests import passkey
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db
PASSWORD = "a long and plain sentence"
TRIES = 300


class CountingHasher(MD5PasswordHasher):
    """Cheap, and knows how often a password was compared."""

    algorithm = "counting"
    calls = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.calls += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    cache.clear()
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.CountingHasher"]):
        CountingHasher.calls = 0
        yield


def person(username: str) -> User:
    data = actions.PersonData(username, f"{username}@example.com")
    return actions.create_user(actor=SYSTEM, person=data, market="no", password=PASSWORD)


_SITE = Client().handler
"""One for all browsers: each of its own would read all static files again."""


def browser_at(address: str, **headers: Any) -> Client:
    browser = Client(REMOTE_ADDR=address, headers=headers)
    browser.handler = _SITE
    return browser


def attempt(login: str, password: str, address: str, **headers: Any) -> Any:
    """From a browser of its own."""
    return browser_at(address, **headers).post("/accounts/login/", {"login": login, "password": password})


def with_passkey(user: User) -> passkey.Passkey:
    """Adds one, in a browser in which the person has just signed in."""
    browser = attempt(user.username, PASSWORD, "192.0.2.7").client
    return passkey.add(browser)


def compared() -> int:
    calls, CountingHasher.calls = CountingHasher.calls, 0
    return calls


def test_300_wrong_passwords_on_one_account_from_many_addresses_are_slowed() -> None:
    ida = person("ida.solberg")
    key = with_passkey(ida)
    compared()

    answers = [
        attempt(login, f"wrong {number}", f"198.51.{number % 250}.{number // 250 + 1}")
        for number in range(TRIES)
        for login in [("ida.solberg", "IDA.Solberg", "ida.solberg@example.com")[number % 3]]
    ]

    assert compared() == 5
    assert "Too many tries" in answers[-1].content.decode()
    assert "_auth_user_id" not in attempt("ida.solberg", PASSWORD, "192.0.2.7").client.session
    owner = browser_at("192.0.2.7")
    passkey.sign_in(owner, key)
    assert owner.session["_auth_user_id"] == str(ida.pk)


def test_one_address_on_many_accounts_is_slowed() -> None:
    people = [person(f"person{number}") for number in range(30)]
    compared()
    statuses = [
        attempt(people[number % 30].username, "a wrong password", "198.51.100.9").status_code for number in range(TRIES)
    ]
    assert compared() <= 10
    assert statuses.count(429) >= TRIES - 30
    # Somebody else, elsewhere, does not notice.
    assert "_auth_user_id" in attempt(people[1].username, PASSWORD, "192.0.2.8").client.session


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip", "True-Client-Ip"])
def test_no_header_makes_one_address_many(header: str) -> None:
    for number in range(40):
        attempt(f"nobody{number}", "wrong", "198.51.100.9", **{header: f"203.0.113.{number}"})
    assert compared() <= 10


def test_no_other_name_of_the_site_makes_one_account_many() -> None:
    person("ida.solberg")
    compared()
    for number in range(30):
        fields = {"login": "ida.solberg", "password": "wrong"}
        host = ("localhost", "127.0.0.1")[number % 2]
        browser_at(f"198.51.100.{number}").post("/accounts/login/", fields, headers={"Host": host})
    assert compared() == 5


def test_codes_are_not_guessed_either(client: Client) -> None:
    """Six digits: five tries in five minutes on one account, from wherever."""
    TOTP.activate(person("ida.solberg"), generate_totp_secret())
    client.post("/accounts/login/", {"login": "ida.solberg", "password": PASSWORD})
    answers = [client.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"}) for number in range(8)]
    assert "wrong or was used" in answers[0].content.decode()
    assert "Too many tries" in answers[-1].content.decode()


@pytest.mark.parametrize("login", ["ida.solberg", "ida.solberg@example.com", "nobody", "nobody@example.com"])
def test_time_does_not_tell_who_exists(login: str) -> None:
    """Counted, not measured: one comparison whatever was typed."""
    person("ida.solberg")
    compared()
    attempt(login, "a wrong password", "192.0.2.9")
    assert compared() == 1


def slow_guess(user: User, count: int) -> None:
    """Wrong passwords with so much time between them that no limit on speed minds."""
    for number in range(count):
        cache.clear()
        attempt(user.username, f"wrong {number}", f"198.51.100.{number}")
    user.refresh_from_db()


def test_a_hundred_wrong_passwords_in_a_row_lock_the_password_and_nothing_else() -> None:
    ida = person("ida.solberg")
    key = with_passkey(ida)
    User.objects.filter(pk=ida.pk).update(failed_sign_ins=97)
    slow_guess(ida, 2)
    assert (ida.state, ida.failed_sign_ins) == (State.ACTIVE, 99)
    slow_guess(ida, 1)
    assert ida.state == State.PASSWORD_LOCKED
    cache.clear()
    compared()
    answer = attempt("ida.solberg", PASSWORD, "192.0.2.7")
    assert compared() == 0
    assert "passkey" in answer.content.decode()
    assert "_auth_user_id" not in answer.client.session

    owner = browser_at("192.0.2.7")
    passkey.sign_in(owner, key)
    ida.refresh_from_db()
    assert (ida.state, ida.failed_sign_ins) == (State.ACTIVE, 0)
    assert owner.session["_auth_user_id"] == str(ida.pk)
    with user_scope(ida.pk):
        verbs = list(Entry.objects.order_by("id").values_list("verb", flat=True))
    assert verbs[-2:] == ["identity.user.password_locked", "identity.user.signed_in"]


def test_a_right_password_forgets_the_wrong_ones() -> None:
    ida = person("ida.solberg")
    slow_guess(ida, 3)
    assert ida.failed_sign_ins == 3
    cache.clear()
    attempt("ida.solberg", PASSWORD, "192.0.2.7")
    ida.refresh_from_db()
    assert ida.failed_sign_ins == 0


def test_somebody_elses_passkey_opens_nothing() -> None:
    ida, eve = person("ida.solberg"), person("eve")
    right, wrong = with_passkey(ida), with_passkey(eve)
    wrong.person = right.person
    thief = browser_at("192.0.2.8")
    passkey.sign_in(thief, wrong)
    assert "_auth_user_id" not in thief.session


def test_a_passkey_answers_one_question_of_one_browser_once() -> None:
    right = with_passkey(person("ida.solberg"))
    owner, thief = browser_at("192.0.2.7"), browser_at("192.0.2.8")
    question = owner.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"}).json()
    proof = {"credential": json.dumps(right.prove(question["request_options"]))}
    thief.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    thief.post("/accounts/2fa/webauthn/login/", proof)
    assert "_auth_user_id" not in thief.session
    owner.post("/accounts/2fa/webauthn/login/", proof)
    assert "_auth_user_id" in owner.session
    owner.post("/accounts/logout/")
    owner.post("/accounts/2fa/webauthn/login/", proof)
    assert "_auth_user_id" not in owner.session


def test_whoever_has_an_account_guesses_at_others_no_faster() -> None:
    """A right code in one's own account forgets no wrong passwords for those of others."""
    eve, people = person("eve"), [person(f"person{number}") for number in range(6)]
    RecoveryCodes.activate(eve)
    TOTP.activate(eve, generate_totp_secret())
    codes = Authenticator.objects.get(user=eve, type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()
    compared()
    for number in range(6):
        for other in people[:4]:
            attempt(other.username, f"wrong {number}", "198.51.100.9")
        own = attempt("eve", PASSWORD, "198.51.100.9").client
        own.post("/accounts/2fa/authenticate/", {"code": codes[number]})
    assert compared() <= 10 + 6


def test_wrong_codes_count_like_wrong_passwords() -> None:
    """NIST SP 800-63B-4: whoever knows the password and guesses at codes is stopped for good, too."""
    ida = person("ida.solberg")
    TOTP.activate(ida, generate_totp_secret())
    browser = attempt("ida.solberg", PASSWORD, "192.0.2.7").client
    User.objects.filter(pk=ida.pk).update(failed_sign_ins=98)
    for number in range(2):
        browser.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"})
    ida.refresh_from_db()
    assert ida.state == State.PASSWORD_LOCKED


def test_the_page_for_a_new_password_is_no_place_to_guess_the_old_one() -> None:
    ida = person("ida.solberg")
    browser = attempt("ida.solberg", PASSWORD, "192.0.2.7").client
    compared()
    fields = {"password1": "quiet otter under blue gravel", "password2": "quiet otter under blue gravel"}
    for number in range(8):
        browser.post("/accounts/password/change/", fields | {"oldpassword": f"wrong {number}"})
    ida.refresh_from_db()
    assert ida.failed_sign_ins == 5
    assert ida.check_password(PASSWORD)


@pytest.mark.parametrize("state", [State.LOCKED, State.BLOCKED, State.INVITED])
def test_wrong_passwords_of_somebody_outside_are_counted_to_the_limit_only(state: State) -> None:
    """However long somebody goes on, the number fits."""
    ida = person("ida.solberg")
    User.objects.filter(pk=ida.pk).update(state=state, failed_sign_ins=100)
    slow_guess(ida, 1)
    assert (ida.state, ida.failed_sign_ins) == (state, 100)
