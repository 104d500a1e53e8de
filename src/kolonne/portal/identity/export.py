"""Everything that is known of a person, as a zip of tables (CO-11, ID-14; GDPR articles 15 and 20)."""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.identity.models import HelpRequest, PrivateProfile, User
from kolonne.portal.lib.archive import Archive
from kolonne.portal.lib.scope import user_scope

Rows = Iterable[dict[str, Any]] | dict[str, Any] | None
Part = Callable[[User], Rows]
_parts: dict[str, Part] = {}
BATCH = 500
PROFILE = (
    "username", "first_name", "last_name", "email", "language", "market_id", "state", "state_since", "date_joined",
    "last_sign_in_at", "life_cycle_step", "life_cycle_at", "birth_date", "mobile", "verification", "verified_at",
    "deletion_asked_at",
)  # fmt: skip
README = """\
Everything that Kolonne keeps of {username}, as of {time} (UTC).

Each table is there twice with the same content: as JSON for programs and as CSV (UTF-8, comma) for spreadsheets.
Text that a spreadsheet would run as a formula has an apostrophe before it in the CSV. Times are UTC (ISO 8601).
Passwords, keys and PINs are in none of these files.
"""


def add_part(name: str, part: Part) -> None:
    """Adds what another context knows of a person: rows, one row or None; no secrets. Becomes `<name>.json`, `.csv`."""
    _parts[name] = part


def write(user: User, file: IO[bytes]) -> dict[str, int]:
    """All parts, in the order in which their contexts were loaded; how many rows each has. Memory stays small."""
    now = timezone.now()
    counts: dict[str, int] = {}
    with Archive(file, made_at=now) as archive:
        for name, part in _parts.items():
            counts[name] = archive.table(name, _rows(part(user)))
        time = now.isoformat(timespec="seconds")
        archive.text("README.txt", README.format(username=user.username, time=time))
    return counts


def _rows(part: Rows) -> Iterable[dict[str, Any]]:
    if part is None:
        return []
    return [part] if isinstance(part, dict) else part


def _profile(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in PROFILE}


def _addresses(user: User) -> list[dict[str, Any]]:
    return list(EmailAddress.objects.filter(user=user).order_by("pk").values("email", "verified", "primary"))


def _factors(user: User) -> list[dict[str, Any]]:
    """Names and dates; what proves them stays here."""
    return [
        {
            "kind": factor.get_type_display(),
            "name": factor.data.get("name", ""),
            "created_at": factor.created_at,
            "last_used_at": factor.last_used_at,
        }
        for factor in Authenticator.objects.filter(user=user).order_by("pk")
    ]


def _sessions(user: User) -> list[dict[str, Any]]:
    sessions = UserSession.objects.filter(user=user).order_by("pk")
    return list(sessions.values("ip", "user_agent", "created_at", "last_seen_at"))


def _private(user: User) -> dict[str, Any] | None:
    fields = ("name", "mobile", "street", "postal_code", "city", "since")
    profile = PrivateProfile.objects.filter(user=user).values(*fields).first()
    return dict(profile) if profile else None


def _help_requests(user: User) -> list[dict[str, Any]]:
    given = ("user_id_given", "first_name", "last_name", "email", "company_name", "company_address")
    requests = HelpRequest.objects.filter(user=user).order_by("pk")
    return list(requests.values(*given, "created_at", "state", "handled_at"))


def _audit(user: User) -> Iterator[dict[str, Any]]:
    """What the person did and what concerns him. Addresses of others' computers are theirs."""
    last = 0
    while True:
        with user_scope(user.pk):
            his = Entry.objects.filter(people__contains=[user.pk], pk__gt=last).order_by("pk")
            batch = list(his[:BATCH])
        yield from (_entry(entry, user) for entry in batch)
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


def _entry(entry: Entry, user: User) -> dict[str, Any]:
    return {
        "at": entry.at,
        "verb": entry.verb,
        "by": entry.actor,
        "in_the_name_of": entry.acting_for,
        "address": entry.address if entry.user_id == user.pk else "",
        "on": entry.target_label,
        "facts": entry.facts,
    }


add_part("profile", _profile)
add_part("email_addresses", _addresses)
add_part("second_factors", _factors)
add_part("sessions", _sessions)
add_part("private_account", _private)
add_part("help_requests", _help_requests)
add_part("audit", _audit)
