"""Words for people: commands, states and reasons in the reader's language, by the codes that programs use."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Promise] = {
    "lock": _("Lock"),
    "unlock": _("Unlock"),
    "climate_start": _("Start climate"),
    "climate_stop": _("Stop climate"),
    "charge_start": _("Start charging"),
    "charge_stop": _("Stop charging"),
    "charge_limit": _("Set charge limit"),
    "departure_set": _("Set departure time"),
    "find": _("Flash and honk"),
    "message": _("Message to the driver"),
    "destination": _("Send destination"),
    "wipe": _("Forget everything that is not sent yet"),
}

STATES: dict[str, Promise] = {
    "queued": _("Queued"),
    "sent": _("Sent"),
    "accepted": _("Accepted by the van"),
    "done": _("Done"),
    "failed": _("Failed"),
    "expired": _("Expired"),
}

REASONS: dict[str, Promise] = {
    "bad_signature": _("The van does not know the platform's signature: the module must be enrolled again."),
    "wrong_module": _("The command was for another module."),
    "wrong_epoch": _("The module was restarted in between: try again."),
    "replayed": _("The van had seen this command before."),
    "expired": _("The command arrived too late: try again."),
    "unknown_command": _("This van cannot do that."),
    "bad_argument": _("The van did not accept a value."),
    "moving": _("The van is moving. Try again when it stands."),
    "door_open": _("A door is open. Close it and try again."),
    "bonnet_open": _("The bonnet is open. Close it and try again."),
    "not_plugged": _("The charging plug is not connected."),
    "battery_low": _("The charge is too low."),
    "actuator": _("The van's lock or device did not respond."),
    "unreachable": _("The van did not connect in time. Try again when it has contact."),
    "no_answer": _("The van did not say what became of the command: its state is unknown."),
    "wrong_pin": _("The PIN was wrong."),
    "pin_locked": _("Too many wrong PINs: set a new PIN in your profile."),
    "pin_missing": _("Opening needs your PIN. Set one in your profile."),
    "too_many": _("This van was opened too often within a minute. Wait a minute and try again."),
    "frozen": _("Too many openings in a short time: frozen until the operator looks."),
    "not_entitled": _("The service ended before the command was sent."),
    "company_leaving": _("The deletion of the company was ordered before the command was sent."),
}

REFUSALS: dict[str, Promise] = {
    "not_found": _("This van or command does not exist."),
    "not_allowed": _("You have no right to give this command. Ask a company administrator."),
    "unknown_command": _("There is no such command."),
    "bad_arguments": _("A value of the command is missing or out of bounds."),
    "not_entitled": _("No service of this van includes this command. An administrator of your company can order one."),
    "no_module": _("This van has no module in service, so nothing can be sent to it."),
    "not_capable": _("This van cannot do that."),
    "pin_missing": _("Opening a van needs your PIN of six digits."),
    "pin_not_set": _("Opening a van needs a PIN. Set one in your profile first."),
    "pin_locked": _("Too many wrong PINs: set a new PIN in your profile."),
    "idempotency_key_reused": _("This form was sent before with other values. Load the page again."),
    "bad_idempotency_key": _("The key of this form is malformed. Load the page again."),
    "wrong_password": _("The password is wrong."),
    "bad_pin": _("A PIN has six digits."),
    "weak_pin": _("Choose a PIN that is not a row of equal or consecutive digits."),
}
