"""Row plans: for each set of signals that modules send, a function that checks a point and packs its row at once.

A fleet sends the same few sets all day, so the check and the packing are generated once per set: one comparison of
all types, one chained comparison of all ranges, one call of a precompiled `struct`. A plan never explains: it
returns None for anything unusual, and `readings` takes the point apart.
"""

import struct
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from kolonne.portal.telemetry.ingest import rows
from kolonne.portal.telemetry.ingest.rows import SIGNAL_COLUMNS
from kolonne.wire.signals import MAX_TEXT, Signal, Value, catalogue

Plan = Callable[[int, int, int, int, int, int, dict[str, Value]], bytes | None]
"""(ts, received, company_id, vehicle_id, seq, flags, readings) -> row, or None if a reading is not plainly good.

Whole numbers in `readings` become integers on the way."""

MAX_PLANS = 1024
_TYPES: dict[str, type] = {"float": float, "int": float, "bool": bool, "text": str, "texts": list}
"""As msgspec decodes them: every number is a float."""


@lru_cache(MAX_PLANS)
def plan_for(names: tuple[str, ...]) -> Plan:
    """The plan for these signals, sent in this order; all must be in the catalogue."""
    signals = [catalogue()[name] for name in names]
    constants: dict[str, Any] = {
        "TYPES": [_TYPES[signal.kind] for signal in signals],
        "encode": rows.encode_json,
        **{f"ALLOWED{i}": signal.allowed for i, signal in enumerate(signals)},
        **{f"complaint{i}": signal.complaint for i, signal in enumerate(signals)},
    }
    source = _source(signals, constants)
    namespace: dict[str, Any] = {}
    # Made of our own catalogue's numbers and positions only; no text of a message gets in.
    exec(compile(source, "<row plan>", "exec"), constants, namespace)  # noqa: S102
    plan: Plan = namespace["plan"]
    return plan


def _source(signals: list[Signal], constants: dict[str, Any]) -> str:
    variables = [f"v{i}" for i in range(len(signals))]
    lines = [
        "def plan(ts, received, company_id, vehicle_id, seq, flags, readings):",
        "    if list(map(type, readings.values())) != TYPES: return None",
        f"    {', '.join(variables)}, = readings.values()" if signals else "    pass",
    ]
    checks = [check for i, signal in enumerate(signals) for check in _checks(i, signal)]
    if checks:
        lines.append(f"    if not ({' and '.join(checks)}): return None")
    for i, signal in enumerate(signals):
        if signal.kind == "int":
            lines.append(f"    readings[{signal.name!r}] = v{i} = int(v{i})")
    columns = {signal.name: f"v{i}" for i, signal in enumerate(signals) if signal.name in SIGNAL_COLUMNS}
    others = {signal.name: f"v{i}" for i, signal in enumerate(signals) if signal.name not in SIGNAL_COLUMNS}
    packed = _pack_call(columns, constants, with_ext=bool(others))
    if others:
        pairs = ", ".join(f"{name!r}: {variable}" for name, variable in others.items())
        lines.append(f"    ext = encode({{{pairs}}})")
        packed += " + ext"
    return "\n".join([*lines, f"    return {packed}"])


def _checks(i: int, signal: Signal) -> list[str]:
    if signal.kind in {"float", "int"}:
        # A comparison with both bounds also refuses NaN and the infinities.
        low = "-1e308" if signal.minimum is None else repr(signal.minimum)
        high = "1e308" if signal.maximum is None else repr(signal.maximum)
        bounds = [f"{low} <= v{i} <= {high}"]
        return bounds if signal.kind == "float" else [*bounds, f"v{i}.is_integer()"]
    if signal.kind == "text":
        return [f"v{i} in ALLOWED{i}"] if signal.allowed else [f"len(v{i}) <= {MAX_TEXT}", f"v{i}.isprintable()"]
    return [f"complaint{i}(v{i}) is None"] if signal.kind == "texts" else []


def _pack_call(columns: dict[str, str], constants: dict[str, Any], *, with_ext: bool) -> str:
    """`pack(…)` with every run of constant bytes (counts, lengths, NULLs) merged into one argument."""
    code, arguments, constant = ">", list[str](), struct.pack(">h", len(rows.COLUMNS))

    def flush() -> None:
        nonlocal code, constant
        if constant:
            code += f"{len(constant)}s"
            constants[f"C{len(arguments)}"] = constant
            arguments.append(f"C{len(arguments)}")
            constant = b""

    for _, kind, variable in _fields(columns):
        if variable is None:
            constant += rows.NULL
            continue
        constant += struct.pack(">i", struct.calcsize(f">{kind}"))
        flush()
        code += kind
        arguments.append(variable)
    if with_ext:
        flush()
        code += "i"
        arguments.append("len(ext) + 1")
        constant = rows.JSONB_VERSION
    else:
        constant += rows.NULL
    flush()
    constants["pack"] = struct.Struct(code).pack
    return f"pack({', '.join(arguments)})"


def _fields(columns: dict[str, str]) -> list[tuple[str, str, str | None]]:
    """(column, struct code, variable or None) of every column but `ext`."""
    fixed = {"ts": "q", "received": "q", "company_id": "i", "vehicle_id": "i", "seq": "i", "flags": "h"}
    return [
        (name, fixed[name], name) if name in fixed else (name, SIGNAL_COLUMNS[name], columns.get(name))
        for name in rows.COLUMNS
        if name != "ext"
    ]


class Profile:
    """What a van's services allow, with the plans for the sets of signals that its module really sends."""

    SETTLED = 3
    """A set is planned when it was seen so often, so that a module with odd sets costs no compilations."""

    def __init__(self, signals: frozenset[str]) -> None:
        self.signals = signals
        self.plans: dict[tuple[str, ...], Plan] = {}
        self._seen: dict[tuple[str, ...], int] = {}

    def settle(self, names: tuple[str, ...]) -> None:
        """Counts a set that has no plan, and plans it when it is common and wholly allowed."""
        if len(self.plans) >= MAX_PLANS or not self.signals.issuperset(names):
            return
        if len(self._seen) >= MAX_PLANS:
            self._seen.clear()
        times = self._seen[names] = self._seen.get(names, 0) + 1
        if times >= self.SETTLED:
            del self._seen[names]
            self.plans[names] = plan_for(names)


@cache
def profile_of(signals: frozenset[str]) -> Profile:
    """One profile for all vans with the same services; signals outside the catalogue do not count."""
    return Profile(signals & catalogue().keys())
