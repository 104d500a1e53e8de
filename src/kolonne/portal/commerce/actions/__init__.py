"""Every write of products, orders and contracts."""

from kolonne.portal.commerce.actions.assignments import assign_product, end_product
from kolonne.portal.commerce.actions.common_end import set_common_end
from kolonne.portal.commerce.actions.contracts import renew_contracts
from kolonne.portal.commerce.actions.lines import cancel_lines, choose_after_trial, take_back_notice
from kolonne.portal.commerce.actions.orders import (
    accept_terms,
    complete_order,
    fulfil_orders,
    place_order,
    withdraw_order,
)
from kolonne.portal.commerce.actions.past import admit_past
from kolonne.portal.commerce.actions.removal import van_leaves, withdraw_waiting
from kolonne.portal.commerce.actions.roaming import note_country, set_provider
from kolonne.portal.commerce.actions.terms import accept

__all__ = [
    "accept",
    "accept_terms",
    "admit_past",
    "assign_product",
    "cancel_lines",
    "choose_after_trial",
    "complete_order",
    "end_product",
    "fulfil_orders",
    "note_country",
    "place_order",
    "renew_contracts",
    "set_common_end",
    "set_provider",
    "take_back_notice",
    "van_leaves",
    "withdraw_order",
    "withdraw_waiting",
]
