from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies import legal
from kolonne.portal.companies.actions.generations import begin_generation, keep_generation
from kolonne.portal.companies.actions.numbers import numbers_of, reserve_numbers
from kolonne.portal.companies.models import ROLES, Company, Kind, Membership, Role, Tenant
from kolonne.portal.companies.queries.directory import CUSTOMERS, WRITE, dealer, require_at
from kolonne.portal.companies.queries.generations import drops_verification, is_master_data
from kolonne.portal.identity.models import Market, State, User, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope

LEGAL_DATA = frozenset({"legal_form", "register_number", "vat_number"})
NUMBERS = frozenset({"register_number", "vat_number"})
NOT_FOR_HELPERS = frozenset({"second_factor_for_all", "partner_id"})
"""What protects the people's accounts, and who sees the company: nobody changes it in another's name (SU-02)."""


@dataclass(frozen=True)
class CompanyData:
    """What can be changed of an organisation. Its kind and its market cannot."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    customer_number: str = ""
    time_zone: str = "Europe/Oslo"
    partner_id: int | None = None
    """A dealer of the same market (B2-03)."""
    second_factor_for_all: bool = False
    legal_form: str = ""
    register_number: str = ""
    vat_number: str = ""

    @classmethod
    def of(cls, company: Company) -> "CompanyData":
        return cls(**{field.name: getattr(company, field.name) for field in fields(cls)})


@transaction.atomic
def create_company(
    *,
    actor: Actor,
    name: str,
    market: str,
    kind: Kind = Kind.FLEET,
    time_zone: str = "Europe/Oslo",
    data: CompanyData | None = None,
) -> Company:
    """A new organisation; `data` says more of it than its name. Raises NotAllowed, Invalid.

    Fleet companies wait for a dealer's check, unless the operator's own command line vouches for them (VE-01). Only
    that makes an operator: otherwise a helper could make helpers.
    """
    known = list(Market.objects.order_by("code").values_list("code", flat=True))
    if market not in known:
        raise Invalid("unknown_market", f"{market} is not a market", {"market": "one of " + ", ".join(known)})
    if not actor.may_in("companies.organisation:write", market) or (kind == Kind.OPERATOR and not actor.is_system):
        raise NotAllowed("companies.organisation:write")
    is_vouched_for = actor.is_system or kind != Kind.FLEET
    data = replace(data or CompanyData(name), name=name, time_zone=time_zone)
    return found_company(actor=actor, market=market, kind=kind, data=data, is_vouched_for=is_vouched_for)


@transaction.atomic
def found_company(
    *, actor: Actor, market: str, kind: Kind, data: CompanyData, is_vouched_for: bool = False, **declared: Any
) -> Company:
    """The rows of a new organisation and generation 1 of its data; the caller has checked that the actor may.

    `declared`: further columns, e.g. who declared the authority to act for it. Raises Invalid; Conflict `number_taken`
    when it is verified from the beginning and another one has its number.
    """
    tenant = Tenant.objects.create(kind=kind, market_id=market)
    with company_scope([tenant.pk]):
        company = Company(company=tenant, **declared)
        data = _in_kept_spelling(company, CompanyData(data.name), data)
        _check(company, asdict(data))
        for name, value in asdict(data).items():
            setattr(company, name, value)
        if is_vouched_for:
            reserve_numbers(company, numbers_of(company))
            company.verification, company.verified_at = Verification.VERIFIED, timezone.now()
        company.save(force_insert=True)
        keep_generation(actor, company)
        audit.record(actor, "companies.company.created", on=company, company_id=company.pk, kind=kind)
    return company


@transaction.atomic
def change_company(*, actor: Actor, company: Company, seen: CompanyData, data: CompanyData) -> Company:
    """Writes what differs from what the actor had `seen`, and only that: others' changes to other fields stay.

    Changed master data are a new generation (CO-02), and changed name, legal form or register number ask the dealer
    anew. Raises NotAllowed, Invalid; Conflict when somebody else changed one of the same fields meanwhile, and
    `number_taken` when another verified company has the new number.
    """
    require_at(actor, WRITE, company.company)
    before, after = asdict(seen), asdict(_in_kept_spelling(company, seen, data))
    changes = {name: value for name, value in after.items() if value != before[name]}
    if not changes:
        return company
    if actor.acting_for is not None and not NOT_FOR_HELPERS.isdisjoint(changes):
        raise NotAllowed(WRITE)
    _check(company, changes)
    with company_scope([company.pk]):
        # Form and numbers were checked together, so that none of them may be another meanwhile.
        looked_at = {*changes, *(() if LEGAL_DATA.isdisjoint(changes) else LEGAL_DATA)}
        unchanged = {name: before[name] for name in looked_at}
        _reserve(company, changes)
        follows = _what_follows(actor, company, changes)
        if Company.objects.filter(pk=company.pk, **unchanged).update(**changes, **follows) != 1:
            raise Conflict("changed_meanwhile", f"{company} was changed meanwhile", fields=sorted(changes))
        company.refresh_from_db()
        audit.record(
            actor,
            "companies.company.changed",
            on=company,
            company_id=company.pk,
            changed={name: [_shown(name, before[name]), _shown(name, value)] for name, value in changes.items()},
        )
        if "generation" in follows:
            begin_generation(actor, company)
    return company


def _what_follows(actor: Actor, company: Company, changes: Collection[str]) -> dict[str, Any]:
    """Columns that change along with others. The database counts: of two changes at once, each is a generation."""
    follows: dict[str, Any] = {"generation": F("generation") + 1} if is_master_data(changes) else {}
    if drops_verification(actor, company, changes):
        follows["verification"] = Verification.UNVERIFIED
    return follows


def _reserve(company: Company, changes: Mapping[str, Any]) -> None:
    """New numbers, also of a company that is not verified (any more): it would wait for a dealer in vain."""
    if NUMBERS.isdisjoint(changes):
        return
    list(Company.objects.select_for_update(no_key=True).filter(pk=company.pk).values_list("pk"))
    kept = {name: changes.get(name, "") for name in NUMBERS}
    reserve_numbers(company, legal.LegalData("", **kept))


def _in_kept_spelling(company: Company, seen: CompanyData, data: CompanyData) -> CompanyData:
    """Legal form and numbers as they are kept, if one of them changes; companies of old have none. Raises Invalid."""
    before, after = ([getattr(facts, name) for name in sorted(LEGAL_DATA)] for facts in (seen, data))
    if before == after:
        return data
    facts = {name: getattr(data, name) for name in LEGAL_DATA}
    return replace(data, **asdict(legal.checked(company.market_id, **facts)))


def _check(company: Company, changes: Mapping[str, Any]) -> None:
    if not changes.get("name", "x").strip():
        raise Invalid("no_name", "an organisation has a name", {"name": "the name under which it trades"})
    if changes.get("time_zone", "UTC") not in available_timezones():
        raise Invalid("unknown_time_zone", "this is no time zone", {"time_zone": "e.g. Europe/Oslo"})
    if changes.get("partner_id") is not None:
        if company.kind not in CUSTOMERS:
            raise Invalid("no_customer", f"a {company.kind} has no partner", {"partner": "none"})
        if not Tenant.objects.filter(pk=changes["partner_id"], kind=Kind.DEALER, market=company.market_id).exists():
            raise Invalid("unfit_partner", "this is no dealer of the market", {"partner": "a dealer of the market"})


def _shown(name: str, value: Any) -> Any:
    """As the audit keeps it: the name of a partner, not only his number."""
    return str(dealer(value) or "") if name == "partner_id" else value


@transaction.atomic
def add_member(*, actor: Actor, company: Company, user: User, roles: Iterable[Role]) -> Membership:
    """Puts a person into a company. Raises NotAllowed, Invalid, Conflict; nobody adds himself (CO-04)."""
    require_at(actor, "companies.member:write", company.company)
    if actor.user_id == user.pk:
        raise Conflict("own_role", "nobody gives a role to himself")
    wanted = checked_roles(company, roles)
    with company_scope([company.pk]):
        # Whoever acts on the person now, as on one who belongs nowhere else, is done first.
        state = User.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=user.pk)
        if state == State.DELETED:
            raise Conflict("wrong_state", f"{user} is deleted", state=state)
        if Membership.objects.filter(company=company, user=user).exists():
            raise Conflict("already_member", f"{user} is in this company already")
        membership = Membership.objects.create(company=company, user=user, roles=wanted)
        audit.record(actor, "companies.member.added", on=membership, company_id=company.pk, roles=wanted)
    return membership


def checked_roles(company: Company, roles: Iterable[Role]) -> list[Role]:
    """Raises Invalid when a role cannot be held in this kind of organisation."""
    wanted = sorted(set(roles))
    fitting = ROLES[company.kind]
    if not wanted or not set(wanted) <= set(fitting):
        remedy = "one or several of " + ", ".join(fitting)
        raise Invalid(
            "unfit_role", f"{', '.join(wanted) or 'nothing'} is no role in a {company.kind}", {"roles": remedy}
        )
    return wanted
