from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO

from django.core import signing
from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit.models import Entry
from kolonne.portal.identity import export, links, mails
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import user_scope

EXPORTED_BY_LINK = "identity.data.exported_by_link"
TIME_TO_REPEAT = timedelta(hours=1)
"""After the first download with a link: connections break, and a mailbox is no place for a key that works for weeks."""
LINK_LIFE = timedelta(hours=24)
"""Of the link that somebody who is signed in asks for."""
_SALT = "kolonne.portal.identity.own_export"


@transaction.atomic
def ask_for_own(*, actor: Actor, user: User) -> str:
    """A token with which the same person, signed in, can fetch his data for `LINK_LIFE`; he is told by mail.

    The view asks for the password before. Signing out everywhere ends it too.
    """
    audit.record(actor, "identity.data.export_asked", on=user, company_id=None)
    mails.post("data_export", user, hours=LINK_LIFE // timedelta(hours=1))
    return signing.TimestampSigner(sep=".", salt=_SALT).sign(f"{user.pk}-{user.session_epoch}")


def check_own(user: User, token: str) -> None:
    """Raises LinkBroken when the token is another person's or altered, LinkExpired, LinkUsed after a sign-out."""
    try:
        pk, _, epoch = signing.TimestampSigner(sep=".", salt=_SALT).unsign(token, max_age=LINK_LIFE).partition("-")
    except signing.SignatureExpired as error:
        raise links.LinkExpired from error
    except signing.BadSignature as error:
        raise links.LinkBroken from error
    if pk != str(user.pk):
        raise links.LinkBroken
    if epoch != str(user.session_epoch):
        raise links.LinkUsed


@transaction.atomic
def export_own(*, actor: Actor, user: User) -> IO[bytes]:
    """The person's data as a zip, for himself when he is signed in. Whoever reads the file closes it."""
    return _made(actor, user, "identity.data.exported")


@transaction.atomic
def export_by_link(*, user: User, address: str = "") -> IO[bytes]:
    """The person's data as a zip, for whoever holds the link in the notice of deletion (ID-14).

    Raises Conflict when the link was used some time before.
    """
    if is_used_up(user):
        raise Conflict("link_used", "the link was used")
    return _made(Actor(label=str(user), user_id=user.pk, address=address), user, EXPORTED_BY_LINK)


def _made(actor: Actor, user: User, verb: str) -> IO[bytes]:
    file = TemporaryFile()  # noqa: SIM115  # the answer that streams it closes it
    try:
        counts = export.write(user, file)
        audit.record(actor, verb, on=user, company_id=None, rows=counts, bytes=file.tell())
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def is_used_up(user: User) -> bool:
    """Whether the link of this notice was used, and the time to repeat a broken download is over."""
    with user_scope(user.pk):
        used = Entry.objects.filter(user_id=user.pk, verb=EXPORTED_BY_LINK)
        if user.life_cycle_at is not None:
            used = used.filter(at__gte=user.life_cycle_at)
        return used.filter(at__lt=timezone.now() - TIME_TO_REPEAT).exists()
