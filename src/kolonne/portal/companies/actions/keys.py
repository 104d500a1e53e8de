import hashlib
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import ApiKey, Company
from kolonne.portal.companies.queries import API_KEY_PREFIX, known_scopes
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid
from kolonne.portal.lib.scope import company_scope


@transaction.atomic
def create_api_key(*, actor: Actor, company: Company, name: str, scopes: Iterable[str]) -> tuple[ApiKey, str]:
    """A new key and its token, which is shown this once and never again. Raises NotAllowed, Invalid."""
    require(actor, "companies.apikey:write", company.pk)
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in known_scopes()]
    if unknown or not wanted:
        remedy = "one or several of " + ", ".join(known_scopes())
        raise Invalid("unknown_scope", f"{', '.join(unknown) or 'nothing'} is not a scope", {"scope": remedy})
    token = API_KEY_PREFIX + secrets.token_urlsafe(32)
    with company_scope([company.pk]):
        key = ApiKey.objects.create(
            company=company,
            name=name,
            prefix=token[:10],
            sha256=hashlib.sha256(token.encode()).digest(),
            scopes=wanted,
            created_by_id=actor.user_id,
        )
        audit.record(actor, "companies.apikey.created", on=key, company_id=company.pk, scopes=wanted)
    return key, token


@transaction.atomic
def revoke_api_key(*, actor: Actor, key: ApiKey) -> None:
    """The key opens nothing from now on. Raises NotAllowed, Conflict."""
    require(actor, "companies.apikey:write", key.company_id)
    with company_scope([key.company_id]):
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()) != 1:
            raise Conflict("already_revoked", f"{key} is revoked already")
        audit.record(actor, "companies.apikey.revoked", on=key, company_id=key.company_id)
