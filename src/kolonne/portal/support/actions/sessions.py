"""A helper begins to act in a person's name, and stops (SU-02)."""

from dataclasses import replace
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import User
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import MAX_LABEL, Actor
from kolonne.portal.lib.errors import Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import all_companies, company_scope, user_scope
from kolonne.portal.support import queries, report
from kolonne.portal.support.models import ActingSession, Ended
from kolonne.portal.support.permissions import ACT_FOR

log = structlog.get_logger()


@transaction.atomic
def start(*, actor: Actor, agent: User, user: User, company_id: int, session_key: str) -> ActingSession:
    """From now on the helper's browser with this session works in the person's name. `actions.prove` was asked before.

    A helper works for one person at a time. Raises NotAllowed, NotFound; Invalid without a browser session.
    """
    post = queries.post_of(actor)
    if post is None or actor.user_id != agent.pk:
        raise NotAllowed(ACT_FOR)
    if not session_key:
        raise Invalid("no_session", "acting needs a browser session", {"session": "sign in"})
    if company_id not in queries.companies_to_help(post, agent.pk, user):
        raise NotFound("company")
    User.objects.select_for_update(of=("self",)).get(pk=agent.pk)  # two beginnings at a time wait for each other
    for earlier in _open(agent_id=agent.pk):
        end(actor=actor, row=earlier, reason=Ended.ANOTHER)
    now = timezone.now()
    with company_scope([company_id]):
        row = ActingSession.objects.create(
            company_id=company_id, user=user, agent=agent, agent_label=str(agent)[:MAX_LABEL],
            organisation_id=post.organisation, organisation_label=post.name, session_epoch=agent.session_epoch,
            session_key=session_key, started_at=now, ends_at=now + settings.SUPPORT_SESSION,
        )  # fmt: skip
        named = replace(actor, label=queries.label_of(row))
        audit.record(named, "support.session.started", on=user, company_id=company_id)
    notify.notify(notify.PEOPLE, str(agent.pk))  # his open streams ask anew whose vans they may show
    log.info("acting started", session=row.pk, agent=agent.pk, user=user.pk, company=company_id)
    return row


@transaction.atomic
def end(*, actor: Actor, row: ActingSession, reason: Ended, now: datetime | None = None) -> bool:
    """Ends it, whoever wants that, and tells the person by mail what was done. False when it had ended already."""
    ended_at = min(now or timezone.now(), row.ends_at)
    with company_scope([row.company_id]):
        still_open = ActingSession.objects.filter(pk=row.pk, ended_at=None)
        if still_open.update(ended_at=ended_at, ended_by=reason) != 1:
            return False
        row.refresh_from_db(fields=["ended_at", "ended_by"])
        audit.record(
            actor, "support.session.ended", on=row.user, company_id=row.company_id, about=[row.agent_id],
            ended_by=str(reason), helper=queries.label_of(row),
        )  # fmt: skip
        mails.post("support_session_over", row.user, **report.facts_of(row))
    notify.notify(notify.PEOPLE, str(row.agent_id))
    log.info("acting ended", session=row.pk, reason=str(reason))
    return True


def end_all_for(actor: Actor, user: User, reason: Ended) -> None:
    """Whoever works in the person's name stops."""
    for row in _open(user_id=user.pk):
        end(actor=actor, row=row, reason=reason)


def end_all_by(actor: Actor, agent: User, reason: Ended, *, session_key: str) -> None:
    """A helper stops because his browser session ended."""
    for row in _open(agent_id=agent.pk):
        if row.session_key == session_key:
            end(actor=actor, row=row, reason=reason)


def _open(**who: int) -> list[ActingSession]:
    """Of one of the two people."""
    (person,) = who.values()
    with user_scope(person):
        rows = ActingSession.objects.select_related("user__market", "agent", "organisation")
        return list(rows.filter(ended_at=None, **who).order_by("pk"))


def end_over(*, now: datetime) -> int:
    """Ends what is over although no page was asked for since; how many."""
    actor, ended = Actor.system("support-sessions"), 0
    with company_scope(all_companies()):
        rows = list(ActingSession.objects.select_related("user__market", "agent", "organisation").filter(ended_at=None))
    for row in rows:
        reason = queries.why_over(row, now=now)
        if reason is not None:
            ended += end(actor=actor, row=row, reason=reason, now=now)
    return ended
