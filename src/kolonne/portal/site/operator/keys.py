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


@apikey.command("list")
@click.option("--company", "company_name", required=True, help="Name of the company.")
@operator_command("{lines}")
def list_apikeys(company_name: str) -> Result:
    """List a company's API keys, each by the first signs of its token."""
    from kolonne.portal.companies.models import ApiKey

    found = ApiKey.objects.filter(company=company_called(company_name)).order_by("pk")
    keys = [
        {
            "prefix": key.prefix,
            "name": key.name,
            "scopes": key.scopes,
            "revoked_at": key.revoked_at and key.revoked_at.isoformat(timespec="minutes"),
        }
        for key in found
    ]
    return {"keys": keys, "lines": "\n".join(map(_line, keys)) or "No API keys."}


@apikey.command("revoke")
@click.argument("prefix")
@click.option("--company", "company_name", required=True, help="Name of the company.")
@operator_command("Key {prefix} of {company} opens nothing any more.")
def revoke_apikey(prefix: str, company_name: str) -> Result:
    """Revoke the API key whose token begins with PREFIX, see `kolonne apikey list`."""
    from kolonne.portal.companies import actions
    from kolonne.portal.companies.models import ApiKey
    from kolonne.portal.lib.errors import NotFound

    owner = company_called(company_name)
    key = ApiKey.objects.filter(company=owner, prefix=prefix).order_by("revoked_at").last()
    if key is None:
        raise NotFound(f"key {prefix} of {owner.name}")
    actions.revoke_api_key(actor=OPERATOR, key=key)
    return {"prefix": prefix, "company": owner.name}


def _line(key: Result) -> str:
    state = f"revoked {key['revoked_at']}" if key["revoked_at"] else "in use"
    return f"{key['prefix']}…  {key['name']}: {', '.join(key['scopes'])}; {state}"
