"""Which parts of the audit somebody may read (NF-06, ID-09)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from kolonne.portal.audit import queries as audit
from kolonne.portal.audit import texts
from kolonne.portal.audit.models import Entry
from kolonne.portal.audit.queries import ChainState, Page, Wanted
from kolonne.portal.companies.models import Company, Membership, Merge, Tenant
from kolonne.portal.companies.queries.directory import may_at
from kolonne.portal.companies.queries.people import companies_with, in_the_hands_of, looking_everywhere, markets_with
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope, platform_scope, user_scope

READ = "companies.audit:read"


@dataclass(frozen=True)
class Chain:
    """One organisation's entries; without one, those of no organisation about the people of the reader's markets."""

    company: Company | None

    @property
    def company_id(self) -> int | None:
        return self.company.pk if self.company else None


def own_chain(actor: Actor) -> Chain:
    """Where a reader begins: his own organisation's, else that of his markets. Raises NotAllowed."""
    mine = companies_with(actor, READ)
    if mine:
        return chain_of(actor, mine[0])
    return market_chain(actor)


def market_chain(actor: Actor) -> Chain:
    """Raises NotAllowed to everybody but market administrators."""
    if not markets_with(actor, READ):
        raise NotAllowed(READ)
    return Chain(None)


def chain_of(actor: Actor, company_id: int) -> Chain:
    """An organisation's. Raises NotFound to strangers."""
    tenant = Tenant.objects.filter(pk=company_id).select_related("merged_into").first()
    if tenant is not None and tenant.closed_at is not None and tenant.merged_into is not None:
        return _past_chain(actor, tenant, tenant.merged_into)
    if tenant is None or not may_at(actor, READ, tenant):
        raise NotFound("audit")
    with company_scope([company_id]):
        return Chain(Company.objects.select_related("company").get(pk=company_id))


def _past_chain(actor: Actor, gone: Tenant, stays: Tenant) -> Chain:
    """Of a company that became part of another one, for whoever may read that one's (CO-10)."""
    if not may_at(actor, READ, stays):
        raise NotFound("audit")
    with company_scope([gone.pk]):
        name = Merge.objects.filter(gone=gone, done_at__isnull=False).values_list("gone_name", flat=True).first()
    return Chain(Company(company=gone, name=name or f"Company {gone.pk}"))


@contextmanager
def _open(actor: Actor, chain: Chain) -> Iterator[QuerySet[Entry]]:
    """The entries that may be read of a chain."""
    if chain.company_id is not None:
        with company_scope([chain.company_id]):
            yield Entry.objects.filter(company_id=chain.company_id)
        return
    with looking_everywhere(actor), platform_scope():
        people = User.objects.filter(in_the_hands_of(actor, READ))
        targets = people.annotate(target=Concat(Value("identity.user:"), Cast("pk", CharField()))).values("target")
        markets = audit.targets_of("identity.market", markets_with(actor, READ))
        entries = Entry.objects.filter(Q(target__in=targets) | Q(target__in=markets), company_id=None)
        for beginning in texts.own_business():
            entries = entries.exclude(verb__startswith=beginning)
        yield entries


def read(actor: Actor, chain: Chain, wanted: Wanted) -> Page:
    """One page of a chain, newest first."""
    with _open(actor, chain) as entries:
        return audit.read(entries, wanted)


def state(actor: Actor, chain: Chain) -> ChainState | None:
    """What the last check of the chain found."""
    with _open(actor, chain), platform_scope():
        return audit.chain_state(chain.company_id)


def read_about(user: User, wanted: Wanted) -> Page:
    """What a person did and what was done to him, in all organisations and in none."""
    with user_scope(user.pk):
        memberships = dict(Membership.objects.filter(user=user).values_list("pk", "company_id"))
    with user_scope(user.pk), company_scope(memberships.values()):
        targets = [
            *audit.targets_of("identity.user", [user.pk]),
            *audit.targets_of("companies.membership", memberships),
        ]
        return audit.read(Entry.objects.filter(Q(people__contains=[user.pk]) | Q(target__in=targets)), wanted)
