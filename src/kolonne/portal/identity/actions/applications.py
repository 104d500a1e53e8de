"""Making applications of others known (ID-12). Only the operator does, on his command line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import client_secrets
from kolonne.portal.identity.access import SCOPES
from kolonne.portal.identity.models import Application
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed

WRITE = "identity.application:write"
GRANTS = [Client.GrantType.AUTHORIZATION_CODE, Client.GrantType.REFRESH_TOKEN]
LONGEST_ADDRESS = 500


@dataclass(frozen=True)
class ApplicationData:
    """What the operator says of an application."""

    name: str
    redirect_uris: tuple[str, ...]
    """Where people may be sent back to, character by character."""
    rights: tuple[str, ...] = ("use",)
    """What can be granted; the first is what a request for access asks for."""
    kinds: tuple[str, ...] = ()
    """Kinds of organisation it is for; none means all."""
    url: str = ""
    needs_consent: bool = True
    post_logout_uris: tuple[str, ...] = field(default=())


@transaction.atomic
def create_application(
    *, actor: Actor, code: str, data: ApplicationData, public: bool = False
) -> tuple[Application, str, str]:
    """The application, its client id and its secret, which is shown this once; a public one has none ("").

    Raises NotAllowed, Invalid, Conflict.
    """
    _check(actor, data)
    _check_code(code)
    if Application.objects.filter(code=code).exists():
        raise Conflict("application_exists", f"there is an application {code} already")
    client = Client(name=data.name, type=Client.Type.PUBLIC if public else Client.Type.CONFIDENTIAL)
    client.set_grant_types(GRANTS)
    client.set_response_types([Client.ResponseType.CODE])
    client.set_scopes(list(SCOPES))
    client.set_default_scopes(["openid"])
    secret = _new_secret(client)
    application = Application(code=code, client_id=client.pk)
    _apply(application, client, data)
    audit.record(
        actor, "identity.application.created", on=application, company_id=None, redirects=list(data.redirect_uris)
    )
    return application, client.pk, "" if public else secret


@transaction.atomic
def change_application(*, actor: Actor, application: Application, data: ApplicationData) -> Application:
    """Everything but code, client id and secret. Raises NotAllowed, Invalid.

    Rights that it no longer has stay with people who were granted them until an administrator changes that.
    """
    _check(actor, data)
    _apply(application, _client_of(application), data)
    audit.record(
        actor, "identity.application.changed", on=application, company_id=None, redirects=list(data.redirect_uris)
    )
    return application


@transaction.atomic
def rotate_secret(*, actor: Actor, application: Application) -> str:
    """A new secret, shown this once; the old one is void, and so are all tokens. Raises NotAllowed, Conflict."""
    _check_actor(actor)
    client = _client_of(application)
    if client.type == Client.Type.PUBLIC:
        raise Conflict("no_secret", f"{application} is public and has no secret")
    secret = _new_secret(client)
    client.save()
    Token.objects.filter(client=client).delete()
    audit.record(actor, "identity.application.secret_rotated", on=application, company_id=None)
    return secret


@transaction.atomic
def remove_application(*, actor: Actor, application: Application) -> None:
    """With its tokens and everybody's rights in it; nobody can sign in to it any more. Raises NotAllowed."""
    _check_actor(actor)
    audit.record(actor, "identity.application.removed", on=application, company_id=None)
    Client.objects.filter(pk=application.client_id).delete()
    application.delete()


def _check_actor(actor: Actor) -> None:
    if not actor.is_system:
        raise NotAllowed(WRITE)


def _check(actor: Actor, data: ApplicationData) -> None:
    _check_actor(actor)
    if not data.name.strip():
        raise Invalid("no_name", "the application has no name", {"name": "what people call it"})
    if not data.rights:
        raise Invalid("no_rights", "nothing can be granted", {"right": "at least one, e.g. use"})
    for right in data.rights:
        _check_slug("right", right)
    if not data.redirect_uris:
        raise Invalid("no_redirect", "there is no address to return to", {"redirect": "at least one address"})
    for address in (*data.redirect_uris, *data.post_logout_uris):
        _check_address(address)


def _check_code(code: str) -> None:
    _check_slug("code", code)


def _check_slug(name: str, value: str) -> None:
    try:
        validate_slug(value)
    except ValidationError as error:
        raise Invalid(f"invalid_{name}", f"{value!r} is no {name}", {name: "letters, digits, hyphens"}) from error


def _check_address(address: str) -> None:
    """HTTPS, or HTTP to the person's own computer; no fragment, no wildcard, no name and password. Raises Invalid."""
    parts = urlsplit(address)
    is_web = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))
    is_plain = not parts.fragment and "#" not in address and "*" not in address and "@" not in parts.netloc
    is_printable = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    if not (parts.hostname and is_web and is_plain and is_printable and len(address) <= LONGEST_ADDRESS):
        remedy = "https://host/path, or http://127.0.0.1/path; without #, * and user name"
        raise Invalid("invalid_redirect", f"{address} cannot be an address to return to", {"redirect": remedy})


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _new_secret(client: Client) -> str:
    secret = str(get_adapter().generate_client_secret())
    client.secret = client_secrets.hashed(secret)
    return secret


def _apply(application: Application, client: Client, data: ApplicationData) -> None:
    client.name = application.name = data.name
    client.skip_consent = not data.needs_consent
    client.set_redirect_uris(list(data.redirect_uris))
    client.set_post_logout_redirect_uris(list(data.post_logout_uris))
    client.set_cors_origins(_origins(data.redirect_uris) if client.type == Client.Type.PUBLIC else [])
    client.save()
    application.url, application.needs_consent = data.url, data.needs_consent
    application.rights, application.kinds = list(data.rights), list(data.kinds)
    application.save()


def _origins(addresses: Iterable[str]) -> list[str]:
    """From where a public application's pages may call us."""
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses)})


def _client_of(application: Application) -> Client:
    client = Client.objects.filter(pk=application.client_id).first()
    if client is None:
        raise Conflict("no_client", f"{application} is ours and no OpenID Connect client")
    return client
