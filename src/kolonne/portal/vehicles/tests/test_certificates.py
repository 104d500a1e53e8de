"""Certificates are renewed by whom they belong to, in the second half of their life, and end when they are revoked."""

import base64
import json
import threading
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from kolonne.portal.conftest import SYSTEM
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.actions.certificates import RenewalRefused
from kolonne.portal.vehicles.models import ModuleCertificate
from kolonne.portal.vehicles.tests.yard import DEVICE, Yard, new_serial, renewal
from kolonne.wire import cose

RENEW = "/api/v1/modules/renew"


def key() -> Any:
    return Ed25519PrivateKey.generate()


def renew(message: bytes) -> ModuleCertificate:
    return actions.renew_certificate(actor=DEVICE, message=message)


@pytest.mark.parametrize("make", [key, lambda: generate_private_key(SECP256R1())], ids=["ed25519", "p256"])
def test_from_half_of_its_life_on_a_certificate_is_renewed(yard: Yard, make: Any) -> None:
    serial, own, following = new_serial(), make(), make()
    present = yard.member(serial, own)
    with pytest.raises(Conflict) as early:
        renew(renewal(present, serial, own, following))
    assert early.value.code == "too_early"
    yard.age(present, 46)
    message = base64.b64encode(renewal(present, serial, own, following)).decode()
    with yard.signer():
        answer = Client().post(RENEW, json.dumps({"message": message}), "application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["certificate"] != present.pem
    assert yard.fresh(present).superseded_at is not None
    assert yard.count() == 2


def test_a_lost_answer_is_given_again_and_a_second_new_key_is_not(yard: Yard) -> None:
    serial, own, following = new_serial(), key(), key()
    present = yard.member(serial, own)
    yard.age(present, 50)
    first = renew(renewal(present, serial, own, following))
    yard.issue()
    assert renew(renewal(present, serial, own, following)).pk == first.pk
    with pytest.raises(RenewalRefused):
        renew(renewal(present, serial, own, key()))
    assert (yard.issue(), yard.count()) == (0, 2)


def test_a_certificate_renews_nothing_but_itself(yard: Yard) -> None:
    """With another module's certificate and key, or with its name, nobody gets anything."""
    serial, own, other_serial, other = new_serial(), key(), new_serial(), key()
    mine, foreign = yard.member(serial, own), yard.member(other_serial, other, yard.theirs)
    for one in (mine, foreign):
        yard.age(one, 50)
    for message in (
        renewal(foreign, serial, other, key()),  # my name, with the other's certificate and key
        renewal(mine, serial, other, key()),  # my certificate, with the other's key
        renewal(foreign, other_serial, own, key()),  # the other's certificate, with my key
        renewal(mine, serial, own, key(), certificate=b"\0" * 32),
    ):
        with pytest.raises(RenewalRefused):
            renew(message)
    assert (yard.issue(), yard.count()) == (0, 2)


def test_a_recording_of_a_renewal_is_worth_nothing(yard: Yard) -> None:
    serial, own, second, third = new_serial(), key(), key(), key()
    present = yard.member(serial, own)
    yard.age(present, 50)
    recorded = renewal(present, serial, own, second)
    following = renew(recorded)
    yard.issue()
    # Within minutes it gives the same certificate again, for a key that the listener does not have.
    assert renew(recorded).pk == following.pk
    yard.age(yard.fresh(following), 50)
    renew(renewal(yard.fresh(following), serial, second, third))
    yard.issue()
    with pytest.raises(RenewalRefused):
        renew(renewal(present, serial, own, key()))
    with pytest.raises(Conflict) as old:
        renew(renewal(yard.fresh(following), serial, second, key(), time_s=int(time.time()) - 3600))
    assert old.value.code == "clock_differs"
    with pytest.raises(Conflict):
        renew(renewal(yard.fresh(following), serial, second, key(), time_s=(1 << 64) - 1))
    assert yard.count() == 3


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_what_is_over_is_not_renewed(yard: Yard, end: str) -> None:
    serial, own = new_serial(), key()
    present = yard.member(serial, own)
    yard.age(present, 90 + 29)
    if end == "expired":
        yard.age(present, 2)
    else:
        (module,) = yard.modules(serial)
        with company_scope(yard.ours.scope):
            actions.revoke_module(actor=SYSTEM, module=module)
    with pytest.raises(RenewalRefused):
        renew(renewal(present, serial, own, key()))
    assert (yard.issue(), yard.count()) == (0, 1)


def test_a_module_that_was_out_of_reach_renews_within_the_days_of_grace(yard: Yard) -> None:
    serial, own = new_serial(), key()
    present = yard.member(serial, own)
    yard.age(present, 90 + 29)
    renew(renewal(present, serial, own, key()))
    assert yard.issue() == 1


def test_a_new_certificate_needs_a_new_key(yard: Yard) -> None:
    serial, own = new_serial(), key()
    present = yard.member(serial, own)
    yard.age(present, 50)
    with pytest.raises(Conflict) as same:
        renew(renewal(present, serial, own, own))
    assert same.value.code == "same_key"


@pytest.mark.parametrize("path", ["/api/v1/modules/enrol", RENEW])
def test_a_body_without_end_is_not_read(db: None, path: str) -> None:
    answer = Client().post(path, json.dumps({"message": "A" * 3_000_000}), "application/json")
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:kolonne:problem:body_too_large")


def test_of_two_renewals_at_once_one_counts(yard: Yard) -> None:
    serial, own = new_serial(), key()
    present = yard.member(serial, own)
    yard.age(present, 50)
    messages = [renewal(present, serial, own, key()) for _ in range(6)]
    start, done = threading.Barrier(len(messages)), list[bool]()

    def race(message: bytes) -> None:
        start.wait()
        try:
            renew(message)
            done.append(True)
        except RenewalRefused:
            done.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=[message]) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(done), len(done), yard.issue()) == (1, 6, 1)


@settings(max_examples=80, suppress_health_check=[])
@given(at=st.integers(0), bit=st.integers(0, 7))
def test_no_altered_renewal_counts(at: int, bit: int) -> None:
    """Every bit is covered by the signature, or the message is refused for its form."""
    own = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    good = renewal(ModuleCertificate(fingerprint=b"f" * 32), "CLAIMED00000000", own, own)
    bad = bytearray(good)
    bad[at % len(bad)] ^= 1 << bit
    with pytest.raises(cose.BadSignature):
        cose.verify(bytes(bad), public_key=own.public_key().public_bytes_raw(), purpose="renewal")
