"""What a helper may do in a customer's name: the customer's rights in one company, less what stands here (SU-02).

Closed by default: a page opens while somebody acts only when it stands in `OPEN`, and what it does needs a right that
does not stand in `DENIED`. Either of the two walls would do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from kolonne.portal.lib.actor import Actor
from kolonne.portal.support.models import ActingSession, Ended

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SESSION = "acting"
"""Session key: number of the acting session that this browser is in."""
WATCH = "/support/now"
"""Address at which pages ask who works in their reader's name."""

DENIED: Mapping[str, str] = {
    "commands.command:unlock": "whoever opens a van stands beside it; nobody opens it by telephone",
    "companies.member:write": "roles, invitations and deletions decide who gets in",
    "companies.member:help": "passwords and second factors of others would open everything",
    "companies.application:grant": "access rights are the company's to give",
    "companies.apikey:write": "a key works on when the helper is gone",
    "companies.audit:read": "it holds the addresses of all people; the helper needs none of them",
    "vehicles.vehicle:transfer": "what leaves a company leaves it by its own people's hands",
    "vehicles.module:write": "the secret of a module is shown when it is put into service",
    "companies.company:delete": "a company ends by its own people's will only",
    "companies.company:merge": "a company becomes part of another by its own people's will only",
    "companies.company:export": "data leave by the hands of those whose they are",
    "companies.case:ask": "nobody has a company checked that he is about to check",
    "companies.customer:read": "of a dealer, whose people nobody acts for",
    "companies.case:write": "of a dealer, whose people nobody acts for",
    "support.session:write": "whoever acts for somebody does not act for somebody else through him",
}
"""Rights that nobody has in somebody else's name, each with the reason."""

READ: frozenset[str] = frozenset({"GET", "HEAD", "OPTIONS"})
BOTH: frozenset[str] = READ | {"POST"}
OPEN: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "start", "map", "map_bounds", "map_roads", "vehicles", "vehicle", "vehicle_vin", "orders", "contracts",
            "contract", "contract_list", "products", "terms", "terms_text", "people", "person", "organisation",
            "organisation_history", "support_desk",
            "api-1:list_vehicles", "api-1:get_vehicle", "api-1:get_snapshot",
        ),
        READ,
    ),
    **dict.fromkeys(
        (
            "vehicle_commands", "vehicle_add", "order_new", "order", "organisation_edit", "site_add", "site_edit",
            "set_language", "support_end", "account_logout",
        ),
        BOTH,
    ),
}  # fmt: skip
"""Names of pages that open while somebody acts, with the methods. Own accounts of either person, sign-in, exports,
rights, keys, PIN, applications of others, the verification by a dealer and everything that takes something away stand
here on purpose not. An order can be completed; accepting its terms is refused by the action itself (SU-03)."""


@dataclass(frozen=True)
class Acting:
    """A helper at work: who he is now, and until when."""

    row: ActingSession
    actor: Actor
    company_name: str


@dataclass(frozen=True)
class Over:
    """The browser believes that it acts, but that has ended."""

    row: ActingSession | None
    reason: Ended


def is_open(page: str, method: str) -> bool:
    """Whether a page, by the name of its URL, answers this method while somebody acts."""
    return method in OPEN.get(page, frozenset())


_SECRET = _(
    "Passwords, second factors, PIN and support password belong to one person alone. "
    "That is true of your own account too while you work for somebody else."
)
_RIGHTS = _("Who belongs to a company, and who may do what in it, is decided by its own administrators.")
_WHY: "tuple[tuple[tuple[str, ...], StrOrPromise], ...]" = (
    (("/account/", "/accounts/", "/me/", "/profile/"), _SECRET),
    (("/identity/",), _("Applications of others are opened by the person only, not in the person's name.")),
    (("/people/", "/access-rights/", "/requests/"), _RIGHTS),
    (("/audit/",), _("The audit of a company is read by its own administrators.")),
    (("/support/",), _("You work for one person at a time. End this first.")),
)
_ELSE = _("It is not needed in order to help, so it stays closed. Ask the person to do it himself.")


def why_closed(path: str) -> "StrOrPromise":
    """In words, for the page that says so."""
    return next((words for beginnings, words in _WHY if path.startswith(beginnings)), _ELSE)
