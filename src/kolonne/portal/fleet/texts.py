"""Every word that the browser's modules say, translated here because browsers have no catalogue of their own.

A sentence's key comes from `condition.py` or `condition.js`. `{name}` is filled in by the browser; a pair of forms is
chosen by the number `n`.
"""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kolonne.portal.commands import texts as command_texts

Text = str | dict[str, str]


def refusal_reasons() -> dict[str, str]:
    """Why readings of a van were refused, by the reason that ingest counts."""
    return {
        "no_service": _("no active service"),
        "revoked": _("module revoked"),
        "not_in_profile": _("outside the services"),
        "invalid": _("impossible value"),
        "dead_letter": _("unreadable"),
        "bad_hello": _("module could not prove who it is"),
        "retired": _("from after the van was removed"),
        "before_start": _("from before the van or its module was here"),
        "not_active_then": _("from a time without the service"),
        "foreign_epoch": _("measured in another van"),
    }


def sentences() -> dict[str, str]:
    """What a van does and what is wrong with it."""
    return {
        "never_seen": _("Has not reported yet"),
        "lost": _("No contact for {for} · last seen {seen}"),
        "moving": _("Moving · {kmh} km/h"),
        "standing": _("Standing"),
        "standing_since": _("Standing since {since}"),
        "charging": _("Charging"),
        "charging_power": _("Charging · {kw} kW"),
        "charging_ready": _("Charging · {kw} kW · ready {ready}"),
        "charged": _("Charged, still plugged in"),
        "charge_waiting": _("Plugged in, waits for its charging time"),
        "charge_refused": _("Plugged in, not charging: card refused"),
        "charge_fault": _("Plugged in, not charging: fault"),
        "charge_low": _("Charge is low: {percent} %"),
        "fuel_low": _("Fuel is low: {percent} %"),
        "airbag": _("Airbag has deployed"),
        "broken_down": _("Broken down"),
        "alarm": _("Alarm is sounding"),
        **_door_sentences(),
        **_tyre_sentences(),
    }


def _door_sentences() -> dict[str, str]:
    return {
        "door_front_driver_open": _("Driver's door open for {for}"),
        "door_front_passenger_open": _("Passenger door open for {for}"),
        "door_rear_driver_open": _("Side door on the driver's side open for {for}"),
        "door_rear_passenger_open": _("Side door on the passenger side open for {for}"),
        "tailgate_open": _("Rear door open for {for}"),
        "door_front_driver_moving": _("Drives with the driver's door open"),
        "door_front_passenger_moving": _("Drives with the passenger door open"),
        "door_rear_driver_moving": _("Drives with the side door open"),
        "door_rear_passenger_moving": _("Drives with the side door open"),
        "tailgate_moving": _("Drives with the rear door open"),
    }


def _tyre_sentences() -> dict[str, str]:
    return {
        "tyre_front_left_low": _("Tyre front left is low: {bar} bar"),
        "tyre_front_right_low": _("Tyre front right is low: {bar} bar"),
        "tyre_rear_left_low": _("Tyre rear left is low: {bar} bar"),
        "tyre_rear_right_low": _("Tyre rear right is low: {bar} bar"),
        "tyre_low": _("A tyre is low"),
    }


def chips() -> dict[str, Text]:
    """Words after a number on the filters."""
    return {
        "chip_moving": pgettext("several vans", "moving"),
        "chip_charging": pgettext("several vans", "charging"),
        "chip_standing": pgettext("several vans", "standing"),
        "chip_lost": pgettext("several vans", "no contact"),
        "chip_alert": {"one": pgettext("one van", "needs you"), "other": pgettext("several vans", "need you")},
    }


def state_words() -> dict[str, str]:
    """The states as a heading or a choice says them."""
    return {
        "alert": pgettext("state of a van", "Needs you"),
        "moving": pgettext("state of a van", "Moving"),
        "charging": pgettext("state of a van", "Charging"),
        "standing": pgettext("state of a van", "Standing"),
        "lost": pgettext("state of a van", "No contact"),
    }


def facts(drive: str) -> list[tuple[str, str]]:
    """Figures on a van's page, by the name under which the browser fills them in."""
    found = [
        ("odometer", _("Odometer")),
        ("service", _("Next service")),
        ("outside", _("Outside")),
        ("voltage", _("12-volt battery")),
        ("climate", _("Climate")),
        ("card", _("Driver's card")),
    ]
    return found if drive in {"diesel", "petrol"} else [("charging", pgettext("figure", "Charging")), *found]


def card() -> dict[str, Text]:
    """The card of the chosen van, and ages."""
    return {
        "days": {"one": _("{n} day"), "other": _("{n} days")},
        "age": _("{age} ago"),
        "no_driver": _("No driver"),
        "charge": _("charge"),
        "fuel": _("fuel"),
        "follow": _("Follow"),
        "follow_stop": _("Stop following"),
    }


def map_texts() -> dict[str, Text]:
    return {**sentences(), **chips(), **card()}


def vehicle_texts() -> dict[str, Text]:
    return {**sentences(), **card(), **_parts(), **_states_of_parts(), **_values(), **_commands()}


def _parts() -> dict[str, Text]:
    return {
        "door_front_driver": _("Driver's door"),
        "door_front_passenger": _("Passenger door"),
        "door_rear_driver": _("Side door, driver's side"),
        "door_rear_passenger": _("Side door, passenger side"),
        "tailgate": _("Rear door"),
        "window_front_driver": _("Driver's window"),
        "window_front_passenger": _("Passenger window"),
        "window_rear_driver": _("Rear window, driver's side"),
        "window_rear_passenger": _("Rear window, passenger side"),
        "bonnet": _("Bonnet"),
        "locked": _("Central lock"),
        "plugged": _("Charging plug"),
        "tyre_front_left": _("Tyre front left"),
        "tyre_front_right": _("Tyre front right"),
        "tyre_rear_left": _("Tyre rear left"),
        "tyre_rear_right": _("Tyre rear right"),
    }


def _states_of_parts() -> dict[str, Text]:
    return {
        "part_open": pgettext("a door or window", "open"),
        "part_closed": pgettext("a door or window", "closed"),
        "part_locked": pgettext("a door or window", "closed and locked"),
        "part_unlocked": pgettext("a door or window", "closed, not locked"),
        "lock_on": pgettext("the van", "locked"),
        "lock_off": pgettext("the van", "not locked"),
        "plug_in": pgettext("the plug", "connected"),
        "plug_locked": pgettext("the plug", "connected and locked"),
        "plug_out": pgettext("the plug", "not connected"),
        "tyre_ok": pgettext("a tyre", "{bar}"),
        "tyre_is_low": pgettext("a tyre", "{bar}, too low"),
        "part_unknown": pgettext("a part of the van", "unknown"),
        "part_line": _("{part}: {state}, reported {age} ago"),
        "part_line_unknown": _("{part}: unknown, the van has not reported it"),
        "since": _("for {span}"),
    }


def _values() -> dict[str, Text]:
    return {
        "live_now": _("live · {age} ago"),
        "last_contact": _("last contact {age} ago"),
        "unknown": _("unknown"),
        "service_in": _("in {km}"),
        "service_over": _("overdue by {km}"),
        "climate_on": pgettext("climate", "on"),
        "climate_off": pgettext("climate", "off"),
        "charge_state_OFF": pgettext("charging", "not charging"),
        "charge_state_WAITING": pgettext("charging", "waits for its time"),
        "charge_state_CHARGING": pgettext("charging", "charging"),
        "charge_state_COMPLETE": pgettext("charging", "full"),
        "charge_state_REFUSED": pgettext("charging", "card refused"),
        "charge_state_FAULT": pgettext("charging", "fault"),
    }


def _commands() -> dict[str, Text]:
    return {
        **{f"state_{name}": _small(str(word)) for name, word in command_texts.STATES.items()},
        **{f"command_{name}": str(word) for name, word in command_texts.NAMES.items()},
        **{f"reason_{name}": str(word) for name, word in command_texts.REASONS.items()},
        "why_moving": str(command_texts.REASONS["moving"]),
        "why_not_plugged": str(command_texts.REASONS["not_plugged"]),
        "not_sent": _("The command was not sent. Check the connection and try again."),
    }


def _small(word: str) -> str:
    """As within a line: only the first letter, because German nouns keep their capitals."""
    return word[:1].lower() + word[1:]
