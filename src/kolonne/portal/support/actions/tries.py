"""A helper types what the person told him (SU-02). Whoever guesses learns nothing and does not get far."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import structlog
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit.models import Entry
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import User
from kolonne.portal.identity.queries import person_by_login
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import platform_scope
from kolonne.portal.support import queries
from kolonne.portal.support.models import SupportPassword
from kolonne.portal.support.permissions import ACT_FOR

log = structlog.get_logger()

MOST_TRIES = 5
"""Wrong ones within `A_DAY`; then nothing opens until the person sets a new support password."""
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Proved:
    """The person told the helper, who may act in one of these companies."""

    user: User
    companies: list[int]
    version: str
    """Of what he told: another one when he changed or removed it since."""


@transaction.atomic
def prove(*, actor: Actor, login: str, secret: str, now: datetime | None = None) -> Proved | None:
    """Who it is, if user id or address and secret belong together and the helper may help this person at all.

    None for everything else, after the same two comparisons: unknown, foreign, frozen, nothing set, wrong. A right
    code is used up. Raises NotAllowed to people who help nobody.
    """
    now = now or timezone.now()
    post = queries.post_of(actor)
    if post is None or actor.user_id is None:
        raise NotAllowed(ACT_FOR)
    person = person_by_login(login)
    row = SupportPassword.objects.select_for_update().filter(user=person).first() if person else None
    is_password = check_password(secret, (row and row.password) or _nothing())
    is_code = check_password(secret, (row and row.code) or _nothing())
    companies = queries.companies_to_help(post, actor.user_id, person) if person else []
    if person is None or not companies:
        return None
    if row is None or row.frozen_at:
        _record_wrong(actor, person)
        return None
    if is_code and row.code and row.code_expires_at and now < row.code_expires_at:
        row.code, row.code_expires_at = "", None
        row.save(update_fields=["code", "code_expires_at"])
        return Proved(person, companies, version_of(row))
    if is_password and row.password:
        return Proved(person, companies, version_of(row))
    _record_wrong(actor, person)
    _count(actor, row, now)
    return None


def version_of(row: SupportPassword | None) -> str:
    """Changes with every new support password and with its removal."""
    return row.changed_at.isoformat() if row and not row.frozen_at else ""


@cache
def _nothing() -> str:
    """A hash that fits nothing, so that what does not exist takes as long as what is wrong."""
    return make_password("nobody has this: it is longer than any support password")


def _record_wrong(actor: Actor, person: User) -> None:
    audit.record(actor, "support.try.wrong", on=person, company_id=None)
    log.info("wrong support password", helper=actor.user_id, user=person.pk)


def _count(actor: Actor, row: SupportPassword, now: datetime) -> None:
    """One more within a day; at the last, everything is frozen and the person is told at once."""
    if row.wrong_since is None or row.wrong_since + A_DAY <= now:
        row.wrong_tries, row.wrong_since = 0, now
    row.wrong_tries += 1
    if row.wrong_tries >= MOST_TRIES:
        row.frozen_at, row.code, row.code_expires_at = now, "", None
        audit.record(actor, "support.password.frozen", on=row.user, company_id=None)
        mails.post("support_frozen", row.user, tries=row.wrong_tries, helpers=_helpers(row))
    row.save()


@transaction.atomic
def report_tries(*, now: datetime) -> int:
    """Tells people of the wrong tries of a day that is over; those who were frozen know already. How many people."""
    due = SupportPassword.objects.select_for_update(of=("self",)).select_related("user__market")
    rows = list(due.filter(wrong_tries__gt=0, wrong_since__lte=now - A_DAY))
    for row in rows:
        if row.frozen_at is None:
            mails.post("support_tries", row.user, tries=row.wrong_tries, helpers=_helpers(row))
        row.wrong_tries, row.wrong_since = 0, None
        row.save(update_fields=["wrong_tries", "wrong_since"])
    return len(rows)


def _helpers(row: SupportPassword) -> list[str]:
    """Who tried, by name."""
    with platform_scope():
        tries = Entry.objects.filter(
            company_id=None, verb="support.try.wrong", target=f"identity.user:{row.user_id}", at__gte=row.wrong_since
        )
        return sorted(set(tries.values_list("actor", flat=True)))
