"""What orders say of a person who is erased (CO-11). The order and the contract stay: they are the company's."""

from kolonne.portal.commerce.models import Order, TermsAcceptance
from kolonne.portal.identity.actions.traces import Gone, replace_labels


def forget_who_ordered(gone: Gone, company_id: int) -> None:
    replace_labels(Order, company_id, gone, "placed_by", "terms_accepted_by")
    replace_labels(TermsAcceptance, company_id, gone, "accepted_by")
