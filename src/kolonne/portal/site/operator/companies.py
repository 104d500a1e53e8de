"""`kolonne company …`."""

import click

from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.site.operator.base import OPERATOR, Result, operator_command


@click.group()
def company() -> None:
    """Companies."""


@company.command("create")
@click.argument("name")
@click.option("--market", required=True, help="Code of the company's market, e.g. no.")
@click.option("--kind", default="fleet", help="fleet, dealer, workshop or operator.")
@operator_command("Company {name} was created in market {market}.")
def create_company(name: str, market: str, kind: str) -> Result:
    """Create a company."""
    from kolonne.portal.companies import actions
    from kolonne.portal.companies.models import Company, Kind

    if kind not in Kind.values:
        raise Invalid("unknown_kind", f"{kind} is no kind of company", {"kind": "one of " + ", ".join(Kind.values)})
    if Company.objects.filter(name=name).exists():
        raise Conflict(
            "company_exists", f"a company called {name} exists: commands find companies by name, add a place"
        )
    made = actions.create_company(actor=OPERATOR, name=name, market=market, kind=Kind(kind))
    return {"id": made.pk, "name": made.name, "market": made.market_id, "kind": made.kind}
