from django.db.models import Count, Q, QuerySet
from django.utils.translation import ngettext

from kolonne.portal.commerce.models import Contract, ContractState, Order, OrderItem, OrderState
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound

READ = "commerce.product:read"


def companies_that_buy(actor: Actor) -> list[int]:
    """Companies whose orders and contracts this actor may see."""
    return [company for company in actor.company_ids if actor.may(READ, company)]


def orders_of(actor: Actor) -> QuerySet[Order]:
    """Newest first, with the number of vans and of what still waits."""
    orders = Order.objects.filter(company__in=companies_that_buy(actor)).order_by("-placed_at", "-pk")
    return orders.annotate(
        vans=Count("items__vehicle", distinct=True), left=Count("items", filter=Q(items__done_at=None))
    )


def get_order_for(actor: Actor, pk: int) -> Order:
    """Raises NotFound to strangers, who must not learn that the order exists."""
    order = Order.objects.filter(company__in=companies_that_buy(actor), pk=pk).select_related("contract").first()
    if order is None:
        raise NotFound("order")
    return order


def contracts_of(actor: Actor) -> QuerySet[Contract]:
    """Newest first, with the number of vans that have a service by it now."""
    contracts = Contract.objects.filter(company__in=companies_that_buy(actor)).order_by("-signed_at", "-pk")
    running = Q(assignments__ended_at=None)
    return contracts.annotate(vans=Count("assignments__vehicle", filter=running, distinct=True))


def get_contract_for(actor: Actor, pk: int) -> Contract:
    """Raises NotFound to strangers, who must not learn that the contract exists."""
    contract = contracts_of(actor).filter(pk=pk).first()
    if contract is None:
        raise NotFound("contract")
    return contract


def before_master_data_change(company: Company) -> list[str]:
    """What follows for contracts, to be read before the company's master data change (CO-02)."""
    running = Contract.objects.filter(company_id=company.pk).exclude(state=ContractState.ENDED).count()
    if not running:
        return []
    said = ngettext(
        "%(n)s running contract gets a new generation with the new data. What was agreed stays.",
        "%(n)s running contracts get a new generation with the new data. What was agreed stays.",
        running,
    )
    return [said % {"n": running}]


def open_items(company_id: int) -> QuerySet[OrderItem]:
    """What was ordered and neither began nor was withdrawn."""
    items = OrderItem.objects.filter(company_id=company_id, done_at=None, withdrawn_at=None)
    return items.exclude(order__state=OrderState.WITHDRAWN)
