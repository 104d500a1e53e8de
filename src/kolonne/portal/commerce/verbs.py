from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "commerce.product.assigned": _("Service assigned"),
        "commerce.product.ended": _("Service ended"),
        "commerce.order.placed": _("Order placed"),
        "commerce.order.withdrawn": _("Order withdrawn"),
        "commerce.order.done": _("Order became a contract"),
        "commerce.terms.accepted": _("Terms accepted"),
        "commerce.contract.signed": _("Contract made"),
        "commerce.contract.renewed": _("New generation of the contract"),
        "commerce.company.silenced": _("All services ended and open orders withdrawn"),
        "commerce.contracts.ended": _("All contracts ended"),
    }
)
