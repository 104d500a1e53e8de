"""What is asked about a company that is being deleted (CO-07)."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from kolonne.portal.companies import hooks
from kolonne.portal.companies.hooks import Consequence
from kolonne.portal.companies.models import Company, CompanyExport, Kind, Leaving, Membership, Role, Tenant
from kolonne.portal.companies.queries.rights import members, organisations_in
from kolonne.portal.identity.models import OPEN_STATES, User
from kolonne.portal.lib.scope import company_scope

DELETE = "companies.company:delete"
EXPORT = "companies.company:export"
WHEN = ("at_once", "contracts_end", "erased")


def contracts_end(ordered_at: datetime, time_zone: str) -> datetime:
    """The midnight with which the day so many days after the order begins, as the company's own clock shows it; the
    order's day is day 0. Counted in days of the calendar, so that a change to summer time moves nothing."""
    zone = ZoneInfo(time_zone)
    day = ordered_at.astimezone(zone).date() + timedelta(days=settings.COMPANY_NOTICE_DAYS)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def leaving_of(company_id: int) -> Leaving | None:
    """The order to delete the company, if there is one."""
    with company_scope([company_id]):
        return Leaving.objects.select_related("company").filter(company_id=company_id).first()


def is_leaving(company_id: int) -> bool:
    """Whether the deletion of the company was ordered."""
    return Tenant.objects.filter(pk=company_id, leaving_since__isnull=False).exists()


def leaving_companies() -> list[int]:
    """Ids of all companies that are being deleted and not closed yet, for the job that takes the next steps."""
    found = Tenant.objects.filter(leaving_since__isnull=False, closed_at=None)
    return list(found.order_by("pk").values_list("pk", flat=True))


def consequences(company: Company) -> dict[str, list[Consequence]]:
    """What the deletion does to everything that the company has now, by when it happens."""
    found: dict[str, list[Consequence]] = {when: [] for when in WHEN}
    with company_scope([company.pk]):
        for part in reversed(hooks.departures()):
            for one in part.consequences(company):
                found[one.when].append(one)
    return found


def last_export(company_id: int) -> CompanyExport | None:
    """The newest export of the company: the one that its administrators see."""
    with company_scope([company_id]):
        return CompanyExport.objects.filter(company_id=company_id).order_by("-pk").first()


def told_inside(company: Company) -> list[User]:
    """Everybody in the company who can read mail."""
    return [member.user for member in members(company.pk) if member.user.email and member.user.state in OPEN_STATES]


def told_outside(company: Company) -> list[User]:
    """The administrators of the partner dealer and of the market."""
    found: dict[int, User] = {}
    if company.partner_id:
        found |= _holders(company.partner_id, Role.ADMINISTRATOR)
    operators = Tenant.objects.filter(pk__in=organisations_in([company.market_id]), kind=Kind.OPERATOR)
    for operator in operators.order_by("pk").values_list("pk", flat=True):
        found |= _holders(operator, Role.MARKET_ADMINISTRATOR)
    return list(found.values())


def _holders(company_id: int, role: Role) -> dict[int, User]:
    people: Iterable[Membership] = members(company_id)
    return {one.user_id: one.user for one in people if role in one.roles and one.user.state in OPEN_STATES}
