"""What the verbs of the audit mean in words.

Every context says it for its own verbs, in a module `verbs.py` that is loaded when the programs start; a test walks
the source and fails on a verb that nobody explains.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_words: "dict[str, StrOrPromise]" = {}

CHECKED = "audit.chain.checked"
NAMES_REMOVED = "audit.names.removed"
PERSON = "identity.user"
"""How targets begin that are people."""
LOOKED = ".viewed"
"""How verbs end that say that somebody looked at something."""

GROUPS: "Mapping[str, StrOrPromise]" = {
    "people": _("People and sign-in"),
    "organisation": _("Organisation and rights"),
    "vans": _("Vans and services"),
    "commands": _("Commands to vans"),
    "looks": _("Who looked at what"),
}
PREFIXES: Mapping[str, tuple[str, ...]] = {
    "people": ("identity.", "support."),
    "organisation": ("companies.",),
    "vans": ("vehicles.", "commerce."),
    "commands": ("commands.",),
}
"""Contexts of each group's verbs; looks are a group of their own, whatever was looked at."""


def register(words: "Mapping[str, StrOrPromise]") -> None:
    """Says what verbs mean, as what was done: "User created"."""
    _words.update(words)


_own_business: list[str] = []


def only_for_oneself(*beginnings: str) -> None:
    """Says by which beginnings one knows what only the person himself reads, whoever may read else."""
    _own_business.extend(beginnings)


def own_business() -> list[str]:
    return list(_own_business)


def known() -> frozenset[str]:
    return frozenset(_words)


def words(verb: str) -> str:
    """In the reader's language; the verb itself for one of an older version that nobody knows any more."""
    return str(_words.get(verb, verb))


def name_in_words(name: str, person: int | None) -> str:
    """A name of an entry in the reader's language, also of somebody who was erased."""
    if person is not None and name == pseudonym(person):
        return gettext("Person %(number)s, whose data were erased") % {"number": person}
    return name


def pseudonym(person: int) -> str:
    """What stands in entries for somebody who was erased."""
    return f"person {person}"
