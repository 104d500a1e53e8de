"""ID-11, ASVS 7.4.3: a sign-in that waits for a code ends with what began it."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client

from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity import actions
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests.test_factors import code_of, door, is_in

pytestmark = pytest.mark.django_db
NEW = "quiet otter under blue gravel"


@pytest.fixture(autouse=True)
def unhurried() -> None:
    cache.clear()


def new_password(user: User) -> None:
    actions.set_own_password(actor=SYSTEM, user=user, password=NEW)


def helpers_password(user: User) -> None:
    actions.reset_password(actor=SYSTEM, user=user)


def out_everywhere(user: User) -> None:
    actions.sign_out_everywhere(actor=SYSTEM, user=user)


def locked_password(user: User) -> None:
    actions.move(actor=SYSTEM, user=user, to=State.PASSWORD_LOCKED, verb="identity.user.password_locked")


CHANGES = [new_password, helpers_password, out_everywhere, locked_password]


@pytest.mark.parametrize("change", CHANGES)
def test_a_code_does_not_finish_what_an_old_password_began(alice: User, change: Callable[[User], None]) -> None:
    TOTP.activate(alice, key := generate_totp_secret())
    thief = door(alice)
    change(User.objects.get(pk=alice.pk))
    answer = thief.post("/accounts/2fa/authenticate/", {"code": code_of(key)})
    assert answer["Location"] == "/accounts/login/"
    assert not is_in(thief)
    assert thief.get("/accounts/renewal/")["Location"] == "/accounts/login/"


@pytest.mark.parametrize("change", CHANGES)
def test_nor_does_a_code_for_the_address(sam: User, change: Callable[[User], None], mailoutbox: list[object]) -> None:
    """While the sign-in waits for a code from a mail, a helper resets it: his password and renewal come first."""
    EmailAddress.objects.filter(user=sam).update(verified=False)
    thief = door(sam)
    assert not is_in(thief)
    code = str(mailoutbox[-1].subject).split()[0]  # type: ignore[attr-defined]  # a mail
    change(User.objects.get(pk=sam.pk))
    thief.post("/accounts/confirm-email/", {"code": code})
    assert not is_in(thief)


def test_a_sign_in_that_nobody_disturbs_goes_on(alice: User) -> None:
    TOTP.activate(alice, key := generate_totp_secret())
    browser = door(alice)
    browser.post("/accounts/2fa/authenticate/", {"code": code_of(key)})
    assert is_in(browser)
    assert Client().get("/accounts/2fa/authenticate/")["Location"] == "/accounts/login/"
