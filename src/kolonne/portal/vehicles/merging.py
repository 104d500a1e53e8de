"""What a merge of two companies does to vans and modules (CO-10)."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.companies.merge_parts import Effect, MergePart, Pair
from kolonne.portal.companies.models import Company
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.vehicles.models import Module, ModuleStatus, RefusedVin, Vehicle


def effects(pair: Pair) -> list[Effect]:
    vans = Vehicle.objects.filter(company=pair.gone).count()
    modules = Module.objects.filter(company=pair.gone, status=ModuleStatus.ACTIVE).count()
    found = []
    names = {"gone": pair.gone.name, "stays": pair.stays.name}
    if vans:
        title = ngettext("%(n)s van moves", "%(n)s vans move", vans) % {"n": vans}
        text = _("Whoever may see the vans of %(stays)s sees these, too, with everything that %(gone)s saw of them.")
        found.append(Effect(title, text % names))
    if modules:
        title = ngettext("%(n)s communication module", "%(n)s communication modules", modules) % {"n": modules}
        found.append(Effect(title, _("They go on sending. Nothing has to be done in the vans.")))
    return found


def before(actor: Actor, gone: Company, stays: Company) -> None:
    """A VIN that both were refused is refused once."""
    refused = RefusedVin.objects.filter(company=stays).values("vin")
    RefusedVin.objects.filter(company=gone, vin__in=refused).delete()


def after(actor: Actor, gone: Company, stays: Company) -> None:
    """Ingest and registry ask at once whose the modules are now."""
    for serial in Module.objects.filter(company=stays).order_by("pk").values_list("serial", flat=True):
        notify.notify(notify.MODULES, serial)


MERGE = MergePart("vehicles", effects, before=before, after=after, solves=frozenset({"vehicles_refused_vin_once"}))
