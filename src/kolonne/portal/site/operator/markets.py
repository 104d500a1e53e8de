"""`kolonne market …`: countries, their periods of inactivity, and whom people there can ask."""

from typing import TYPE_CHECKING

import click

from kolonne.portal.lib.errors import Invalid, NotFound
from kolonne.portal.site.operator.base import OPERATOR, Result, operator_command

if TYPE_CHECKING:
    from kolonne.portal.identity.models import Market

FACTS = ("code", "warn_days", "lock_days", "notice_days", "delete_days", "support_email", "support_phone")
SENTENCE = (
    "Market {code}: warning after {warn_days} days without a sign-in, lock after {lock_days}, notice of deletion "
    "after {notice_days}, deletion after {delete_days}. Support: {support}."
)


@click.group()
def market() -> None:
    """Markets: countries with their own administrators, periods and support."""


@market.command("list")
@operator_command("{text}")
def list_markets() -> Result:
    """Show all markets."""
    from kolonne.portal.identity.models import Market

    markets = [_facts(one) for one in Market.objects.order_by("code")]
    return {"markets": markets, "text": "\n".join(SENTENCE.format(**facts) for facts in markets)}


@market.command("create")
@click.argument("code")
@operator_command(SENTENCE)
def create_market(code: str) -> Result:
    """Create a market: the two letters of a country, e.g. se."""
    from kolonne.portal.identity.actions import markets

    return _facts(markets.create_market(actor=OPERATOR, code=code))


@market.command("set")
@click.argument("code")
@click.option("--warn-days", type=int, help="Days without a sign-in until the warning.")
@click.option("--lock-days", type=int, help="Days without a sign-in until the lock.")
@click.option("--notice-days", type=int, help="Days without a sign-in until the notice of deletion.")
@click.option("--delete-days", type=int, help="Days without a sign-in until deletion.")
@click.option("--support-email", help="E-mail address of the support; empty for none.")
@click.option("--support-phone", help="Telephone of the support; empty for none.")
@operator_command(SENTENCE)
def set_market(code: str, **changes: int | str | None) -> Result:
    """Change a market. What is not given stays."""
    from kolonne.portal.identity.actions import markets
    from kolonne.portal.identity.models import Market

    found = Market.objects.filter(pk=code.lower()).first()
    if found is None:
        known = ", ".join(Market.objects.order_by("code").values_list("code", flat=True))
        raise NotFound(f"market {code} (there are: {known})")
    given = {name: value for name, value in changes.items() if value is not None}
    if not given:
        raise Invalid("nothing_to_change", "nothing was given to change", {"options": "see --help"})
    return _facts(markets.change_market(actor=OPERATOR, market=found, **given))


def _facts(found: "Market") -> Result:
    support = ", ".join(filter(None, (found.support_email, found.support_phone))) or "none"
    return {name: getattr(found, name) for name in FACTS} | {"support": support}
