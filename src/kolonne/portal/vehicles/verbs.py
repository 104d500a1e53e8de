from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "vehicles.vehicle.added": _("Van added"),
        "vehicles.vehicle.changed": _("Van changed"),
        "vehicles.import.begun": _("Import of vans begun"),
        "vehicles.import.done": _("Vans imported from a file"),
        "vehicles.import.stopped": _("Import of vans stopped"),
        "vehicles.vehicle.verified": _("Van verified"),
        "vehicles.vehicle.refused": _("Van refused"),
        "vehicles.vehicle.removed": _("Van removed"),
        "vehicles.module.enrolled": _("Communication module enrolled"),
        "vehicles.modules.revoked": _("All communication modules revoked"),
        "vehicles.module.revoked": _("Communication module revoked"),
    }
)
