"""What remote commands do in a van, and the conditions on which they fail (codes of `wire.commands.REASONS`)."""

from collections.abc import Callable, Mapping

from kolonne.simulator.van.state import VanModel, VanState
from kolonne.wire.signals import Value

COMMON = frozenset({"lock", "unlock", "climate_start", "climate_stop", "find", "message", "destination"})
ELECTRIC = frozenset({"charge_start", "charge_stop", "charge_limit", "departure_set"})
LEAST_FOR_CLIMATE = 15.0
FIND_SECONDS = 8.0

Args = Mapping[str, Value]


def capabilities(model: VanModel) -> frozenset[str]:
    return COMMON | ELECTRIC if model.is_electric else COMMON


def obstacle(state: VanState, command: str, args: Args) -> str:
    """Why the van cannot do it; empty if it can."""
    check = _CHECKS.get(command)
    return check(state) if check else ""


def carry_out(state: VanState, command: str, args: Args) -> None:
    """Changes the state; the caller asked for an obstacle before."""
    _ACTS[command](state, args)


def confirmation(command: str) -> tuple[str, ...]:
    """The signals that tell what a command led to."""
    return _CONFIRMS.get(command, ())


def _lock_obstacle(state: VanState) -> str:
    return "door_open" if state.open_doors - {"bonnet"} else ("bonnet_open" if state.open_doors else "")


def _climate_obstacle(state: VanState) -> str:
    if "bonnet" in state.open_doors:
        return "bonnet_open"
    if state.open_doors or state.open_windows:
        return "door_open"
    return "battery_low" if state.level < LEAST_FOR_CLIMATE and not state.plugged else ""


def _charge_obstacle(state: VanState) -> str:
    if not state.plugged:
        return "not_plugged"
    # The charge point decides: a card that it does not know cannot be argued with from afar.
    return "actuator" if state.charge_state in {"REFUSED", "FAULT"} else ""


def _lock(state: VanState, args: Args) -> None:
    state.locked = True


def _unlock(state: VanState, args: Args) -> None:
    state.locked = False


def _climate_start(state: VanState, args: Args) -> None:
    state.climate_on = True
    state.climate_target = float(args.get("temperature", state.climate_target))  # type: ignore[arg-type]  # a number


def _climate_stop(state: VanState, args: Args) -> None:
    state.climate_on = False


def _charge_start(state: VanState, args: Args) -> None:
    state.charge_state = "CHARGING" if state.level < state.charge_limit else "COMPLETE"


def _charge_stop(state: VanState, args: Args) -> None:
    if state.charging:
        state.charge_state, state.power_kw = "WAITING", 0.0


def _charge_limit(state: VanState, args: Args) -> None:
    state.charge_limit = int(args["percent"])  # type: ignore[arg-type]  # the module checked that it is a number
    if state.charge_state == "COMPLETE" and state.level < state.charge_limit:
        state.charge_state = "CHARGING"


def _departure_set(state: VanState, args: Args) -> None:
    state.departure = str(args["time"])


def _find(state: VanState, args: Args) -> None:
    state.hazard = state.horn = True


def _nothing(state: VanState, args: Args) -> None:
    """Shown to the driver only."""


_CHECKS: dict[str, Callable[[VanState], str]] = {
    "lock": _lock_obstacle,
    "climate_start": _climate_obstacle,
    "charge_start": _charge_obstacle,
}
_ACTS: dict[str, Callable[[VanState, Args], None]] = {
    "lock": _lock,
    "unlock": _unlock,
    "climate_start": _climate_start,
    "climate_stop": _climate_stop,
    "charge_start": _charge_start,
    "charge_stop": _charge_stop,
    "charge_limit": _charge_limit,
    "departure_set": _departure_set,
    "find": _find,
    "message": _nothing,
    "destination": _nothing,
}
_CONFIRMS = {
    "lock": ("locked",),
    "unlock": ("locked",),
    "climate_start": ("climate_on", "climate_target"),
    "climate_stop": ("climate_on",),
    "charge_start": ("charging", "charge_state"),
    "charge_stop": ("charging", "charge_state"),
    "charge_limit": ("charge_limit", "charging", "charge_state"),
    "departure_set": ("departure",),
    "find": ("hazard_lights",),
}
