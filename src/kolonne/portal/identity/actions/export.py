from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit.models import Entry
from kolonne.portal.identity import export
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import user_scope

EXPORTED_BY_LINK = "identity.data.exported_by_link"
TIME_TO_REPEAT = timedelta(hours=1)
"""After the first download with a link: connections break, and a mailbox is no place for a key that works for weeks."""


@transaction.atomic
def export_own(*, actor: Actor, user: User) -> str:
    """The person's data as JSON, for himself when he is signed in."""
    document = export.as_json(user)
    audit.record(actor, "identity.data.exported", on=user, company_id=None)
    return document


@transaction.atomic
def export_by_link(*, user: User, address: str = "") -> str:
    """The person's data as JSON, for whoever holds the link in the notice of deletion (ID-14).

    Raises Conflict when the link was used some time before.
    """
    if is_used_up(user):
        raise Conflict("link_used", "the link was used")
    document = export.as_json(user)
    actor = Actor(label=str(user), user_id=user.pk, address=address)
    audit.record(actor, EXPORTED_BY_LINK, on=user, company_id=None)
    return document


def is_used_up(user: User) -> bool:
    """Whether the link of this notice was used, and the time to repeat a broken download is over."""
    with user_scope(user.pk):
        used = Entry.objects.filter(user_id=user.pk, verb=EXPORTED_BY_LINK)
        if user.life_cycle_at is not None:
            used = used.filter(at__gte=user.life_cycle_at)
        return used.filter(at__lt=timezone.now() - TIME_TO_REPEAT).exists()
