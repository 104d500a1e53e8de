"""The words for products, and for what cannot be done with an order, translated where they are shown."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from kolonne.portal.commerce.catalogue import products
from kolonne.portal.vehicles.models import Drive


@dataclass(frozen=True)
class ProductWords:
    """A product as a person reads it."""

    code: str
    name: str
    text: str
    icon: str
    fits: str
    """For which drives; empty when for all."""


_ICONS = {
    "vehicle-supervision": "map",
    "charging-and-climate": "bolt",
    "remote-access": "key",
    "maintenance": "wrench",
    "driving-style": "gauge",
    "driver-services": "person",
}


def _words() -> dict[str, tuple[str, str]]:
    return {
        "vehicle-supervision": (
            _("Vehicle supervision"),
            _("Where your vans are, what they do, and what needs you: doors, charge, fuel and tyres."),
        ),
        "charging-and-climate": (
            _("Charging and climate"),
            _("Start and stop charging, set limit and departure, warm or cool the cab before the tour."),
        ),
        "remote-access": (
            _("Remote access"),
            _("Lock, unlock and find a van from the office; opening needs a PIN."),
        ),
        "maintenance": (
            pgettext("product", "Maintenance"),
            _("Mileage, next service and tyre pressures, so that the workshop is never a surprise."),
        ),
        "driving-style": (
            _("Driving style"),
            _("How gently vans are driven and what they use, as a help for drivers."),
        ),
        "driver-services": (
            _("Driver services"),
            _("Messages and destinations to the driver, trips and the driver's card."),
        ),
    }


def of_product(code: str) -> ProductWords:
    """A product that was taken out of the catalogue keeps its code as its name: old orders name it."""
    name, text = _words().get(code, (code, ""))
    known = products().get(code)
    drives = sorted(str(Drive(drive).label) for drive in known.drives) if known else []
    fits = _("For the drives: %(drives)s") % {"drives": ", ".join(drives)} if drives else ""
    return ProductWords(code, name, text, _ICONS.get(code, "van"), fits)


def all_products() -> list[ProductWords]:
    """In the order of the catalogue."""
    return [of_product(code) for code in products()]


REFUSALS = {
    "nothing_chosen": gettext_lazy("Choose at least one service and at least one van."),
    "nothing_new": gettext_lazy(
        "The chosen vans have these services already, they are on order, or they do not fit their drive. Choose others."
    ),
    "too_many_vans": gettext_lazy("These are too many vans for one order. Choose fewer and place a second order."),
    "unknown_product": gettext_lazy("This service is not offered any more. Choose another one."),
    "terms_by_helper": gettext_lazy(
        "Nobody can accept terms in another's name: whoever you act for has to do it, signed in without you."
    ),
    "other_terms": gettext_lazy(
        "The terms have changed since you opened this page. Read them again before you accept."
    ),
    "no_terms": gettext_lazy("Read the terms and accept them first."),
    "nothing_left": gettext_lazy("All vans of this order were removed: withdraw it and place another one."),
    "not_waiting": gettext_lazy("Somebody else completed or withdrew this order meanwhile."),
    "unverified": gettext_lazy("This waits for the dealer's check. The reason stands beside the button."),
}


def of_refusal(code: str, text: str) -> str:
    """The reader's words for a refusal."""
    return str(REFUSALS.get(code, "")) or text
