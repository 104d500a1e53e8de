from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity.models import Market
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed

WRITE = "companies.market:write"
PERIODS = ("warn_days", "lock_days", "notice_days", "delete_days")
MAX_DAYS = 3650
MAX_PHONE = 30


@transaction.atomic
def create_market(*, actor: Actor, code: str) -> Market:
    """A country in which organisations can be made, with the usual periods. The operator's command line only.

    Raises NotAllowed, Invalid, Conflict.
    """
    if not actor.is_system:
        raise NotAllowed(WRITE)
    code = code.strip().lower()
    if len(code) != 2 or code.upper() not in Locale.parse("en").territories:  # ISO 3166-1 alpha-2
        remedy = "the two letters of a country, e.g. se for Sweden"
        raise Invalid("unknown_country", f"{code or 'nothing'} is not the code of a country", {"code": remedy})
    market, is_new = Market.objects.get_or_create(code=code)
    if not is_new:
        raise Conflict("market_exists", f"the market {code} exists already")
    audit.record(actor, "identity.market.created", on=market, company_id=None)
    return market


@transaction.atomic
def change_market(*, actor: Actor, market: Market, **changes: int | str) -> Market:
    """Sets periods (days) and the support's address. What is not given stays. Raises NotAllowed, Invalid.

    Periods count from now on for everybody; nobody's next step comes sooner after the last one than they say.
    """
    if not actor.may_in(WRITE, market.pk):
        raise NotAllowed(WRITE)
    market = Market.objects.select_for_update().get(pk=market.pk)
    before = {name: getattr(market, name) for name in changes}
    for name, value in changes.items():
        setattr(market, name, value.strip() if isinstance(value, str) else value)
    _check(market)
    market.save(update_fields=list(changes))
    changed = {name: [old, getattr(market, name)] for name, old in before.items() if old != getattr(market, name)}
    if changed:
        audit.record(actor, "identity.market.changed", on=market, company_id=None, **changed)
    return market


def _check(market: Market) -> None:
    """Raises Invalid with a remedy for each field."""
    errors: dict[str, str] = {}
    least = 1
    for name in PERIODS:
        days = getattr(market, name)
        if not least <= days <= MAX_DAYS:
            errors[name] = f"a number from {least} to {MAX_DAYS}: each period ends after the one before"
        least = max(least, days + 1)
    if market.support_email:
        try:
            validate_email(market.support_email)
        except ValidationError:
            errors["support_email"] = "name@domain"
    if len(market.support_phone) > MAX_PHONE:
        errors["support_phone"] = f"at most {MAX_PHONE} characters"
    if errors:
        raise Invalid("invalid_market", f"the market {market.pk} cannot have these values", errors)
