"""`kolonne application …`: applications of others that people open with their Kolonne ID."""

from typing import TYPE_CHECKING, Any

import click

from kolonne.portal.lib.errors import Invalid, NotFound
from kolonne.portal.site.operator.base import OPERATOR, Result, operator_command

if TYPE_CHECKING:
    from kolonne.portal.identity.models import Application

NEXT = "Give people access under Access rights in the user management, or with `kolonne application grant`."


@click.group()
def application() -> None:
    """Applications of others: OpenID Connect clients, and who may use them."""


@application.command("create")
@click.argument("code")
@click.option("--name", required=True, help="What people call it.")
@click.option("--redirect", "redirects", multiple=True, required=True, help="Address to return to; may be repeated.")
@click.option("--after-sign-out", "farewells", multiple=True, help="Address to go to after signing out.")
@click.option("--url", default="", help="Where people open it.")
@click.option(
    "--right", "rights", multiple=True, default=("use",), help="A right that can be granted; the first is asked for."
)
@click.option("--kind", "kinds", multiple=True, help="Kind of organisation it is for; all when not given.")
@click.option("--public", is_flag=True, help="It runs at the user's and cannot keep a secret.")
@click.option("--trusted", is_flag=True, help="It is ours: people are not asked before data go to it.")
@operator_command("Application {code} was created. Client id: {client_id}. {secret_text}\n" + NEXT)
def create_application(code: str, *, public: bool, trusted: bool, **facts: Any) -> Result:
    """Make an application known. Its secret is printed once."""
    from kolonne.portal.identity.actions import applications

    data = applications.ApplicationData(
        name=facts["name"],
        redirect_uris=facts["redirects"],
        rights=facts["rights"],
        kinds=_known_kinds(facts["kinds"]),
        url=facts["url"],
        needs_consent=not trusted,
        post_logout_uris=facts["farewells"],
    )
    made, client_id, secret = applications.create_application(actor=OPERATOR, code=code, data=data, public=public)
    text = f"Client secret: {secret} (it is not shown again)." if secret else "It is public: there is no secret."
    return {"code": made.code, "client_id": client_id, "client_secret": secret, "secret_text": text}


@application.command("list")
@operator_command("{text}")
def list_applications() -> Result:
    """Show all applications."""
    from kolonne.portal.identity.models import Application

    found = [_facts(one) for one in Application.objects.order_by("code")]
    lines = ["{code}: {name}, client {client_id}, rights {rights}, for {kinds}.".format(**facts) for facts in found]
    return {"applications": found, "text": "\n".join(lines) or "There are no applications yet."}


@application.command("rotate-secret")
@click.argument("code")
@operator_command(
    "New client secret of {code}: {client_secret} (it is not shown again). The old one and all tokens are void."
)
def rotate_secret(code: str) -> Result:
    """Give an application a new secret; the old one is void at once."""
    from kolonne.portal.identity.actions import applications

    secret = applications.rotate_secret(actor=OPERATOR, application=_application(code))
    return {"code": code, "client_secret": secret}


@application.command("remove")
@click.argument("code")
@operator_command("Application {code} was removed, with everybody's rights in it.")
def remove_application(code: str) -> Result:
    """Remove an application: nobody can sign in to it any more."""
    from kolonne.portal.identity.actions import applications

    applications.remove_application(actor=OPERATOR, application=_application(code))
    return {"code": code}


@application.command("grant")
@click.argument("code")
@click.option("--user", "username", required=True, help="User id.")
@click.option("--company", "company_name", required=True, help="Name of the organisation.")
@click.option("--right", "rights", multiple=True, help="A right; the application's first when not given.")
@operator_command("{username} may use {code} for {company}: {text}.")
def grant(code: str, username: str, company_name: str, rights: tuple[str, ...]) -> Result:
    """Give a person rights in an application, as a member of an organisation."""
    from kolonne.portal.companies import actions
    from kolonne.portal.companies.models import Membership

    found = _application(code)
    membership = Membership.objects.filter(user__username__iexact=username, company__name=company_name).first()
    if membership is None:
        raise NotFound(f"{username} in {company_name}")
    wanted = rights or tuple(found.rights[:1])
    made = actions.grant_access(actor=OPERATOR, membership=membership, application=found, rights=wanted)
    return {
        "code": code,
        "username": username,
        "company": company_name,
        "rights": made.rights,
        "text": ", ".join(made.rights),
    }


@application.command("rotate-key")
@click.option("--at-once", is_flag=True, help="Somebody may have copied the key: all others are void from now on.")
@operator_command("A new signing key was made. It is published now and signs from {signs_from}.")
def rotate_key(*, at_once: bool) -> Result:
    """Make a new key that signs identity tokens. A job does so every month."""
    from kolonne.portal.identity.actions import signing_keys

    key = signing_keys.rotate_key(actor=OPERATOR, at_once=at_once)
    return {"id": key.pk, "signs_from": key.signs_from.isoformat(timespec="seconds")}


def _known_kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    from kolonne.portal.companies.models import Kind

    if unknown := set(kinds) - set(Kind.values):
        text = f"{', '.join(sorted(unknown))} is no kind of organisation"
        raise Invalid("unknown_kind", text, {"kind": "one of " + ", ".join(Kind.values)})
    return kinds


def _application(code: str) -> "Application":
    from kolonne.portal.identity.models import Application

    found = Application.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Application.objects.order_by("code").values_list("code", flat=True)) or "none yet"
        raise NotFound(f"application {code} (there are: {known})")
    return found


def _facts(found: "Application") -> Result:
    return {
        "code": found.code,
        "name": found.name,
        "client_id": found.client_id or "none (ours)",
        "rights": ", ".join(found.rights) or "none",
        "kinds": ", ".join(found.kinds) or "all organisations",
    }
