"""What vans say of a person who is erased (CO-11)."""

from kolonne.portal.identity.actions.traces import Gone
from kolonne.portal.vehicles.models import Vehicle


def forget_driver(gone: Gone, company_id: int) -> None:
    """The name of the driver is words, and the company's; where they are exactly the person's name, they go."""
    Vehicle.objects.filter(company_id=company_id, driver__in=gone.labels).update(driver="")
