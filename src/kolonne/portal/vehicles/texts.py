"""The words for what cannot be done with a van, translated where they are shown."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

REFUSALS = {
    "vin_taken": gettext_lazy("This VIN is in use in Kolonne already. If the van is yours, there are ways to get it."),
    "own_vin": gettext_lazy("Your company has this van already: look for the VIN in the list of vans."),
    "too_many_vins": gettext_lazy(
        "Too many of the VINs that your company tried are in use elsewhere. Your dealer or the support of your market "
        "can help now."
    ),
    "removed_already": gettext_lazy("This van was removed meanwhile."),
    "unverified": gettext_lazy("A dealer has to verify your company first: then the owner knows who asks."),
    "too_many_claims": gettext_lazy("Your company asked for enough vans today. You can go on tomorrow."),
    "already_asked": gettext_lazy("Your company claims this van already."),
    "vin_free": gettext_lazy("This VIN is free by now: go back and add the van."),
    "vin_reserved": gettext_lazy("This van is changing hands just now. Try again in some days, or ask the support."),
    "claim_moved": gettext_lazy("This claim has moved on meanwhile: look at it again."),
    "request_over": gettext_lazy("This request is answered or over already."),
    "handover_over": gettext_lazy("This code was used or revoked already."),
    "too_many_codes": gettext_lazy("Your company made enough codes for today. You can go on tomorrow."),
    "own_case": gettext_lazy("You belong to one of the two companies: let a colleague decide."),
    "no_proof": gettext_lazy("Say which document you saw, and its date."),
    "no_reason": gettext_lazy("Say why: the claimant reads it."),
}


def of_refusal(code: str, text: str) -> str:
    """The reader's words for a refusal."""
    return str(REFUSALS.get(code, "")) or text


CODES = {
    "not_found": gettext_lazy("This code opens nothing for your company. Compare it, or ask the seller for a new one."),
    "own_vin": gettext_lazy("This is the code of your own van: give it to the buyer."),
    "too_many_tries": gettext_lazy("Too many codes opened nothing. Wait an hour, then try again."),
    "removed_already": gettext_lazy("The seller removed this van meanwhile: add it by its VIN."),
}


def of_code(code: str, text: str) -> str:
    """The reader's words for why the code of a hand-over does not work."""
    return str(CODES.get(code, "")) or of_refusal(code, text)


def too_many_vins(until: datetime) -> str:
    """With the time at which the next VIN can be tried."""
    when = date_format(timezone.localtime(until), "DATETIME_FORMAT")
    return f"{REFUSALS['too_many_vins']} {_('You can go on from %(time)s.') % {'time': when}}"
