"""What every page's frame needs: who is here, for which companies, and what may be opened."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from kolonne.portal.companies.models import Company


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context of the rail and the top bar."""
    actor = getattr(request, "actor", None)
    companies = list(Company.objects.order_by("name")) if actor and actor.company_ids else []
    return {"actor": actor, "companies": companies, "demo": settings.DEMO, "tiles_url": settings.CONFIG.tiles_url}
