from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "commerce.product.assigned": _("Service assigned"),
        "commerce.product.ended": _("Service ended"),
    }
)
