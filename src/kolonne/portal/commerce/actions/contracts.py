"""Contracts: made of orders, with whom they are as of then (CO-02), and what their lines make of them (PR-04)."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, ContractVersion, OrderItem
from kolonne.portal.commerce.periods import day_of
from kolonne.portal.companies.models import Company, Tenant
from kolonne.portal.companies.queries.generations import MASTER_DATA
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

PARTY = (*MASTER_DATA, "generation")
"""What a contract says of the company; `generation` is that of the company's own data."""


def sign_contract(actor: Actor, company_id: int, currency: str, now: datetime | None = None) -> Contract:
    """A new one in its first generation. Needs a transaction and the company's scope."""
    # Locks the company's row, so that its data change before or after, not between.
    company = Company.objects.select_for_update(no_key=True).get(pk=company_id)
    pk, now = _next(), now or timezone.now()
    year = day_of(now, company.time_zone).year
    number = f"{company.market_id.upper()}-{year}-{pk:06}"
    contract = Contract(pk=pk, company=company, number=number, currency=currency, signed_at=now)
    contract.save(force_insert=True)
    _keep(contract, _party(company), now)
    audit.record(actor, "commerce.contract.signed", on=contract, company_id=company.pk)
    return contract


def contract_without_order(actor: Actor, company_id: int) -> Contract:
    """The one for what the operator assigns by hand: the one that runs, or a new one."""
    # Locks the company's row, so that two first purchases at once share one contract.
    Company.objects.select_for_update(no_key=True).get(pk=company_id)
    by_hand = Contract.objects.filter(company_id=company_id, orders=None).exclude(state=ContractState.ENDED)
    return by_hand.order_by("pk").first() or sign_contract(actor, company_id, "EUR")


def settle(actor: Actor, contracts: Iterable[int]) -> None:
    """Makes the state of these contracts what their lines say; a contract ends with its last line (PR-04).

    Needs a transaction and the company's scope. Locks each contract before it looks, so that of two who end the last
    lines at the same moment the second sees what the first did.
    """
    found = Contract.objects.select_for_update(no_key=True).filter(pk__in=set(contracts)).order_by("pk")
    for contract in list(found.exclude(state=ContractState.ENDED)):
        state = _state_now(contract)
        if state == contract.state:
            continue
        contract.state = state
        if state == ContractState.ENDED:
            contract.ended_at = _last_end(contract)
            audit.record(actor, "commerce.contract.ended", on=contract, company_id=contract.company_id)
        contract.save(update_fields=["state", "ended_at"])


def derive_state(lines: Collection[str], *, has_waiting: bool, has_trials_waiting: bool, is_kept: bool) -> str:
    """What the states of a contract's running lines make of it.

    `has_waiting` tells of services that wait for a van's check; `is_kept` that it runs on although nothing of it does,
    because its company is being deleted (PR-05).
    """
    if ContractState.ACTIVE in lines:
        return ContractState.ACTIVE
    if ContractState.TRIAL in lines:
        return ContractState.TRIAL
    if has_waiting:
        return ContractState.TRIAL if has_trials_waiting else ContractState.ACTIVE
    return ContractState.NOTICE if lines or is_kept else ContractState.ENDED


def _state_now(contract: Contract) -> str:
    lines = set(Assignment.objects.filter(contract=contract, ended_at=None).values_list("state", flat=True))
    waiting = OrderItem.objects.filter(order__contract=contract, done_at=None, withdrawn_at=None)
    trials = list(waiting.values_list("trial_months", flat=True))
    is_leaving = Tenant.objects.filter(pk=contract.company_id, leaving_since__isnull=False).exists()
    return derive_state(lines, has_waiting=bool(trials), has_trials_waiting=any(trials), is_kept=is_leaving)


def _last_end(contract: Contract) -> datetime:
    end: datetime | None = Assignment.objects.filter(contract=contract).aggregate(end=Max("ended_at"))["end"]
    return end or timezone.now()


@transaction.atomic
def renew_contracts(actor: Actor, company: Company) -> None:
    """Changed master data make a new generation of every running contract (CO-02); the same data again make none.

    Called by the change itself, which checked the right to it.
    """
    with company_scope([company.pk]):
        now = _party(Company.objects.select_for_update(no_key=True).get(pk=company.pk))
        running = Contract.objects.filter(company_id=company.pk).exclude(state=ContractState.ENDED)
        for contract in running.select_for_update(no_key=True).order_by("pk"):
            latest = contract.versions.order_by("-generation").first()
            if latest is None or latest.party != now:
                _renew(actor, contract, now)


def _renew(actor: Actor, contract: Contract, party: dict[str, Any]) -> None:
    contract.generation += 1
    contract.save(update_fields=["generation"])
    _keep(contract, party, timezone.now())
    company, number = contract.company_id, contract.generation
    audit.record(actor, "commerce.contract.renewed", on=contract, company_id=company, generation=number)


def _next() -> int:
    """Both the id and the number as people quote it, so that one leads to the other; one that nobody used in the end is
    no loss."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('commerce_contract', 'id'))")
        return int(cursor.fetchone()[0])


def _keep(contract: Contract, party: dict[str, Any], since: datetime) -> None:
    ContractVersion.objects.create(
        company_id=contract.company_id,
        contract=contract,
        generation=contract.generation,
        party=party,
        since=since,
    )


def _party(company: Company) -> dict[str, Any]:
    return {name: getattr(company, name) for name in PARTY}
