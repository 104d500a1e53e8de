"""What becomes of services, orders and contracts when their company is deleted (CO-07, PR-05)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.audit import actions as audit
from kolonne.portal.commerce.actions.contracts import settle
from kolonne.portal.commerce.actions.invoices import invoice_the_rest
from kolonne.portal.commerce.models import (
    Assignment,
    Contract,
    ContractState,
    ContractVersion,
    Invoice,
    ModuleProfile,
    Order,
    OrderItem,
    OrderState,
    Profile,
    ServicePeriod,
    TermsAcceptance,
    TermsNotice,
)
from kolonne.portal.companies.actions.leaving import note_erased
from kolonne.portal.companies.hooks import Consequence, Departure
from kolonne.portal.companies.models import Company, Leaving
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import Row
from kolonne.portal.vehicles.models import Module, ModuleStatus

BATCH = 2000
CONTRACT = ("id", "number", "generation", "state", "currency", "signed_at", "ended_at")
PRICE = ("vehicle_id", "product", "package", "price", "single_price")
ITEM = (*PRICE, "currency", "trial_months", "done_at", "withdrawn_at")
LINE = ("contract_id", *PRICE, "state", "terms", "since", "trial_until",
        "converts", "notice_at", "ends_at", "ended_at")  # fmt: skip


def consequences(company: Company) -> list[Consequence]:
    services, orders, contracts = _services(company).count(), _waiting(company).count(), _running(company).count()
    found = []
    if services:
        title = ngettext("%(n)s service on vans", "%(n)s services on vans", services) % {"n": services}
        text = _("All are off at once, also remote access and everything that drivers use.")
        found.append(Consequence(title, text, "at_once"))
    if orders:
        title = ngettext("%(n)s open order", "%(n)s open orders", orders) % {"n": orders}
        found.append(Consequence(title, _("They are withdrawn: no contract comes of them."), "at_once"))
    if contracts:
        title = ngettext("%(n)s running contract", "%(n)s running contracts", contracts) % {"n": contracts}
        text = _("The end is on that day, although the services are off at once.")
        found.append(Consequence(title, text, "contracts_end"))
        found.append(
            Consequence(_("Contracts and orders"), _("Keep the copies that you need for your books."), "erased")
        )
    return found


def end_services(actor: Actor, company: Company) -> None:
    """No van has a service any more, every module is told to be silent, and open orders are withdrawn."""
    now = timezone.now()
    services = _services(company).update(ended_at=now, state=ContractState.ENDED)
    loud = Profile.objects.filter(company=company).exclude(signals={}, commands=[])
    vans = list(loud.values_list("vehicle_id", flat=True))
    loud.update(version=F("version") + 1, signals={}, commands=[])
    ServicePeriod.objects.filter(company=company, until=None).update(until=now)
    ModuleProfile.objects.filter(company=company).update(version=F("version") + 1, signals={})
    modules = Module.objects.filter(company=company, vehicle__in=vans, status=ModuleStatus.ACTIVE)
    for serial in modules.values_list("serial", flat=True):
        notify.notify(notify.MODULES, serial)
    orders = _waiting(company).update(state=OrderState.WITHDRAWN, state_since=now)
    OrderItem.objects.filter(company=company, done_at=None, withdrawn_at=None).update(withdrawn_at=now)
    settle(actor, _running(company).values_list("pk", flat=True))
    if services or orders:
        audit.record(
            actor, "commerce.company.silenced", on=company, company_id=company.pk, services=services, orders=orders
        )
    invoice_the_rest(actor, company)


def end_contracts(actor: Actor, company: Company) -> None:
    """On the day that was named when the deletion was ordered, however late the job comes (PR-05)."""
    end = Leaving.objects.filter(company=company).values_list("ends_at", flat=True).first() or timezone.now()
    ended = _running(company).update(state=ContractState.ENDED, ended_at=end)
    if ended:
        audit.record(actor, "commerce.contracts.ended", on=company, company_id=company.pk, contracts=ended)


def erase(actor: Actor, company: Company) -> bool:
    for rows in (
        TermsAcceptance.objects.filter(company=company),
        TermsNotice.objects.filter(company=company),
        OrderItem.objects.filter(company=company),
        Order.objects.filter(company=company),
        Profile.objects.filter(company=company),
        ModuleProfile.objects.filter(company=company),
        ServicePeriod.objects.filter(company=company),
        Invoice.objects.filter(company=company),
        Assignment.objects.filter(company=company),
        ContractVersion.objects.filter(company=company),
        Contract.objects.filter(company=company),
    ):
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        if ids:
            number, _by_model = rows.filter(pk__in=ids).delete()
            note_erased(company, **{_counted(rows): number})
            return False
    return True


def _counted(rows: "QuerySet[Any]") -> str:
    """The word of the receipt."""
    words = {Order: "orders", Contract: "contracts"}
    return words.get(rows.model, "others")


def _services(company: Company) -> "QuerySet[Assignment]":
    return Assignment.objects.filter(company=company, ended_at=None)


def _waiting(company: Company) -> "QuerySet[Order]":
    return Order.objects.filter(company=company, state=OrderState.WAITING)


def _running(company: Company) -> "QuerySet[Contract]":
    return Contract.objects.filter(company=company).exclude(state=ContractState.ENDED)


def contracts_of(company: Company) -> Iterator[Row]:
    yield from Contract.objects.filter(company=company).order_by("pk").values(*CONTRACT)


def generations_of(company: Company) -> Iterator[Row]:
    rows = ContractVersion.objects.filter(company=company).order_by("contract_id", "generation")
    yield from rows.values("contract_id", "generation", "party", "since").iterator()


def orders_of(company: Company) -> Iterator[Row]:
    rows = Order.objects.filter(company=company).order_by("pk").prefetch_related("items")
    fields = ("id", "placed_by", "placed_at", "terms_accepted_at", "terms_accepted_by", "converts", "state",
              "state_since")  # fmt: skip
    for order in rows.iterator(chunk_size=BATCH):
        items = [{name: getattr(item, name) for name in ITEM} for item in order.items.all()]
        yield {name: getattr(order, name) for name in fields} | {"contract_id": order.contract_id, "items": items}


def services_of(company: Company) -> Iterator[Row]:
    rows = Assignment.objects.filter(company=company).order_by("pk")
    yield from rows.values(*LINE).iterator()


DEPARTURE = Departure("commerce", consequences, at_once=end_services, when_contracts_end=end_contracts, erase=erase)
