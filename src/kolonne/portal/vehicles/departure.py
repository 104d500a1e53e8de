"""What becomes of vans and modules when their company is deleted (CO-07), and what of them it can take along."""

from collections.abc import Iterator

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.actions.leaving import note_erased
from kolonne.portal.companies.hooks import Consequence, Departure
from kolonne.portal.companies.models import Company
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import Row
from kolonne.portal.vehicles.models import Claim, Handover, Module, ModuleClaim, ModuleStatus, OwnershipRequest, Vehicle

BATCH = 500
FIELDS = (
    "id", "vin", "plate", "name", "make", "model", "model_year", "drive", "driver", "added_at", "verification",
    "removed_at", "removed_by", "removal",
)  # fmt: skip


def consequences(company: Company) -> list[Consequence]:
    vans = Vehicle.objects.filter(company=company).count()
    modules = Module.objects.filter(company=company, status=ModuleStatus.ACTIVE).count()
    found = []
    if vans:
        title = ngettext("%(n)s van", "%(n)s vans", vans) % {"n": vans}
        found.append(Consequence(title, _("Gone from all pages: no map, no list, no commands."), "at_once"))
    if modules:
        title = ngettext("%(n)s communication module", "%(n)s communication modules", modules) % {"n": modules}
        text = _("They are told to be silent, and cut off. Should you stay, each van needs its module enrolled anew.")
        found.append(Consequence(title, text, "at_once"))
    if vans:
        found.append(Consequence(_("Master data of the vans"), _("Another company can add these vans then."), "erased"))
    return found


def cut_off(actor: Actor, company: Company) -> None:
    """All modules in service, with one entry in the audit: the registry ends their sessions within a second. Codes
    that wait let no new ones in."""
    waiting = ModuleClaim.objects.filter(company=company, used_at=None, withdrawn_at=None)
    waiting.update(withdrawn_at=timezone.now())
    known = Module.objects.select_for_update().filter(company=company)
    active = known.exclude(status=ModuleStatus.REVOKED)
    serials = dict(active.order_by("pk").values_list("pk", "serial"))
    if not serials:
        return
    Module.objects.filter(pk__in=serials).update(status=ModuleStatus.REVOKED, revoked_at=timezone.now())
    modules = list(serials.values())
    audit.record(actor, "vehicles.modules.revoked", on=company, company_id=company.pk, modules=modules)
    for serial in modules:
        notify.notify(notify.MODULES, serial)


def erase(actor: Actor, company: Company) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT vans, modules FROM vehicles_erase_company(%s, %s)", [company.pk, BATCH])
        vans, modules = cursor.fetchone()
    note_erased(company, vans=vans, modules=modules)
    return bool(vans == 0)


def vans_of(company: Company) -> Iterator[Row]:
    """Also those that were removed."""
    yield from Vehicle.ever.filter(company=company).order_by("pk").values(*FIELDS).iterator()


def modules_of(company: Company) -> Iterator[Row]:
    """Without what proves them."""
    rows = Module.objects.filter(company=company).order_by("pk")
    yield from rows.values("id", "vehicle_id", "serial", "status", "enrolled_at", "revoked_at").iterator()


def claims_of(company: Company) -> Iterator[Row]:
    """Vans of others that the company claimed; whose they were it does not know."""
    rows = Claim.objects.filter(company=company).order_by("pk")
    names = ("id", "vin", "data", "state", "state_since", "asked_by", "asked_at", "until", "decided_by", "proof")
    yield from rows.values(*names, "proof_date", "reason").iterator()


def requests_of(company: Company) -> Iterator[Row]:
    """Its vans that others claimed."""
    rows = OwnershipRequest.objects.filter(company=company).order_by("pk")
    names = ("id", "vehicle_id", "claimant_name", "state", "asked_at", "answer_until", "answered_at", "answered_by")
    yield from rows.values(*names).iterator()


def handovers_of(company: Company) -> Iterator[Row]:
    """Without the codes."""
    rows = Handover.objects.filter(company=company).order_by("pk")
    names = ("id", "vehicle_id", "customer_number", "made_by", "made_at", "expires_at", "revoked_at", "used_at")
    yield from rows.values(*names, "buyer_name").iterator()


DEPARTURE = Departure("vehicles", consequences, at_once=cut_off, erase=erase)
