"""Generations of a company's master data: what was true when a contract was signed stays readable (CO-02)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kolonne.portal.companies import hooks, legal
from kolonne.portal.companies.models import Company, CompanyVersion, Kind
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

MASTER_DATA = ("name", "legal_form", "register_number", "vat_number", "street", "postal_code", "city")
"""A change of one of these makes a new generation."""
VERIFIED_DATA = frozenset({"name", "legal_form", "register_number"})
"""What the dealer compared: a change asks him anew."""


def is_master_data(changed: Collection[str]) -> bool:
    """Whether a change of these fields makes a new generation."""
    return not set(MASTER_DATA).isdisjoint(changed)


def drops_verification(actor: Actor, company: Company, changed: Collection[str]) -> bool:
    """Whether a change of these fields takes a company's verification, if it has one: the dealer compared them with
    documents. The operator's own command line vouches for what it writes."""
    return company.kind == Kind.FLEET and not actor.is_system and not VERIFIED_DATA.isdisjoint(changed)


def consequences(actor: Actor, company: Company, changed: Collection[str]) -> list[str]:
    """What a change of these fields brings about, to be read before it is saved; empty when nothing needs a thought."""
    if not is_master_data(changed):
        return []
    with company_scope([company.pk]):
        of_others = hooks.master_data_consequences(company)
    said = [
        _("The company's data get generation %(new)s. Generation %(old)s stays readable in the history.")
        % {"new": company.generation + 1, "old": company.generation},
        *of_others,
    ]
    if company.verification != Verification.UNVERIFIED and drops_verification(actor, company, changed):
        said.append(
            _(
                "A dealer has to verify the company anew, because name, legal form or register number change. Until "
                "then nobody can be invited and no order completed; what runs goes on."
            )
        )
    return said


@dataclass(frozen=True)
class Difference:
    """One field that another generation had otherwise."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Generation:
    """One generation, and how it differs from the one before."""

    version: CompanyVersion
    legal_form: str
    """In words."""
    until: datetime | None
    """When the next one replaced it."""
    differences: list[Difference]
    """Empty for the first one."""


def history(company: Company) -> list[Generation]:
    """All generations, newest first."""
    with company_scope([company.pk]):
        versions = list(CompanyVersion.objects.filter(company=company).order_by("generation"))
    before: list[CompanyVersion | None] = [None, *versions]
    after: list[CompanyVersion | None] = [*versions[1:], None]
    found = [
        Generation(
            version,
            in_words(company, "legal_form", version),
            later.since if later else None,
            _differences(company, earlier, version),
        )
        for earlier, version, later in zip(before, versions, after, strict=False)
    ]
    return found[::-1]


def _differences(company: Company, earlier: CompanyVersion | None, version: CompanyVersion) -> list[Difference]:
    if earlier is None:
        return []
    return [
        Difference(label_of(name), in_words(company, name, earlier), in_words(company, name, version))
        for name in MASTER_DATA
        if getattr(earlier, name) != getattr(version, name)
    ]


def in_words(company: Company, name: str, data: object) -> str:
    """A field of the master data as people read it; a legal form is kept as a code."""
    value: str = getattr(data, name)
    return legal.form_name(company.market_id, value) if name == "legal_form" else value


def label_of(name: str) -> str:
    """The words for a field of the master data."""
    return str(CompanyVersion._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column of text
