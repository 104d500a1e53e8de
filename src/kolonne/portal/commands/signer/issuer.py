"""Issues the certificates of modules, with a key that only the signer's process reads.

The application leaves a request in a row, for a module that it has let in; what the certificate says is decided here.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from psycopg.rows import tuple_row

from kolonne.config import Config
from kolonne.portal.lib import channels
from kolonne.portal.vehicles import csr

log = structlog.get_logger()

AT_ONCE = 20
BACKDATED = timedelta(days=1)
"""Clocks on board may be behind."""
REFUSED = "refused"
"""Stands for the serial number of a request that no honest portal can have written."""

_WAITING = """
    SELECT c.id, m.id, m.serial, c.request FROM vehicles_modulecertificate c
    JOIN vehicles_module m ON m.id = c.module_id
    WHERE c.pem = '' AND c.serial_number = '' AND c.revoked_at IS NULL AND m.status = 'active'
    ORDER BY c.id LIMIT %s FOR UPDATE OF c SKIP LOCKED
"""
_ISSUED = """
    UPDATE vehicles_modulecertificate
    SET pem = %s, serial_number = %s, fingerprint = %s, not_before = %s, not_after = %s
    WHERE id = %s
"""
_SUPERSEDED = """
    UPDATE vehicles_modulecertificate SET superseded_at = now()
    WHERE module_id = %s AND id <> %s AND superseded_at IS NULL AND pem <> ''
"""


class Issuer:
    """The authority for modules."""

    def __init__(self, certificate: x509.Certificate, key: EllipticCurvePrivateKey, *, days: int) -> None:
        self._certificate = certificate
        self._key = key
        self._life = timedelta(days=days)

    @classmethod
    def of(cls, config: Config) -> "Issuer":
        """Raises ConfigError, ValueError."""
        key = load_pem_private_key(config.secret("device-ca-key").encode(), None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise ValueError("device-ca-key is not a key of P-256")
        certificate = x509.load_pem_x509_certificate(config.secret("device-ca.pem").encode())
        return cls(certificate, key, days=config.certificate_days)

    def issue(self, serial: str, asked: csr.KeyRequest) -> x509.Certificate:
        """For the key that was asked for; the name is the module's serial, whatever the request says."""
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, serial)])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._certificate.subject)
            .public_key(asked.key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(now + self._life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_SIGNS_ONLY, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        return made.sign(self._key, SHA256())

    async def issue_waiting(self, db: psycopg.AsyncConnection[Any]) -> int:
        """Everything that was asked for and committed; how many were issued."""
        number = 0
        while True:
            async with db.transaction():
                cursor = db.cursor(row_factory=tuple_row)
                rows = await (await cursor.execute(_WAITING, [AT_ONCE])).fetchall()
                for row in rows:
                    number += await self._answer(db, *row)
            if len(rows) < AT_ONCE:
                return number

    async def _answer(
        self, db: psycopg.AsyncConnection[Any], request_id: int, module_id: int, serial: str, request: bytes
    ) -> bool:
        try:
            made = self.issue(serial, csr.read(bytes(request)))
        except csr.BadRequest as error:
            log.error("certificate request refused", request=request_id, serial=serial, reason=str(error))
            refused = "UPDATE vehicles_modulecertificate SET serial_number = %s WHERE id = %s"
            await db.execute(refused, [REFUSED, request_id])
            return False
        fingerprint, pem = made.fingerprint(SHA256()), made.public_bytes(Encoding.PEM).decode("ascii")
        number, life = f"{made.serial_number:x}", (made.not_valid_before_utc, made.not_valid_after_utc)
        await db.execute(_ISSUED, [pem, number, fingerprint, *life, request_id])
        await db.execute(_SUPERSEDED, [module_id, request_id])
        await db.execute("SELECT pg_notify(%s, %s)", [channels.MODULES, serial])
        log.info("certificate issued", serial=serial, number=number, until=made.not_valid_after_utc.isoformat())
        return True


_SIGNS_ONLY = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
