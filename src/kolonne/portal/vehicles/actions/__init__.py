"""Every write of vans and their modules."""

from kolonne.portal.vehicles.actions.arbitration import Finding, decide_claim, note_look_at_dispute
from kolonne.portal.vehicles.actions.certificates import issued, renew_certificate
from kolonne.portal.vehicles.actions.changing import TRANSFER
from kolonne.portal.vehicles.actions.checks import CHECK, note_check
from kolonne.portal.vehicles.actions.claim_deadlines import keep_deadlines
from kolonne.portal.vehicles.actions.claims import add_claimed, ask_owner, take_to_dealer, withdraw_claim
from kolonne.portal.vehicles.actions.handovers import Offered, look_at_offer, offer_van, revoke_offer, take_over
from kolonne.portal.vehicles.actions.module_claims import enrol_by_claim, make_module_claim, withdraw_module_claim
from kolonne.portal.vehicles.actions.modules import change_provides, enrol_module, put_in_charge, revoke_module
from kolonne.portal.vehicles.actions.past import begin_earlier
from kolonne.portal.vehicles.actions.releases import object_to_claim, release_van
from kolonne.portal.vehicles.actions.removal import remove_vehicle
from kolonne.portal.vehicles.actions.vans import LIMIT, WRITE, VehicleData, add_by_hand, add_vehicle, free_again

__all__ = [
    "CHECK",
    "LIMIT",
    "TRANSFER",
    "WRITE",
    "Finding",
    "Offered",
    "VehicleData",
    "add_by_hand",
    "add_claimed",
    "add_vehicle",
    "ask_owner",
    "begin_earlier",
    "change_provides",
    "decide_claim",
    "enrol_by_claim",
    "enrol_module",
    "free_again",
    "issued",
    "keep_deadlines",
    "look_at_offer",
    "make_module_claim",
    "note_check",
    "note_look_at_dispute",
    "object_to_claim",
    "offer_van",
    "put_in_charge",
    "release_van",
    "remove_vehicle",
    "renew_certificate",
    "revoke_module",
    "revoke_offer",
    "take_over",
    "take_to_dealer",
    "withdraw_claim",
    "withdraw_module_claim",
]
