"""What becomes of commands when the company of the vans is deleted (CO-07)."""

from collections.abc import Iterator

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.commands.lifecycle import State
from kolonne.portal.commands.models import Command, CommandStep
from kolonne.portal.companies.actions.leaving import note_erased
from kolonne.portal.companies.hooks import Consequence, Departure
from kolonne.portal.companies.models import Company
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import Row

BATCH = 2000
REASON = "company_leaving"
_FIELDS = ("id", "vehicle_id", "name", "args", "requested_by", "via", "state", "reason", "created_at", "finished_at")


def consequences(company: Company) -> list[Consequence]:
    queued = Command.objects.filter(company=company, state=State.QUEUED.value).count()
    if not queued:
        return []
    title = ngettext("%(n)s command on its way", "%(n)s commands on their way", queued) % {"n": queued}
    return [Consequence(title, _("What has not reached its van yet does not reach it any more."), "at_once")]


def withdraw(actor: Actor, company: Company) -> None:
    """Commands that wait for the signer are never signed. What a van has already, the signer sees through."""
    now = timezone.now()
    queued = Command.objects.select_for_update().filter(company=company, state=State.QUEUED.value)
    for command in queued.only("pk").order_by("pk"):
        Command.objects.filter(pk=command.pk).update(
            state=State.EXPIRED.value, reason=REASON, finished_at=now, pin_sealed=None
        )
        CommandStep.objects.create(
            company_id=company.pk, command_id=command.pk, state=State.EXPIRED.value, at=now, reason=REASON
        )
        notify.notify(notify.COMMANDS, str(command.pk))


def erase(actor: Actor, company: Company) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT commands_erase_company(%s, %s)", [company.pk, BATCH])
        (commands,) = cursor.fetchone()
    note_erased(company, commands=commands)
    return bool(commands == 0)


def commands_of(company: Company) -> Iterator[Row]:
    """Without PINs and signatures."""
    yield from Command.objects.filter(company=company).order_by("created_at", "pk").values(*_FIELDS).iterator()


DEPARTURE = Departure("commands", consequences, at_once=withdraw, erase=erase)
