"""What other contexts add to the merge of two companies (CO-10); each calls `add_merge_part` when it is loaded.

Rows need nothing of this to move: every table with a `company_id` is found in the catalogue of the database. A part
says what the merge does to its things, and clears away what cannot stand twice in one company.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor

Place = dict[str, Any]
"""Where work in pieces goes on, as JSON. `done` and `total` are shown as the progress."""
Hook = Callable[[Actor, Company, Company], None]
"""(actor, gone, stays), with the rows of both in scope."""


@dataclass(frozen=True)
class Pair:
    """Two companies, of which one becomes part of the other."""

    gone: Company
    stays: Company


@dataclass(frozen=True)
class Effect:
    """What the merge does to one kind of thing, from the real state."""

    title: str
    """With the number of them, e.g. "12 vans"."""
    text: str


@dataclass(frozen=True)
class Later:
    """Rows of which there are too many for one transaction; they follow when the others have moved."""

    plan: Callable[[Company], Place]
    """In the transaction that moves the others, before it does: where to begin."""
    move: Callable[[int, int, Place], Place | None]
    """(gone, stays, place): moves some, in a transaction of its own; where to go on, or None at the end."""


@dataclass(frozen=True)
class MergePart:
    """One context's part of a merge."""

    name: str
    effects: Callable[[Pair], list[Effect]]
    begin: Hook | None = None
    """In the transaction of the confirmation: what ends at once."""
    before: Hook | None = None
    """In the transaction that moves the rows, before it does."""
    after: Hook | None = None
    """In the same transaction, afterwards: both companies' rows are those of the one that stays."""
    later: Later | None = None
    order: int = 0
    """Of its effects in the preview: vans and contracts first, what ends for good last."""
    solves: frozenset[str] = frozenset()
    """Names of unique indexes whose clashes `begin` or `before` clear away."""


_parts: list[MergePart] = []


def add_merge_part(part: MergePart) -> None:
    """Adds a part, after those of lower contexts."""
    _parts.append(part)


def merge_parts() -> list[MergePart]:
    return list(_parts)


def later_parts() -> Mapping[str, Later]:
    return {part.name: part.later for part in _parts if part.later is not None}
