"""ID-12: keys change every month, and no application notices."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from joserfc.errors import JoseError

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Membership
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity import keys
from kolonne.portal.identity.actions import signing_keys
from kolonne.portal.identity.models import SigningKey, User
from kolonne.portal.identity.tests.relying import RelyingParty, relying_party
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the clock to so much after the test's beginning; what processes remember of keys is forgotten."""
    start = timezone.now()

    def set_clock(later: timedelta) -> None:
        moment: datetime = start + later
        monkeypatch.setattr(timezone, "now", lambda: moment)
        keys.forget()

    return set_clock


@pytest.fixture
def routes(ours: House, bob: User) -> RelyingParty:
    party = relying_party(key=False)
    with company_scope(ours.scope):
        membership = Membership.objects.get(user=bob)
        companies.grant_access(actor=SYSTEM, membership=membership, application=party.application, rights=["use"])
    return party


def test_the_first_key_is_made_when_it_is_needed_and_only_once(routes: RelyingParty) -> None:
    assert not SigningKey.objects.exists()
    first = routes.web.get(routes.known["jwks_uri"]).json()
    signing_keys.ensure_key(actor=SYSTEM)
    assert routes.web.get(routes.known["jwks_uri"]).json() == first
    [key] = first["keys"]
    assert {"kid", "n", "e", "kty"} <= set(key)
    assert not {"d", "p", "q"} & set(key)


def test_keys_lie_sealed_in_the_database(routes: RelyingParty) -> None:
    routes.key_set()
    assert "PRIVATE KEY" not in SigningKey.objects.get().pem


def test_tokens_from_before_and_after_a_rotation_verify_with_keys_fetched_once(
    routes: RelyingParty, bob: User, signed_in: Callable[[User], Browser], at: Callable[[timedelta], None]
) -> None:
    """The application fetches the keys in the hour before the new key signs, and not again."""
    routes.key_set()
    signing_keys.rotate_key(actor=SYSTEM)
    at(timedelta(hours=23, minutes=30))
    known = routes.key_set()
    assert len(known.keys) == 2
    before = routes.exchange(routes.code(signed_in(bob)))["id_token"]
    at(timedelta(hours=24, minutes=1))
    after = routes.exchange(routes.code(signed_in(bob)))["id_token"]
    assert before.split(".")[0] != after.split(".")[0]
    assert routes.claims(before, known)["sub"] == routes.claims(after, known)["sub"]
    assert routes.claims(before)["sub"] == routes.claims(after)["sub"]
    at(timedelta(hours=26))
    assert len(routes.key_set().keys) == 1
    signing_keys.tend_keys(actor=SYSTEM)
    assert SigningKey.objects.count() == 1


def test_the_job_makes_a_new_key_every_month(routes: RelyingParty, at: Callable[[timedelta], None]) -> None:
    routes.key_set()
    for day in range(1, 70):
        at(timedelta(days=day))
        signing_keys.tend_keys(actor=SYSTEM)
        signing = [key for key in keys.read() if key.not_before <= timezone.now()]
        assert signing, "there is always one that signs"
        assert SigningKey.objects.count() <= 2
    assert SigningKey.objects.latest("signs_from").signs_from > timezone.now() - timedelta(days=32)


def test_a_second_rotation_waits_for_the_first(routes: RelyingParty) -> None:
    routes.key_set()
    signing_keys.rotate_key(actor=SYSTEM)
    with pytest.raises(Conflict):
        signing_keys.rotate_key(actor=SYSTEM)
    with pytest.raises(NotAllowed):
        signing_keys.rotate_key(actor=Actor(label="somebody"))


def test_a_copied_key_is_void_at_once(
    routes: RelyingParty, bob: User, signed_in: Callable[[User], Browser], at: Callable[[timedelta], None]
) -> None:
    token = routes.exchange(routes.code(signed_in(bob)))["id_token"]
    at(timedelta(seconds=1))
    signing_keys.rotate_key(actor=SYSTEM, at_once=True)
    at(timedelta(seconds=2))
    assert len(routes.key_set().keys) == 1
    with pytest.raises((JoseError, ValueError)):
        routes.claims(token)
    assert routes.claims(routes.exchange(routes.code(signed_in(bob)))["id_token"])["sub"]
