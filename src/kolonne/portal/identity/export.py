"""Everything that is known of a person, as one file that programs can read (ID-14; GDPR articles 15 and 20)."""

import json
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.identity.models import HelpRequest, PrivateProfile, User
from kolonne.portal.lib.scope import user_scope

Part = Callable[[User], Any]
_parts: dict[str, Part] = {}
PROFILE = (
    "username", "first_name", "last_name", "email", "language", "market_id", "state", "state_since", "date_joined",
    "last_sign_in_at", "life_cycle_step", "life_cycle_at",
)  # fmt: skip


def add_part(name: str, part: Part) -> None:
    """Adds what another context knows of a person; anything that JSON and Django's types can hold, and no secrets."""
    _parts[name] = part


def export_parts() -> dict[str, Part]:
    return dict(_parts)


def as_json(user: User) -> str:
    """All parts, in the order in which their contexts were loaded."""
    document = {"exported_at": timezone.now()} | {name: part(user) for name, part in _parts.items()}
    return json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2) + "\n"


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


def _audit(user: User) -> list[dict[str, Any]]:
    """What the person did and what was done to him. Addresses of others' computers are theirs."""
    with user_scope(user.pk):
        entries = list(Entry.objects.filter(user_id=user.pk) | Entry.objects.filter(target=f"identity.user:{user.pk}"))
    return [
        {
            "at": entry.at,
            "verb": entry.verb,
            "by": entry.actor,
            "address": entry.address if entry.user_id == user.pk else "",
            "on": entry.target_label,
            "facts": entry.facts,
        }
        for entry in sorted(entries, key=lambda entry: entry.pk)
    ]


add_part("profile", _profile)
add_part("email_addresses", _addresses)
add_part("second_factors", _factors)
add_part("sessions", _sessions)
add_part("private_account", _private)
add_part("help_requests", _help_requests)
add_part("audit", _audit)
