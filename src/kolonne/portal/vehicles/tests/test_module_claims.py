"""A code lets one device into one van, once; whoever has it late, twice or elsewhere gets nothing (VH-04, NF-03)."""

import base64
import json
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity import limits
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions, csr
from kolonne.portal.vehicles.actions.module_claims import FETCH_AGAIN, MAX_OPEN, ClaimRefused
from kolonne.portal.vehicles.departure import cut_off
from kolonne.portal.vehicles.models import ModuleCertificate, ModuleClaim, ModuleStatus
from kolonne.portal.vehicles.tests.yard import DEVICE, Yard, new_serial, request_of

ENROL = "/api/v1/modules/enrol"


def key() -> Any:
    return Ed25519PrivateKey.generate()


def body(code: str, serial: str, request: bytes) -> str:
    return json.dumps({"claim": code, "serial": serial, "csr": base64.b64encode(request).decode()})


@pytest.mark.parametrize("own", [key(), generate_private_key(SECP256R1())], ids=["ed25519", "p256"])
def test_a_device_with_a_code_gets_a_certificate_for_its_serial(yard: Yard, own: Any) -> None:
    serial = new_serial()
    with yard.signer():
        answer = Client().post(
            ENROL, body(yard.claim()[1].lower().replace("-", " "), serial, request_of(own, "ROOT")), "application/json"
        )
    assert answer.status_code == 200, answer.content
    paper = answer.json()
    found = x509.load_pem_x509_certificate(paper["certificate"].encode())
    found.verify_directly_issued_by(x509.load_pem_x509_certificate(paper["chain"].encode()))
    assert [name.value for name in found.subject] == [serial] == [paper["serial"]]
    assert found.public_key() == own.public_key()
    assert found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value == x509.ExtendedKeyUsage(
        [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert timedelta(days=89) < found.not_valid_after_utc - datetime.now(UTC) <= timedelta(days=90)
    assert paper["command_key"] == yard.config.secret("signer-public")
    (module,) = yard.modules(serial)
    assert (module.vehicle_id, module.status, module.rank) == (yard.ours.vehicle.pk, ModuleStatus.ACTIVE, 1)


def test_a_used_code_lets_nobody_in_again(yard: Yard) -> None:
    """A thief who has seen the code gets nothing when the module was faster."""
    _, code = yard.claim()
    yard.enrol(code, new_serial(), key())
    for serial in (new_serial(), new_serial()):
        with pytest.raises(ClaimRefused):
            yard.enrol(code, serial, key())
        assert yard.modules(serial) == []
    yard.issue()
    assert yard.count() == 1


def test_the_same_device_gets_a_lost_answer_once_more_and_nobody_else_does(yard: Yard) -> None:
    (made, code), serial, own = yard.claim(), new_serial(), key()
    first = yard.enrol(code, serial, own)
    assert yard.enrol(code, serial, own).pk == first.pk
    for other_serial, other_key in ((new_serial(), own), (serial, key())):
        with pytest.raises(ClaimRefused):
            yard.enrol(code, other_serial, other_key)
    yard.admin.execute("UPDATE vehicles_moduleclaim SET used_at = used_at - %s WHERE id = %s", [FETCH_AGAIN, made.pk])
    with pytest.raises(ClaimRefused):
        yard.enrol(code, serial, own)
    yard.issue()
    assert yard.count() == 1


@pytest.mark.parametrize("end", ["expires_at = now() - interval '1 second'", "withdrawn_at = now()"])
def test_a_code_that_is_over_lets_nobody_in(yard: Yard, end: str) -> None:
    (made, code), serial = yard.claim(), new_serial()
    yard.admin.execute(f"UPDATE vehicles_moduleclaim SET {end} WHERE id = %s", [made.pk])
    with pytest.raises(ClaimRefused):
        yard.enrol(code, serial, key())
    assert (yard.modules(serial), yard.issue()) == ([], 0)


def test_of_many_devices_that_race_for_one_code_one_gets_one_certificate(yard: Yard) -> None:
    _, code = yard.claim()
    serials, won, refused = [new_serial() for _ in range(8)], list[str](), list[str]()
    start = threading.Barrier(len(serials))

    def race(serial: str) -> None:
        request = request_of(key())
        start.wait()
        try:
            actions.enrol_by_claim(actor=DEVICE, code=code, serial=serial, request=request)
            won.append(serial)
        except ClaimRefused:
            refused.append(serial)
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=[serial]) for serial in serials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yard.issue()
    assert (len(won), len(refused), yard.count()) == (1, 7, 1)
    assert [serial for serial in serials if yard.modules(serial)] == won


def test_a_module_that_serves_another_company_is_not_taken_over_and_the_code_stays_good(yard: Yard) -> None:
    _, code = yard.claim()
    with pytest.raises(ClaimRefused) as taken:
        yard.enrol(code, yard.theirs.module.serial, key())
    with pytest.raises(ClaimRefused) as unknown:
        yard.enrol("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", new_serial(), key())
    assert (taken.value.text, taken.value.facts) == (unknown.value.text, unknown.value.facts)
    assert [module.status for module in yard.modules(yard.theirs.module.serial)] == [ModuleStatus.ACTIVE]
    yard.enrol(code, new_serial(), key())


def test_a_device_whose_earlier_van_was_removed_comes_anew_and_its_earlier_life_ends(yard: Yard) -> None:
    """VH-04: what it still holds of the earlier company is none of the new one's."""
    serial = yard.theirs.module.serial
    yard.admin.execute("UPDATE vehicles_module SET status = 'retiring' WHERE id = %s", [yard.theirs.module.pk])
    yard.enrol(yard.claim()[1], serial, key())
    before, after = yard.modules(serial)
    assert (before.company_id, before.status) == (yard.theirs.company.pk, ModuleStatus.REVOKED)
    assert (after.company_id, after.status) == (yard.ours.company.pk, ModuleStatus.ACTIVE)
    who = yard.admin.execute(
        "SELECT actor FROM audit_entry WHERE company_id = %s AND verb = 'vehicles.module.revoked'",
        [yard.theirs.company.pk],
    ).fetchall()
    assert who == [("enrolled anew",)]


def test_the_same_device_in_the_same_van_takes_its_own_place(yard: Yard) -> None:
    serial = yard.ours.module.serial
    yard.enrol(yard.claim()[1], serial, key())
    before, after = yard.modules(serial)
    assert (before.status, after.status, after.rank) == (ModuleStatus.REVOKED, ModuleStatus.ACTIVE, before.rank)


def test_codes_are_kept_as_hashes_end_after_a_day_and_are_few(our_scope: House, alice: User, bob: User) -> None:
    made, code = actions.make_module_claim(actor=actor_of(alice), vehicle=our_scope.vehicle)
    assert code.replace("-", "").encode() not in bytes(made.code_sha256)
    assert timedelta(hours=23) < made.expires_at - made.made_at < timedelta(hours=25)
    for _ in range(MAX_OPEN - 1):
        actions.make_module_claim(actor=SYSTEM, vehicle=our_scope.vehicle)
    with pytest.raises(Conflict):
        actions.make_module_claim(actor=SYSTEM, vehicle=our_scope.vehicle)
    actions.withdraw_module_claim(actor=actor_of(alice), claim=made)
    with pytest.raises(Conflict):
        actions.withdraw_module_claim(actor=SYSTEM, claim=made)
    with pytest.raises(ClaimRefused):
        actions.enrol_by_claim(actor=DEVICE, code=code, serial=new_serial(), request=request_of(key()))
    with pytest.raises(NotAllowed):
        actions.make_module_claim(actor=actor_of(bob), vehicle=our_scope.vehicle)
    with pytest.raises(Invalid):
        actions.make_module_claim(actor=SYSTEM, vehicle=our_scope.vehicle, provides=["group:nothing"])


def test_codes_of_a_company_that_leaves_let_nobody_in(our_scope: House) -> None:
    _made, code = actions.make_module_claim(actor=SYSTEM, vehicle=our_scope.vehicle)
    cut_off(SYSTEM, our_scope.company)
    with pytest.raises(ClaimRefused):
        actions.enrol_by_claim(actor=DEVICE, code=code, serial=new_serial(), request=request_of(key()))


def test_a_stranger_sees_no_codes_and_no_certificates(yard: Yard) -> None:
    yard.member(new_serial(), key())
    with company_scope(yard.theirs.scope):
        assert (ModuleClaim.objects.count(), ModuleCertificate.objects.count()) == (0, 0)


def test_the_portal_cannot_say_that_a_certificate_was_issued(our_scope: House) -> None:
    """A taken-over portal must not make the registry let in a certificate of its own."""
    rows = ModuleCertificate.objects
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.create(
            company=our_scope.company,
            module=our_scope.module,
            request=b"x",
            key_sha256=b"x" * 32,
            fingerprint=b"y" * 32,
        )


@pytest.mark.parametrize("status", ["active", "retiring"])
def test_the_portal_lets_no_revoked_module_in_again(our_scope: House, status: str) -> None:
    actions.revoke_module(actor=SYSTEM, module=our_scope.module)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE vehicles_module SET status = %s WHERE id = %s", [status, our_scope.module.pk])
    certificate = ModuleCertificate.objects.create(
        company=our_scope.company, module=our_scope.module, request=b"", key_sha256=b"1" * 32
    )
    ModuleCertificate.objects.filter(pk=certificate.pk).update(revoked_at=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        ModuleCertificate.objects.filter(pk=certificate.pk).update(revoked_at=None)


@pytest.mark.parametrize("column", ["pem = 'x'", "fingerprint = 'x'", "not_after = now()", "superseded_at = NULL"])
def test_the_portal_changes_nothing_that_was_issued(our_scope: House, column: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE vehicles_modulecertificate SET {column}")


def test_without_the_signer_the_device_is_asked_to_come_again(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions.issued, "__kwdefaults__", {"within_s": 0.1})
    code, serial, own = yard.claim()[1], new_serial(), key()
    sent = body(code, serial, request_of(own))
    answer = Client().post(ENROL, sent, "application/json")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    yard.issue()
    assert Client().post(ENROL, sent, "application/json").status_code == 200
    assert yard.count() == 1


@pytest.mark.django_db
def test_whoever_tries_codes_is_told_nothing_and_soon_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "module_claim", "3/h/key")
    answers = [
        Client().post(ENROL, body(f"WRONG-{number}", new_serial(), request_of(key())), "application/json")
        for number in range(5)
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429]
    assert len({answer.content for answer in answers[:3]}) == 1


@pytest.mark.parametrize("wrong", [generate_private_key(SECP384R1()), generate_rsa(65537, 2048)], ids=["p384", "rsa"])
def test_other_kinds_of_keys_are_refused_in_words(wrong: Any) -> None:
    with pytest.raises(csr.BadRequest, match="P-256"):
        csr.read(request_of(wrong))


def test_a_request_of_an_unknown_version_is_refused_in_words() -> None:
    """In the signer it would stop the requests of everybody else, too."""
    request = bytearray(request_of(key()))
    at = request.index(b"\x02\x01\x00")
    request[at + 2] = 94
    with pytest.raises(csr.BadRequest):
        csr.read(bytes(request))


def test_a_request_that_somebody_else_signed_is_refused() -> None:
    """Whoever has seen a public key has no certificate for it."""
    one, other = request_of(key()), request_of(key())
    forged = one[:-64] + other[-64:]
    with pytest.raises(csr.BadRequest):
        csr.read(forged)


GOOD = request_of(Ed25519PrivateKey.from_private_bytes(bytes(32)))


@settings(max_examples=300)
@given(
    st.binary(max_size=600)
    | st.builds(lambda at, bit: _flipped(at % len(GOOD), bit), st.integers(0), st.integers(0, 7))
)
def test_no_bytes_make_the_reader_of_requests_stumble(data: bytes) -> None:
    with suppress(csr.BadRequest):
        assert csr.read(data).der


def _flipped(at: int, bit: int) -> bytes:
    return GOOD[:at] + bytes([GOOD[at] ^ (1 << bit)]) + GOOD[at + 1 :]


@pytest.mark.django_db
@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {},
        optional={name: st.none() | st.integers() | st.text(max_size=60) for name in ("claim", "serial", "csr", "x")},
    )
)
def test_no_body_makes_the_endpoint_stumble(content: dict[str, Any]) -> None:
    answer = Client().post(ENROL, json.dumps(content), "application/json")
    assert answer.status_code in {400, 403, 422, 429}
