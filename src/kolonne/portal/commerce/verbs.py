from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "commerce.product.assigned": _("Service assigned"),
        "commerce.product.ended": _("Service ended"),
        "commerce.order.placed": _("Order placed"),
        "commerce.order.withdrawn": _("Order withdrawn"),
        "commerce.order.confirmed": _("Order confirmed"),
        "commerce.order.done": _("Order became a contract"),
        "commerce.terms.accepted": _("Terms accepted"),
        "commerce.terms.announced": _("New terms announced"),
        "commerce.contract.signed": _("Contract made"),
        "commerce.contract.renewed": _("New generation of the contract"),
        "commerce.contract.ended": _("Contract ended"),
        "commerce.lines.cancelled": _("Services cancelled"),
        "commerce.lines.kept": _("Notice taken back"),
        "commerce.lines.chosen": _("Chosen what follows the trial"),
        "commerce.lines.ended_together": _("Common end of services set"),
        "commerce.lines.paid": _("Trials became paid services"),
        "commerce.lines.ended": _("Services reached their end"),
        "commerce.package.parted": _("Rest of a package goes on at single prices"),
        "commerce.trials.announced": _("End of trials announced"),
        "commerce.van.silenced": _("Services ended with their van"),
        "commerce.waiting.withdrawn": _("Services that had not begun withdrawn"),
        "commerce.company.silenced": _("All services ended and open orders withdrawn"),
        "commerce.module.provider": _("Provider of a module changed"),
        "commerce.invoice.made": _("Invoice data made"),
        "commerce.contracts.ended": _("All contracts ended"),
    }
)
