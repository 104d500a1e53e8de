"""The one place that opens companies' rows (NF-03).

PostgreSQL compares each row's `company_id` with the transaction-local setting `kolonne.companies`; unset means no
rows at all. `company_scope` is the only function that sets it, so a forgotten filter in a query shows nothing
foreign, and a forgotten scope shows nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

COMPANIES = "kolonne.companies"
USER = "kolonne.user"
API_KEY = "kolonne.api_key"
MEMBERSHIPS = "kolonne.memberships"
PLATFORM = "kolonne.platform"
DEALER = "kolonne.dealer"
CASE = "kolonne.case"
INVITATION = "kolonne.invitation"
VIN = "kolonne.vin"
HANDOVER = "kolonne.handover"
MODULE = "kolonne.module"
MODULE_CLAIM = "kolonne.module_claim"
CERTIFICATE = "kolonne.certificate"


@contextmanager
def company_scope(companies: Iterable[int]) -> Iterator[None]:
    """Within, rows of exactly these companies can be read and written. Runs in a transaction; nests."""
    with _setting(COMPANIES, "{" + ",".join(str(int(company)) for company in companies) + "}"):
        yield


@contextmanager
def user_scope(user_id: int) -> Iterator[None]:
    """Within, a user's own memberships can be read, and what the audit says of him or by him, in all companies."""
    with _setting(USER, str(int(user_id))):
        yield


@contextmanager
def memberships_scope() -> Iterator[None]:
    """Within, who belongs to which company can be read of everybody, and nothing else of any company: to learn in whose
    hands a person is (ID-09)."""
    with _setting(MEMBERSHIPS, "on"):
        yield


@contextmanager
def api_key_scope(sha256: bytes) -> Iterator[None]:
    """Within, the one API key with this hash can be read, to learn whose it is."""
    with _setting(API_KEY, sha256.hex()):
        yield


@contextmanager
def platform_scope() -> Iterator[None]:
    """Within, audit entries that belong to no company can be read, to continue their chain."""
    with _setting(PLATFORM, "on"):
        yield


@contextmanager
def dealer_scope(dealer_id: int) -> Iterator[None]:
    """Within, a dealer's customers can be found: companies that chose him as partner, cases that he opened (VE-04).

    For learning their ids only; `company_scope` then opens what is shown of them.
    """
    with _setting(DEALER, str(int(dealer_id))):
        yield


@contextmanager
def case_scope(code: str) -> Iterator[None]:
    """Within, the one verification case with this code can be read, to learn whose it is."""
    with _setting(CASE, code):
        yield


@contextmanager
def invitation_scope(sha256: bytes) -> Iterator[None]:
    """Within, the one invitation whose token has this hash can be read, to learn whose it is."""
    with _setting(INVITATION, sha256.hex()):
        yield


@contextmanager
def vin_scope(*vins: str) -> Iterator[None]:
    """Within, the vans that have these VINs now can be read, and the claims on them, to learn whose they are and for
    whom they are reserved (VH-02). For steps between two companies: nobody is told more than that a VIN is taken."""
    with _setting(VIN, ",".join(vins)):
        yield


@contextmanager
def handover_scope(sha256: bytes) -> Iterator[None]:
    """Within, the one hand-over whose code has this hash can be read, to learn whose van it is (VH-09)."""
    with _setting(HANDOVER, sha256.hex()):
        yield


@contextmanager
def module_scope(serial: str) -> Iterator[None]:
    """Within, all rows of one device can be read, to learn whether it serves elsewhere."""
    with _setting(MODULE, serial):
        yield


@contextmanager
def module_claim_scope(sha256: bytes) -> Iterator[None]:
    """Within, the one module claim whose code has this hash can be read, to learn whose it is."""
    with _setting(MODULE_CLAIM, sha256.hex()):
        yield


@contextmanager
def certificate_scope(fingerprint: bytes) -> Iterator[None]:
    """Within, the one certificate with this fingerprint can be read, to learn whose it is."""
    with _setting(CERTIFICATE, fingerprint.hex()):
        yield


def all_companies() -> list[int]:
    """Ids of every company, for the operator's own commands and jobs that walk all companies one by one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM companies_tenant ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def _setting(name: str, value: str) -> Iterator[None]:
    with transaction.atomic():
        before = _exchange(name, value)
        yield
        # Not reached on an error: the rolled-back savepoint has restored the setting already.
        _exchange(name, before)


def _exchange(name: str, value: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [name])
        before: str = cursor.fetchone()[0]
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    return before
