"""With whom a contract is, as of then: one generation after the other (CO-02)."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.models import Contract, ContractState, ContractVersion
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries.generations import MASTER_DATA
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope

PARTY = (*MASTER_DATA, "generation")
"""What a contract says of the company; `generation` is that of the company's own data."""


def running_contract(actor: Actor, company_id: int) -> Contract:
    """The one that runs, or a new one in its first generation. Needs a transaction and the company's scope."""
    # Locks the company's row, so that two first purchases at once share one contract.
    company = Company.objects.select_for_update(no_key=True).get(pk=company_id)
    running = Contract.objects.filter(company=company).exclude(state=ContractState.ENDED).first()
    if running is None:
        running = Contract(company=company, number=_number(company))
        running.save(force_insert=True)
        _keep(running, _party(company))
        audit.record(actor, "commerce.contract.signed", on=running, company_id=company.pk)
    return running


@transaction.atomic
def renew_contracts(actor: Actor, company: Company) -> None:
    """Changed master data make a new generation of every running contract (CO-02); the same data again make none.

    Called by the change itself, which checked the right to it.
    """
    with company_scope([company.pk]):
        now = _party(Company.objects.select_for_update(no_key=True).get(pk=company.pk))
        for contract in (
            Contract.objects.filter(company_id=company.pk).exclude(state=ContractState.ENDED).order_by("pk")
        ):
            latest = contract.versions.order_by("-generation").first()
            if latest is not None and latest.party == now:
                continue
            contract.generation += 1
            contract.save(update_fields=["generation"])
            _keep(contract, now)
            audit.record(
                actor,
                "commerce.contract.renewed",
                on=contract,
                company_id=company.pk,
                generation=contract.generation,
            )


def _number(company: Company) -> str:
    """The next one, as people quote it; a number that nobody used in the end is no loss."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('commerce_contract', 'id'))")
        number = cursor.fetchone()[0]
    return f"{company.market_id.upper()}-{timezone.now().year}-{number:06}"


def _keep(contract: Contract, party: dict[str, Any]) -> None:
    ContractVersion.objects.create(
        company_id=contract.company_id, contract=contract, generation=contract.generation, party=party
    )


def _party(company: Company) -> dict[str, Any]:
    return {name: getattr(company, name) for name in PARTY}
