"""What is left of an entry when the names of somebody who was erased are taken out. Pure.

Of the facts only what cannot name anybody stays: numbers, and strings under keys that are known to hold codes, days or
the data of companies. A key that nobody thought of is emptied.
"""

import re
from dataclasses import dataclass
from typing import Any

from kolonne.portal.audit.models import Entry
from kolonne.portal.audit.texts import PERSON, pseudonym

CODES = frozenset({
    "after", "application", "before", "channel", "command", "country", "document", "drive", "factor", "kind",
    "language", "legal_form", "market", "method", "product", "products", "result", "rights", "role", "roles", "scopes",
    "state", "step", "verification", "via",
})  # fmt: skip
"""Keys of words that we chose: `fleet_manager`, `vehicle-supervision`."""
DAYS = frozenset({"ends_at", "expires_at", "signs_from", "takes_effect_at", "valid_until"})
THINGS = frozenset({"company", "organisation", "partner_id", "plate", "prefix", "serial", "time_zone", "vin"})
"""Keys of the names of organisations and vans."""
COMPANY_DATA = frozenset({
    "name", "street", "postal_code", "city", "register_number", "vat_number", "customer_number", "support_email",
    "support_phone",
})  # fmt: skip
"""Kept where the entry is about an organisation or a market, and a person only changed them."""
ABOUT_COMPANIES = ("companies.company:", "companies.site:", "companies.companyversion:", "identity.market:")
NAMELESS = (
    *ABOUT_COMPANIES, "companies.apikey:", "companies.tenant:", "commands.", "commerce.", "identity.application:",
    "identity.helprequest:", "identity.signingkey:", "vehicles.",
)  # fmt: skip
"""Targets whose labels name things. The label of any other that concerns the person is emptied."""
_CODE = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,60}", re.IGNORECASE)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.+Z-]*)?")


@dataclass(frozen=True)
class Names:
    """Everything in an entry that can name people."""

    actor: str
    acting_for: str
    label: str
    address: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> "Names":
        return cls(entry.actor, entry.acting_for, entry.target_label, entry.address, entry.facts)


def without(entry: Entry, person: int) -> Names:
    """The names that stay when those of one person go. Others who are named in the entry keep theirs."""
    nobody = pseudonym(person)
    is_his = entry.user_id == person
    return Names(
        actor=nobody if is_his else entry.actor,
        acting_for=nobody if entry.acting_for_id == person else entry.acting_for,
        label=_label(entry, person),
        # Who was not signed in and did something to the person may have been the person.
        address="" if is_his or entry.user_id is None else entry.address,
        facts=_left(entry.facts, _is_about_company(entry)),
    )


def _label(entry: Entry, person: int) -> str:
    if entry.target == f"{PERSON}:{person}":
        return pseudonym(person)
    keeps = entry.target.startswith((f"{PERSON}:", *NAMELESS))
    return entry.target_label if keeps else ""


def _is_about_company(entry: Entry) -> bool:
    return entry.target.startswith(ABOUT_COMPANIES) and set(entry.people) <= {entry.user_id, entry.acting_for_id}


def _left(facts: Any, is_about_company: bool, key: str = "") -> Any:  # noqa: FBT001
    if isinstance(facts, dict):
        return {name: _left(one, is_about_company, name) for name, one in facts.items() if _KEY.fullmatch(name)}
    if isinstance(facts, list):
        return [_left(one, is_about_company, key) for one in facts]
    return facts if not isinstance(facts, str) or _is_harmless(facts, key, is_about_company) else ""


def _is_harmless(text: str, key: str, is_about_company: bool) -> bool:  # noqa: FBT001
    if key in CODES:
        return _CODE.fullmatch(text) is not None
    if key in DAYS:
        return _DAY.fullmatch(text) is not None
    return key in THINGS or (is_about_company and key in COMPANY_DATA)
