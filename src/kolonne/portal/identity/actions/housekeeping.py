from datetime import datetime

from allauth.idp.oidc.models import Token
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

BATCH = 1000
MAX_BATCHES = 100


def delete_expired(*, now: datetime) -> int:
    """Deletes sessions and tokens that open nothing any more, at most `BATCH` × `MAX_BATCHES` of each; says how many.

    Nothing is audited: what expired had no effect.
    """
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    return (
        _delete(Session.objects.filter(expire_date__lt=now))
        + _delete(UserSession.objects.filter(~Exists(alive)))
        + _delete(Token.objects.filter(expires_at__lt=now))
    )


def _delete(expired: "QuerySet[Session] | QuerySet[UserSession] | QuerySet[Token]") -> int:
    """In small statements, so that nobody waits for a lock."""
    model, count = expired.model, 0
    for _ in range(MAX_BATCHES):
        batch = list(expired.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not batch:
            break
        count += model._default_manager.filter(pk__in=batch).delete()[0]
    return count
