"""Rows of `telemetry.sample` in PostgreSQL's binary COPY format, and the columns that signals have."""

import struct
from typing import NamedTuple

import msgspec

from kolonne.wire.signals import Value

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
NULL = struct.pack(">i", -1)
JSONB_VERSION = b"\x01"
_EPOCH_MS = 946_684_800_000
"""PostgreSQL counts microseconds from 2000."""

SIGNAL_COLUMNS = {
    "lat": "d",
    "lon": "d",
    "altitude": "d",
    "heading": "d",
    "speed": "d",
    "soc": "d",
    "charge_power": "d",
    "outside_temperature": "d",
    "low_voltage": "d",
    "odometer": "i",
    "range": "i",
    "fuel_level": "h",
}
"""Signals with a column of their own, by struct code; every other one is in `ext`."""

COLUMNS = (
    *("ts", "received", "company_id", "vehicle_id"),
    *SIGNAL_COLUMNS,
    *("seq", "flags", "ext"),
)
"""In the order in which rows are written; COPY names them, so the table's own order does not matter."""

CLOCK_IMPLAUSIBLE = 1
"""Bit in `flags`: the vehicle's clock was implausible, `ts` is the time of receipt."""

encode_json = msgspec.json.Encoder().encode


class Stamp(NamedTuple):
    """What a row tells beside its readings; times as PostgreSQL counts them."""

    ts: int
    received: int
    company_id: int
    vehicle_id: int
    seq: int
    flags: int


def timestamp(ms: int) -> int:
    """Microseconds since 2000, from milliseconds since 1970."""
    return (ms - _EPOCH_MS) * 1000


def row(stamp: Stamp, readings: dict[str, Value]) -> bytes:
    """One row, of any readings that are known to be valid. `plans` writes the same bytes faster."""
    ts, received, company_id, vehicle_id, seq, flags = stamp
    parts = [struct.pack(">hiqiqiiii", len(COLUMNS), 8, ts, 8, received, 4, company_id, 4, vehicle_id)]
    for name, code in SIGNAL_COLUMNS.items():
        value = readings.get(name)
        if value is None:
            parts.append(NULL)
        else:
            parts.append(struct.pack(f">i{code}", struct.calcsize(f">{code}"), value))
    parts.append(struct.pack(">iiih", 4, seq, 2, flags))
    parts.append(ext({name: value for name, value in readings.items() if name not in SIGNAL_COLUMNS}))
    return b"".join(parts)


def ext(readings: dict[str, Value]) -> bytes:
    """The field `ext`: a jsonb of the signals that have no column, or NULL."""
    if not readings:
        return NULL
    text = encode_json(readings)
    return struct.pack(">i", len(text) + 1) + JSONB_VERSION + text
