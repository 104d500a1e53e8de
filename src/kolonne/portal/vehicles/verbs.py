from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "vehicles.vehicle.added": _("Van added"),
        "vehicles.vehicle.verified": _("Van verified"),
        "vehicles.vehicle.refused": _("Van refused"),
        "vehicles.vehicle.removed": _("Van removed"),
        "vehicles.module.enrolled": _("Communication module enrolled"),
        "vehicles.modules.revoked": _("All communication modules revoked"),
        "vehicles.module.revoked": _("Communication module revoked"),
    }
)
