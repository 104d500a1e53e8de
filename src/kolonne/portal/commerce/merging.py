"""What a merge of two companies does to contracts, services and orders (CO-10)."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.commerce.actions import renew_contracts
from kolonne.portal.commerce.models import Assignment, Contract, ContractState, Order, OrderState
from kolonne.portal.companies.merge_parts import Effect, MergePart, Pair
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.actor import Actor


def effects(pair: Pair) -> list[Effect]:
    contracts = Contract.objects.filter(company=pair.gone).exclude(state=ContractState.ENDED).count()
    services = Assignment.objects.filter(company=pair.gone, ended_at=None).count()
    orders = Order.objects.filter(company=pair.gone, state=OrderState.WAITING).count()
    names, found = {"stays": pair.stays.name}, []
    if contracts:
        title = ngettext("%(n)s contract goes on", "%(n)s contracts go on", contracts) % {"n": contracts}
        text = _("Each gets a new generation that names %(stays)s. Earlier generations stay readable.")
        found.append(Effect(title, text % names))
    if services:
        title = ngettext("%(n)s service goes on", "%(n)s services go on", services) % {"n": services}
        found.append(Effect(title, _("Nothing is switched off, not even for a moment.")))
    if orders:
        title = ngettext("%(n)s open order", "%(n)s open orders", orders) % {"n": orders}
        found.append(Effect(title, _("They go on under %(stays)s.") % names))
    return found


def after(actor: Actor, gone: Company, stays: Company) -> None:
    """Every running contract names the company that stays."""
    renew_contracts(actor, stays)


MERGE = MergePart("commerce", effects, after=after)
