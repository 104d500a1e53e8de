"""What people are told about the services of a van before and after it leaves (VH-05)."""

from collections.abc import Iterable

from kolonne.portal.commerce import texts
from kolonne.portal.commerce.catalogue import Service, products
from kolonne.portal.commerce.models import Assignment
from kolonne.portal.companies.models import Company
from kolonne.portal.vehicles.hooks import Leaving
from kolonne.portal.vehicles.models import Vehicle


def consequences(vehicle: Vehicle) -> Leaving:
    """Which services end with the van, and of which what it reported stays visible because another van has them."""
    lines = Assignment.objects.filter(vehicle=vehicle)
    had = _services(lines.values_list("product", flat=True))
    others = Assignment.objects.filter(company_id=vehicle.company_id, ended_at=None).exclude(vehicle=vehicle)
    kept = _services(others.values_list("product", flat=True))
    running = lines.filter(ended_at=None).order_by("since", "pk").values_list("product", flat=True)
    return Leaving(
        ends=[texts.of_product(code).name for code in running],
        stays=_names(service for code, service in had.items() if code in kept),
        goes=_names(service for code, service in had.items() if code not in kept),
    )


def still_visible(company: Company) -> list[str]:
    """Services that another van has now, of those that removed vans had."""
    gone = Assignment.objects.filter(company=company, vehicle__removed_at__isnull=False)
    had = _services(gone.values_list("product", flat=True).distinct())
    running = Assignment.objects.filter(company=company, ended_at=None).values_list("product", flat=True).distinct()
    kept = _services(running)
    return _names(service for code, service in had.items() if code in kept)


def _services(codes: Iterable[str]) -> dict[str, Service]:
    """Those that report something, by code."""
    known = products()
    found = {service.code: service for code in codes if code in known for service in known[code].services}
    return {code: service for code, service in found.items() if service.signals}


def _names(services: Iterable[Service]) -> list[str]:
    return sorted(texts.of_service(service).name for service in services)
