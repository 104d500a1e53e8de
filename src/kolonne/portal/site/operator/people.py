"""`kolonne user …`."""

import secrets
from typing import TYPE_CHECKING

import click

from kolonne.portal.lib.errors import Invalid
from kolonne.portal.site.operator.base import OPERATOR, Result, company_called, operator_command, words

if TYPE_CHECKING:
    from kolonne.portal.companies.models import Role


@click.group()
def user() -> None:
    """People."""


@user.command("create")
@click.argument("username")
@click.option("--email", required=True, help="E-mail address; counts as verified.")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--company", "company_name", help="Make the person a member of this company.")
@click.option("--role", "roles", multiple=True, help="Role in the company, e.g. administrator; several times.")
@click.option("--language", default="en", help="de, nb or en.")
@click.option("--market", default="no", help="Market of a person without a company.")
@operator_command("{username} can sign in with this password, shown this once:\n{password}")
def create_user(
    username: str,
    email: str,
    first_name: str,
    last_name: str,
    company_name: str | None,
    roles: tuple[str, ...],
    language: str,
    market: str,
) -> Result:
    """Create a person; prints a password once."""
    from kolonne.portal.companies import actions as companies_actions
    from kolonne.portal.identity import actions

    wanted = _known_roles(words(roles))
    if bool(wanted) != bool(company_name):
        remedy = "give --company and --role together, or neither"
        raise Invalid("role_without_company", "a role is held in a company", {"role": remedy})
    password = secrets.token_urlsafe(18)
    owner = company_called(company_name) if company_name else None
    person = actions.PersonData(username, email, first_name, last_name, language)
    home = owner.market_id if owner else market
    made = actions.create_user(actor=OPERATOR, person=person, market=home, password=password)
    if owner:
        companies_actions.add_member(actor=OPERATOR, company=owner, user=made, roles=wanted)
    return {"id": made.pk, "username": username, "password": password, "company": company_name, "roles": wanted}


def _known_roles(given: list[str]) -> "list[Role]":
    from kolonne.portal.companies.models import Role

    if unknown := [role for role in given if role not in Role.values]:
        remedy = "one or several of " + ", ".join(Role.values)
        raise Invalid("unknown_role", f"{', '.join(unknown)} is not a role", {"role": remedy})
    return [Role(role) for role in given]
