"""A company registers itself; nobody of the operator takes part (CO-01, CO-09)."""

from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies import legal
from kolonne.portal.companies.actions.generations import keep_generation
from kolonne.portal.companies.models import Company, Kind, Membership, Role, Tenant
from kolonne.portal.companies.queries.profile import belongs_somewhere
from kolonne.portal.companies.queries.registered import is_registered, waiting_companies
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions import registration as identity
from kolonne.portal.identity.models import Market, PrivateProfile, User
from kolonne.portal.lib.actor import MAX_LABEL, Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope

MOST_WAITING = 3
"""Companies of one person that wait for a dealer; the next one only when one of them was verified."""


@dataclass(frozen=True)
class CompanyToBe:
    """What is declared about a company."""

    name: str
    legal_form: str
    register_number: str
    vat_number: str
    street: str
    postal_code: str
    city: str


@transaction.atomic
def register_company(
    *, actor: Actor, market: str, data: CompanyToBe, person: identity.Person | None, is_declared: bool
) -> Company:
    """A fleet company that waits for a dealer's check, with whoever registers it as its first administrator.

    `person` fills in what is not known of him yet. Sent twice, it is the same company. Raises NotAllowed for programs
    and for helpers in another's name; Invalid naming fields; Conflict `company_known`, `too_many_waiting`.
    """
    if actor.user_id is None or actor.acting_for is not None:
        raise NotAllowed("companies.company:register")
    if not is_declared:
        raise Invalid("not_declared", "nobody registers a company without authority", {"declared": "declare it"})
    if not Market.objects.filter(pk=market).exists():
        raise Invalid("unknown_market", f"{market} is not a market", {"market": "one of the list"})
    # One after the other for each person: the same form sent twice finds what the first one made.
    user = User.objects.select_for_update().get(pk=actor.user_id)
    data = _checked(market, data)
    if same := _same(user, market, data):
        return same
    _refuse_known(user, market, data)
    _settle(actor, user, market, person)
    return _create(actor, user, market, data)


def _checked(market: str, data: CompanyToBe) -> CompanyToBe:
    """In the spelling that is kept."""
    kept = legal.checked(
        market,
        legal_form=data.legal_form,
        register_number=data.register_number,
        vat_number=data.vat_number,
    )
    plain = {name: " ".join(value.split()) for name, value in asdict(data).items()}
    missing = [name for name in ("name", "street", "postal_code", "city") if not plain[name]]
    if missing:
        raise Invalid("incomplete", "a company has a name and an address", dict.fromkeys(missing, "fill it in"))
    return CompanyToBe(**plain | asdict(kept))


def _same(user: User, market: str, data: CompanyToBe) -> Company | None:
    """The person's own company with exactly these data, from a form that was sent twice."""
    facts = asdict(data)
    for company in waiting_companies(user):
        if company.market_id == market and all(getattr(company, name) == value for name, value in facts.items()):
            return company
    return None


def _refuse_known(user: User, market: str, data: CompanyToBe) -> None:
    if len(waiting_companies(user)) >= MOST_WAITING:
        raise Conflict("too_many_waiting", f"{MOST_WAITING} companies wait for a dealer already", most=MOST_WAITING)
    # Two people with one number may both go on: the dealer verifies one of their companies only.
    if is_registered(market, legal.LegalData(data.legal_form, data.register_number, data.vat_number)):
        raise Conflict("company_known", "a company with this number is registered", field="register_number")


def _settle(actor: Actor, user: User, market: str, person: identity.Person | None) -> None:
    """Completes what a dealer compares. Whoever belongs nowhere yet comes into the care of the company's market."""
    if person is not None:
        identity.complete(actor=actor, user=user, person=person)
    if not identity.is_complete(user):
        raise Invalid("no_person", "a dealer compares name and date of birth", {"birth_date": "fill it in"})
    if not belongs_somewhere(user) and not PrivateProfile.objects.filter(user=user).exists():
        identity.change_market(actor=actor, user=user, market=market)


def _create(actor: Actor, user: User, market: str, data: CompanyToBe) -> Company:
    tenant = Tenant.objects.create(kind=Kind.FLEET, market_id=market)
    with company_scope([tenant.pk]):
        company = Company(
            company=tenant,
            time_zone=legal.country(market).time_zone,
            declared_by=str(user)[:MAX_LABEL],
            declared_at=timezone.now(),
            **asdict(data),
        )
        company.save(force_insert=True)
        keep_generation(actor, company)
        audit.record(actor, "companies.company.registered", on=company, company_id=company.pk, market=market)
        roles = [Role.ADMINISTRATOR]
        membership = Membership.objects.create(company=company, user=user, roles=roles)
        audit.record(actor, "companies.member.added", on=membership, company_id=company.pk, roles=roles)
    mails.post("company_registered", user, company=company.name)
    return company
