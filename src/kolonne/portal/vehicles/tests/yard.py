"""Two companies whose rows are committed, because the signer issues certificates on a connection of its own, and
devices that want to become modules of their vans."""

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from kolonne.config import Config
from kolonne.portal.commands.signer import main
from kolonne.portal.commands.signer.issuer import Issuer
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.models import Module, ModuleCertificate, ModuleClaim
from kolonne.wire import cose
from kolonne.wire.messages import Renewal

DEVICE = Actor(label="module")
Key = Any
_numbers = itertools.count(1)


def new_serial() -> str:
    return f"CLAIMED{next(_numbers):08d}"


def request_of(key: Key, name: str = "anything") -> bytes:
    """What a device sends; the name in it does not count."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    algorithm = None if isinstance(key, Ed25519PrivateKey) else SHA256()
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, algorithm).public_bytes(Encoding.DER)


def renewal(of: ModuleCertificate, serial: str, key: Key, new_key: Key, **changes: Any) -> bytes:
    content: dict[str, Any] = {
        "serial": serial,
        "certificate": bytes(of.fingerprint or b""),
        "request": request_of(new_key),
        "time_s": int(time.time()),
    } | changes
    message = msgspec.to_builtins(Renewal(**content), builtin_types=(bytes,))
    return cose.sign(message, key=key, purpose="renewal")


@dataclass
class Yard:
    """`ours` and `theirs` are companies with a van and a module each."""

    config: Config
    admin: "psycopg.Connection[tuple[Any, ...]]"
    ours: House
    theirs: House

    def claim(self, house: House | None = None, **more: Any) -> tuple[ModuleClaim, str]:
        house = house or self.ours
        with company_scope(house.scope):
            return actions.make_module_claim(actor=SYSTEM, vehicle=house.vehicle, **more)

    def enrol(self, code: str, serial: str, key: Key) -> ModuleCertificate:
        return actions.enrol_by_claim(actor=DEVICE, code=code, serial=serial, request=request_of(key))

    def member(self, serial: str, key: Key, house: House | None = None) -> ModuleCertificate:
        """A module with its certificate."""
        certificate = self.enrol(self.claim(house)[1], serial, key)
        self.issue()
        return self.fresh(certificate)

    def fresh(self, certificate: ModuleCertificate) -> ModuleCertificate:
        with company_scope([certificate.company_id]):
            certificate.refresh_from_db()
        return certificate

    def modules(self, serial: str) -> list[Module]:
        with company_scope([*self.ours.scope, *self.theirs.scope]):
            return list(Module.objects.filter(serial=serial).order_by("pk"))

    def age(self, certificate: ModuleCertificate, days: int) -> None:
        """Lets so many days pass in the life of a certificate."""
        self.admin.execute(
            "UPDATE vehicles_modulecertificate SET not_before = not_before - make_interval(days => %s), "
            "not_after = not_after - make_interval(days => %s) WHERE id = %s",
            [days, days, certificate.pk],
        )

    def count(self) -> int:
        """Certificates of both companies that were issued."""
        sql = "SELECT count(*) FROM vehicles_modulecertificate WHERE pem <> '' AND company_id = ANY(%s)"
        row = self.admin.execute(sql, [[self.ours.company.pk, self.theirs.company.pk]]).fetchone()
        return int(row[0]) if row else 0

    def issue(self) -> int:
        """What the signer does, with its own rights in the database."""

        async def issue() -> int:
            where = main._conninfo(self.config)  # the signer's own way in
            async with await psycopg.AsyncConnection.connect(where, autocommit=True) as db:
                return await Issuer.of(self.config).issue_waiting(db)

        return asyncio.run(issue())

    @contextmanager
    def signer(self) -> Iterator[None]:
        """Issues whatever is asked for while the block lasts."""
        done = threading.Event()

        def work() -> None:
            while not done.wait(0.05):
                self.issue()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
