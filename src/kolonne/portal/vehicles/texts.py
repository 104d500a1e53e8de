"""The words for what cannot be done with a van, translated where they are shown."""

from django.utils.translation import gettext_lazy

REFUSALS = {
    "vin_taken": gettext_lazy(
        "This VIN is in use in Kolonne already. If you bought the van, ask whoever had it before to remove it from "
        "his company; your dealer or the support of your market can help."
    ),
    "own_vin": gettext_lazy("Your company has this van already: look for the VIN in the list of vans."),
    "too_many_vins": gettext_lazy(
        "Too many of the VINs that your company tried today are in use elsewhere. You can go on tomorrow; your dealer "
        "or the support of your market can help now."
    ),
    "has_history": gettext_lazy("This van was in service: it cannot be removed here."),
}


def of_refusal(code: str, text: str) -> str:
    """The reader's words for a refusal."""
    return str(REFUSALS.get(code, "")) or text
