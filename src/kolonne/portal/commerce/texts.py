"""The words for products, and for what cannot be done with an order, translated where they are shown."""

from dataclasses import dataclass

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from kolonne.portal.commerce.catalogue import Misfit, Package, Product, Service, Van, builtin, catalogue
from kolonne.portal.vehicles.models import Drive


@dataclass(frozen=True)
class ProductWords:
    """A product as a person reads it."""

    code: str
    name: str
    text: str
    icon: str
    fits: str
    """Which vans it fits; empty when all."""


def language() -> str:
    """The reader's, as the catalogue's words know it."""
    return (get_language() or "en").partition("-")[0]


def of_product(code: str) -> ProductWords:
    """A product that was taken out of the operator's catalogue is still called as Kolonne's own calls it, else by its
    code: old orders and running lines name it."""
    known = catalogue().products.get(code) or builtin().products.get(code)
    if known is None:
        return ProductWords(code, code, "", "van", "")
    return ProductWords(code, known.name.of(language()), known.text.of(language()), known.icon, _fits(known))


def of_package(code: str) -> ProductWords:
    """Like `of_product`."""
    known: Package | None = catalogue().packages.get(code) or builtin().packages.get(code)
    if known is None:
        return ProductWords(code, code, "", "order", "")
    return ProductWords(code, known.name.of(language()), known.text.of(language()), "order", "")


def of_service(service: Service) -> ProductWords:
    return ProductWords(service.code, service.name.of(language()), service.text.of(language()), "", "")


def of_page(page: str) -> str:
    """Where a service is seen; the words of `catalogue_file.PAGES`."""
    words = {"map": _("Map"), "vans": _("List of vans"), "van": _("Page of a van"), "api": _("Your own programs")}
    return words[page]


def _fits(product: Product) -> str:
    """Every condition of a product, in one line."""
    parts = []
    if product.drives:
        drives = sorted(str(Drive(drive).label) for drive in product.drives)
        parts.append(_("For the drives: %(drives)s") % {"drives": ", ".join(drives)})
    if product.models:
        parts.append(_("For the models: %(models)s") % {"models": ", ".join(product.models)})
    if product.equipment:
        parts.append(_("Needs: %(equipment)s") % {"equipment": ", ".join(map(_equipment, sorted(product.equipment)))})
    return " · ".join(parts)


def _equipment(code: str) -> str:
    words = catalogue().equipment.get(code)
    return words.of(language()) if words else code


def why_not(product: Product, van: Van) -> str:
    """Why a product does not fit a van; empty when it fits."""
    misfit = product.why_not(van)
    return of_misfit(misfit) if misfit else ""


def of_misfit(misfit: Misfit) -> str:
    if misfit.reason == "drive":
        wanted = ", ".join(sorted(str(Drive(drive).label) for drive in misfit.wanted))
        return _("It is made for another drive: %(drives)s.") % {"drives": wanted}
    if misfit.reason == "model":
        return _("It is made for other models: %(models)s.") % {"models": ", ".join(misfit.wanted)}
    words = ", ".join(map(_equipment, misfit.wanted))
    return _("The van lacks: %(equipment)s.") % {"equipment": words}


REFUSALS = {
    "nothing_chosen": gettext_lazy("Choose at least one service and at least one van."),
    "nothing_new": gettext_lazy(
        "The chosen vans have these services already, they are on order, or they do not fit. Choose others."
    ),
    "too_many_vans": gettext_lazy("These are too many vans for one order. Choose fewer and place a second order."),
    "unknown_product": gettext_lazy("This service is not offered any more. Choose another one."),
    "terms_by_helper": gettext_lazy(
        "Nobody can accept terms in another's name: whoever you act for has to do it, signed in without you."
    ),
    "other_terms": gettext_lazy(
        "The terms have changed since you opened this page. Read them again before you accept."
    ),
    "not_read": gettext_lazy("Tick the box first: read the documents, then accept them."),
    "nothing_accepted": gettext_lazy("Choose the terms that you accept."),
    "no_terms": gettext_lazy("Read the terms and accept them first."),
    "nothing_left": gettext_lazy("All vans of this order were removed: withdraw it and place another one."),
    "not_waiting": gettext_lazy("Somebody else completed or withdrew this order meanwhile."),
    "nothing_to_cancel": gettext_lazy("All these services have their end already."),
    "not_a_trial": gettext_lazy("Only trials end at once; what is paid for ends with its notice."),
    "no_notice": gettext_lazy("None of these services was cancelled, or they ended already."),
    "no_trial": gettext_lazy("None of these services is on trial any more."),
    "pay_by_helper": gettext_lazy(
        "Nobody decides to pay in another's name: whoever you act for has to do it, signed in without you."
    ),
    "past_day": gettext_lazy("This day is over. Choose today or a later one."),
    "far_day": gettext_lazy("This day is too far away. Choose a nearer one."),
    "no_day": gettext_lazy("Choose the last day of these services."),
    "no_common_end": gettext_lazy("None of these services can end on that day. Choose a later one."),
    "nothing_waits": gettext_lazy("Nothing of this contract waits any more."),
    "unverified": gettext_lazy("This waits for the dealer's check. The reason stands beside the button."),
}


def of_refusal(code: str, text: str) -> str:
    """The reader's words for a refusal."""
    return str(REFUSALS.get(code, "")) or text
