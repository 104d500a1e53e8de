"""The details of an audit entry in the reader's words; what has no words is not shown."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.audit import texts
from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.models import Kind, Role

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LABELS: "dict[str, StrOrPromise]" = {
    "name": gettext_lazy("Name"),
    "legal_form": gettext_lazy("Legal form"),
    "register_number": gettext_lazy("Register number"),
    "vat_number": gettext_lazy("VAT number"),
    "street": gettext_lazy("Street and number"),
    "postal_code": gettext_lazy("Postal code"),
    "city": gettext_lazy("City"),
    "customer_number": gettext_lazy("Customer number"),
    "time_zone": gettext_lazy("Time zone"),
    "partner_id": gettext_lazy("After-sales partner"),
    "second_factor_for_all": gettext_lazy("Second factor for everybody"),
    "warn_days": gettext_lazy("Days until the warning"),
    "lock_days": gettext_lazy("Days until the lock"),
    "notice_days": gettext_lazy("Days until the notice of deletion"),
    "delete_days": gettext_lazy("Days until deletion"),
    "support_email": gettext_lazy("E-mail address of the support"),
    "support_phone": gettext_lazy("Telephone of the support"),
    "roles": gettext_lazy("Roles"),
    "rights": gettext_lazy("Rights"),
    "application": gettext_lazy("Application"),
    "kind": gettext_lazy("Kind"),
    "reason": gettext_lazy("Reason"),
    "product": gettext_lazy("Service"),
    "scopes": gettext_lazy("Scopes"),
    "command": gettext_lazy("Command"),
    "fields": gettext_lazy("Changed"),
    "helper": gettext_lazy("Helper"),
}


FIELDS: "dict[str, StrOrPromise]" = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "birth_date": gettext_lazy("Date of birth"),
    "mobile": gettext_lazy("Mobile number"),
}
"""Of a person; the audit says that they changed and not to what."""


def details(entry: Entry) -> list[str]:
    """One line for each fact that has words."""
    facts = dict(entry.facts)
    if entry.verb == "identity.market.changed":
        facts = {"changed": facts}
    lines = [_change(name, *pair) for name, pair in facts.pop("changed", {}).items() if name in LABELS]
    if {"before", "after"} <= facts.keys():
        lines.append(_change("roles", facts["before"], facts["after"]))
    lines += [f"{LABELS[name]}: {_value(name, value)}" for name, value in facts.items() if name in LABELS]
    return lines


def _change(name: str, before: Any, after: Any) -> str:
    return f"{LABELS[name]}: {_value(name, before)} → {_value(name, after)}"


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_word(name, one) for one in value) or "–"
    return _word(name, value) if value not in {None, ""} else "–"


def _word(name: str, value: Any) -> str:
    if name == "fields":
        return str(FIELDS.get(value, value))
    known: dict[str, Callable[[str], Any]] = {"roles": Role, "kind": Kind}
    try:
        return str(known[name](value).label)
    except (KeyError, ValueError):
        return str(value)


def rows(entries: list[Entry], *, address_of: int | None, company: str = "") -> Iterator[dict[str, Any]]:
    """What a list shows of entries. `address_of`: only this user's own addresses; None: all of them. Where all entries
    are of one company, its name is not said in each."""
    for entry in entries:
        shows_address = address_of is None or entry.user_id == address_of
        yield {
            "entry": entry,
            "details": details(entry),
            "who": texts.name_in_words(entry.actor, entry.user_id),
            "in_the_name_of": texts.name_in_words(entry.acting_for, entry.acting_for_id),
            "about": _about(entry).removesuffix(f" · {company}") if company else _about(entry),
            "address": entry.address if shows_address else "",
        }


def _about(entry: Entry) -> str:
    kind, _colon, pk = entry.target.rpartition(":")
    person = int(pk) if kind == texts.PERSON and pk.isdecimal() else None
    return texts.name_in_words(entry.target_label, person)
