"""What a merge of two companies does to vans and modules (CO-10)."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.companies.merge_parts import Effect, MergePart, Pair
from kolonne.portal.companies.models import Company
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles.models import Module, ModuleStatus, RefusedVin, Vehicle
from kolonne.portal.vehicles.models.ownership import LIVE, Claim, ClaimState, OwnershipRequest, RequestState

SOLVES = frozenset({"vehicles_refused_vin_once", "vehicles_claim_once"})


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
    """What both said of one VIN stands once, and nobody claims a van of his own."""
    refused = RefusedVin.objects.filter(company=stays).values("vin")
    RefusedVin.objects.filter(company=gone, vin__in=refused).delete()
    for claimant, owner in ((gone, stays), (stays, gone)):
        _withdraw(claimant, list(Vehicle.objects.filter(company=owner).values_list("vin", flat=True)))
    _withdraw(gone, list(Claim.objects.filter(company=stays, state__in=LIVE).values_list("vin", flat=True)))


def _withdraw(claimant: Company, vins: list[str]) -> None:
    claims = Claim.objects.select_for_update().filter(company=claimant, vin__in=vins, state__in=LIVE)
    ids = list(claims.values_list("pk", flat=True))
    now = timezone.now()
    Claim.objects.filter(pk__in=ids).update(state=ClaimState.WITHDRAWN, state_since=now, until=None)
    with company_scope(all_companies()):  # the other half of a claim is its owner's
        open_ones = OwnershipRequest.objects.filter(claim__in=ids, state__in=[RequestState.OPEN, RequestState.OBJECTED])
        open_ones.update(state=RequestState.OVER)


def after(actor: Actor, gone: Company, stays: Company) -> None:
    """Owners of vans that were claimed deal with the company that stays. Ingest and registry ask at once whose the
    modules are now."""
    with company_scope(all_companies()):
        OwnershipRequest.objects.filter(claimant=gone.pk).update(claimant=stays.pk, claimant_name=stays.name)
    for serial in Module.objects.filter(company=stays).order_by("pk").values_list("serial", flat=True).distinct():
        notify.notify(notify.MODULES, serial)


MERGE = MergePart("vehicles", effects, before=before, after=after, solves=SOLVES)
