from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "vehicles.vehicle.added": _("Van added"),
        "vehicles.vehicle.begun_earlier": _("Recordings from before the van was added admitted"),
        "vehicles.vehicle.changed": _("Van changed"),
        "vehicles.import.begun": _("Import of vans begun"),
        "vehicles.import.done": _("Vans imported from a file"),
        "vehicles.import.stopped": _("Import of vans stopped"),
        "vehicles.vehicle.verified": _("Van verified"),
        "vehicles.vehicle.refused": _("Van refused"),
        "vehicles.vehicle.removed": _("Van removed"),
        "vehicles.vin.tried": _("Too many VINs tried that are in use elsewhere"),
        "vehicles.claim.asked": _("Release of a van asked for"),
        "vehicles.claim.received": _("Another company claims a van"),
        "vehicles.claim.withdrawn": _("Claim on a van withdrawn"),
        "vehicles.claim.ended": _("Claim on a van no longer pursued"),
        "vehicles.claim.taken": _("Claim on a van taken to a dealer or the support"),
        "vehicles.claim.objected": _("Claim on a van objected to"),
        "vehicles.claim.unanswered": _("Claim on a van not answered in time"),
        "vehicles.claim.released": _("Claimed van released"),
        "vehicles.claim.granted": _("Claim on a van granted after proof"),
        "vehicles.claim.refused": _("Claim on a van refused"),
        "vehicles.claim.lapsed": _("Claim on a van lapsed"),
        "vehicles.claim.viewed": _("Claim on a van looked at by its arbiter"),
        "vehicles.handover.offered": _("Code for the hand-over of a van made"),
        "vehicles.handover.revoked": _("Code for the hand-over of a van revoked"),
        "vehicles.handover.used": _("Van taken over with a code"),
        "vehicles.module.enrolled": _("Communication module enrolled"),
        "vehicles.modules.revoked": _("All communication modules revoked"),
        "vehicles.module.in_charge": _("Another communication module put in charge"),
        "vehicles.module.provides": _("Signals of a communication module chosen"),
        "vehicles.module.renewed": _("Certificate of a communication module renewed"),
        "vehicles.module_claim.made": _("Code for a communication module made"),
        "vehicles.module_claim.withdrawn": _("Code for a communication module withdrawn"),
        "vehicles.module.revoked": _("Communication module revoked"),
    }
)
