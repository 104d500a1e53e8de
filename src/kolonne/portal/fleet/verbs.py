from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "fleet.vans.viewed": _("Vans looked at"),
        "fleet.vehicle.viewed": _("Van looked at"),
        "fleet.history.viewed": _("Track of a van looked at"),
    }
)
