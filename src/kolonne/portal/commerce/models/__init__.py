"""What companies order and buy, and what follows for what their vans send."""

from kolonne.portal.commerce.models.contracts import Assignment, Contract, ContractState, ContractVersion
from kolonne.portal.commerce.models.invoices import Invoice, InvoiceCounter
from kolonne.portal.commerce.models.orders import Order, OrderItem, OrderState
from kolonne.portal.commerce.models.profiles import ModuleProfile, Profile, ServicePeriod
from kolonne.portal.commerce.models.terms import TermsAcceptance, TermsNotice, TermsText

__all__ = [
    "Assignment",
    "Contract",
    "ContractState",
    "ContractVersion",
    "Invoice",
    "InvoiceCounter",
    "ModuleProfile",
    "Order",
    "OrderItem",
    "OrderState",
    "Profile",
    "ServicePeriod",
    "TermsAcceptance",
    "TermsNotice",
    "TermsText",
]
