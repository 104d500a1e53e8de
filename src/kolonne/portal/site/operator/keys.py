"""`kolonne apikey …`."""

import click

from kolonne.portal.site.operator.base import OPERATOR, Result, company_called, operator_command, words


@click.group()
def apikey() -> None:
    """Keys of companies' programs for the REST API."""


@apikey.command("create")
@click.option("--company", "company_name", required=True, help="Name of the company.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What the key may do; several times.")
@click.option("--name", default="command line", help="What the key is for.")
@operator_command("Key for {company}, shown this once:\n{key}")
def create_apikey(company_name: str, scopes: tuple[str, ...], name: str) -> Result:
    """Create an API key; prints it once."""
    from kolonne.portal.companies import actions

    owner = company_called(company_name)
    made, token = actions.create_api_key(actor=OPERATOR, company=owner, name=name, scopes=words(scopes))
    return {"key": token, "company": owner.name, "scopes": made.scopes, "name": made.name}
