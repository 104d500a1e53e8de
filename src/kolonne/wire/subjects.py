"""Topics and subjects: who may say what to whom.

NATS maps an MQTT topic `m/<serial>/up/telemetry` to the subject `m.<serial>.up.telemetry`; serials hold no
character that means something in either, which `SERIAL` enforces before a serial becomes part of a subject.
"""

import re

SERIAL = re.compile(r"[A-Z0-9]{8,32}")
VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
"""ISO 3779: 17 characters, no I, O or Q."""

TELEMETRY = "telemetry"
HELLO = "hello"
REPLY = "reply"
ACK = "ack"
PROFILE = "profile"
COMMAND = "command"


def is_serial(text: str) -> bool:
    return SERIAL.fullmatch(text) is not None


def up_topic(serial: str, kind: str) -> str:
    """MQTT topic on which the module speaks."""
    return f"m/{serial}/up/{kind}"


def down_topic(serial: str, kind: str) -> str:
    """MQTT topic on which the module listens."""
    return f"m/{serial}/down/{kind}"


def up_subject(serial: str, kind: str) -> str:
    """NATS subject of what a module says; `*` as serial listens to all of them."""
    return f"m.{serial}.up.{kind}"


def down_subject(serial: str, kind: str) -> str:
    """NATS subject of what a module hears."""
    return f"m.{serial}.down.{kind}"


def live_subject(company: int | str) -> str:
    """Changes of one company's vans after they were committed; `*` listens to all companies."""
    return f"live.{company}"


def serial_of(subject: str) -> str:
    """The serial in `m.<serial>.…`."""
    return subject.split(".", 2)[1]
