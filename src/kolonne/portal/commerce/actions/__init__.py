"""Every write of products, orders and contracts."""

from kolonne.portal.commerce.actions.assignments import assign_product, end_product
from kolonne.portal.commerce.actions.contracts import renew_contracts
from kolonne.portal.commerce.actions.orders import (
    accept_terms,
    complete_order,
    fulfil_orders,
    place_order,
    withdraw_order,
)

__all__ = [
    "accept_terms",
    "assign_product",
    "complete_order",
    "end_product",
    "fulfil_orders",
    "place_order",
    "renew_contracts",
    "withdraw_order",
]
