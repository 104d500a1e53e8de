"""What vans say of a person who is erased (CO-11)."""

from kolonne.portal.identity.actions.traces import Gone, replace_labels
from kolonne.portal.vehicles.models import Claim, Handover, OwnershipRequest, Vehicle


def forget_driver(gone: Gone, company_id: int) -> None:
    """The name of the driver is words, and the company's; where they are exactly the person's name, they go."""
    Vehicle.ever.filter(company_id=company_id, driver__in=gone.labels).update(driver="")


def forget_labels(gone: Gone, company_id: int) -> None:
    """Who removed, claimed, released and handed over vans."""
    Vehicle.ever.filter(company_id=company_id, removed_by__in=gone.labels).update(removed_by=gone.pseudonym)
    replace_labels(Claim, company_id, gone, "asked_by", "decided_by")
    replace_labels(OwnershipRequest, company_id, gone, "answered_by")
    replace_labels(Handover, company_id, gone, "made_by")
