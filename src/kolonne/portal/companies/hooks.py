"""What other contexts add to the company account; each calls these when it is loaded.

A hook runs in the transaction of the act that calls it, in the company's scope, and may raise to refuse the act.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import Archive, Row

Hook = Callable[[Actor, Company], None]
_verified: list[Hook] = []
_master_data: list[Hook] = []


def when_verified(hook: Hook) -> None:
    """Adds what goes on by itself once a dealer verified the company or one of its things (VE-03). Idempotent, please:
    it runs again with every later case."""
    _verified.append(hook)


def go_on(actor: Actor, company: Company) -> None:
    """Runs everything that waited for the dealer."""
    for hook in _verified:
        hook(actor, company)


def when_master_data_changes(hook: Hook) -> None:
    """Adds what follows a new generation of the company's master data, which the company has already (CO-02)."""
    _master_data.append(hook)


Words = Callable[[Company], list[str]]
_before_master_data: list[Words] = []


def say_before_master_data_change(words: Words) -> None:
    """Adds sentences, from the real state, on what a new generation will bring about: "12 running contracts get a new
    generation". They are read on the page that confirms the change (CO-02)."""
    _before_master_data.append(words)


def master_data_consequences(company: Company) -> list[str]:
    return [sentence for words in _before_master_data for sentence in words(company)]


def tell_of_master_data(actor: Actor, company: Company) -> None:
    """Runs everything that follows changed master data."""
    for hook in _master_data:
        hook(actor, company)


@dataclass(frozen=True)
class CheckItem:
    """One more thing on a dealer's case page, e.g. a van beside its registration document."""

    key: str
    """Unique among all, e.g. `vehicle:7`."""
    label: str
    details: list[tuple[str, str]]
    """Words and what is stored."""
    state: str
    """A value of `Verification`."""
    reason: str


@dataclass(frozen=True)
class Checks:
    """How to find and to decide such things."""

    items: Callable[[Company], list[CheckItem]]
    decide: Callable[[Actor, Company, str, bool, str], None]
    """(actor, company, key, verified, reason); ignores keys of others."""


_checks: list[Checks] = []


def add_checks(checks: Checks) -> None:
    """Adds things that the dealer checks beside the person and the company."""
    _checks.append(checks)


def check_items(company: Company) -> list[CheckItem]:
    return [item for checks in _checks for item in checks.items(company)]


def decide_item(actor: Actor, company: Company, key: str, verified: bool, reason: str) -> None:  # noqa: FBT001
    for checks in _checks:
        checks.decide(actor, company, key, verified, reason)


@dataclass(frozen=True)
class Step:
    """Something to do next on a company's start page."""

    order: int
    title: str
    text: str
    url: str
    """Where it is done; empty while something else must come first, which `text` then names."""
    action: str
    """Of the button."""
    is_done: bool
    icon: str


NextStep = Callable[[Actor, Company], Step | None]
_steps: list[NextStep] = []


def add_next_step(step: NextStep) -> None:
    """Adds a step to the start page; None for people whom it does not concern."""
    _steps.append(step)


def next_steps(actor: Actor, company: Company) -> list[Step]:
    found = [step for make in _steps if (step := make(actor, company)) is not None]
    return sorted(found, key=lambda step: step.order)


@dataclass(frozen=True)
class Consequence:
    """What a company's deletion does to one kind of thing, from the real state (CO-07)."""

    title: str
    """With the number of them, e.g. "12 vans"."""
    text: str
    when: str
    """`at_once`, `contracts_end` or `erased`."""


@dataclass(frozen=True)
class Departure:
    """One context's part of a company's deletion. Every function is idempotent and finishes within a minute or says
    that it is not done: jobs that were killed start it again."""

    name: str
    consequences: Callable[[Company], list[Consequence]]
    at_once: Hook | None = None
    """In the transaction of the order."""
    when_contracts_end: Hook | None = None
    """After the notice period, in a transaction of its own."""
    erase: Callable[[Actor, Company], bool] | None = None
    """After that; deletes some rows in a transaction of its own, True when none is left."""


_departures: list[Departure] = []


def add_departure(part: Departure) -> None:
    """Adds a part; those of higher contexts run first, because their rows hang on those of lower ones."""
    _departures.insert(0, part)


def departures() -> list[Departure]:
    return list(_departures)


Part = Callable[[Company], Iterable[Row]]
_exports: dict[str, Part] = {}


def add_export(name: str, part: Part) -> None:
    """Adds rows of a context to the export of all of a company's data, as `<name>.json` and `<name>.csv` (CO-11)."""
    _exports[name] = part


def exports() -> dict[str, Part]:
    return dict(_exports)


Unit = Callable[[Archive], int]
"""A piece of the export's work: writes files of its own and answers how many rows; runs in a transaction of its own."""
Files = Callable[[Company], Iterable[Unit]]
_files: list[Files] = []


def add_export_files(files: Files) -> None:
    """Adds what is no single table, e.g. the readings of each van (CO-11)."""
    _files.append(files)


def export_files() -> list[Files]:
    return list(_files)
