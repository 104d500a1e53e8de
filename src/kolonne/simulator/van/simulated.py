"""A van that lives: its behaviour, the road under it, its battery and its doors, one step at a time."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from kolonne.simulator.roads.geometry import Point, distance_m
from kolonne.simulator.roads.network import RoadNetwork, Route
from kolonne.simulator.roads.search import fastest_path
from kolonne.simulator.van import body, energy, orders
from kolonne.simulator.van.behaviour import BEHAVIOURS, Go
from kolonne.simulator.van.drive import Leg
from kolonne.simulator.van.report import ALWAYS, Reporter, signals
from kolonne.simulator.van.state import WHEELS, Character, Past, VanModel, VanState
from kolonne.wire.signals import Value, catalogue

HEARTBEAT_MS = 30_000
STEP_MS = 1_000
LONGEST_CATCH_UP_MS = 3_600_000
"""A computer that slept longer skips the rest."""
NEAR_M, FAR_M = 1_000.0, 5_000.0
BYTES_PER_READING = 260
DEPARTURE = time(5, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bay:
    """A van's place at its depot, with a charge point."""

    junction: int
    point: Point
    charge_point: str


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a van works: roads, the junction it begins at, its depot, and the country of its SIM card."""

    network: RoadNetwork
    start: int
    bay: Bay
    home: str = "NO"


class SimulatedVan:
    """One van at its work. `now_ms` is milliseconds since 1970; time moves only with `advance`."""

    def __init__(
        self,
        model: VanModel,
        character: Character,
        posting: Posting,
        *,
        chance: random.Random,
        now_ms: int,
        past: Past | None = None,
    ) -> None:
        self.model = model
        self.network = network = posting.network
        self.bay = posting.bay
        self.chance = chance
        self.now_ms = now_ms
        self.home = posting.home
        self.state = _begin(model, character, network.nodes[posting.start])
        if past is not None:
            _resume(self.state, past)
        self.junction = posting.start
        self.is_mute = False
        """Its module says nothing any more, not even later."""
        self.zone = network.nodes[posting.start]
        self.destination: int | None = None
        self._leg: Leg | None = None
        self._rest_s = 0.0
        self._lights_out_ms = 0
        self._acts = BEHAVIOURS[character.behaviour](self)
        self._reporter = Reporter()
        self._told_all_ms = -HEARTBEAT_MS
        self._next_act()

    @property
    def is_reachable(self) -> bool:
        """Whether its radio has a network: not in a tunnel."""
        return not self.state.in_tunnel

    def advance(self, now_ms: int) -> None:
        """Lets the van live until `now_ms`. An earlier time changes nothing."""
        if now_ms - self.now_ms > LONGEST_CATCH_UP_MS:
            self.now_ms = now_ms - LONGEST_CATCH_UP_MS
        while self.now_ms < now_ms:
            step_ms = min(STEP_MS, now_ms - self.now_ms)
            self.now_ms += step_ms
            self._step(step_ms / 1000)

    def reading(self, *, every_ms: int = 1) -> dict[str, Value] | None:
        """What the module would record now: all of it with a heartbeat, else what changed; None if nothing is due.

        While the van moves or charges something is due each `every_ms`; a door that opens is due at once.
        """
        if self.is_mute:
            return None
        told = signals(self.state, self.model, home=self.home)
        if self.now_ms - self._told_all_ms >= HEARTBEAT_MS:
            self._told_all_ms = self.now_ms
            new: dict[str, Value] = self._reporter.everything(told)
        elif self.state.moving or self.state.charging:
            if self.now_ms % max(every_ms, 1) >= STEP_MS:
                return None
            new = self._reporter.changes(told, ALWAYS if self.state.moving else ())
        else:
            new = self._reporter.changes({name: told[name] for name in _EVENTS if name in told} | _pose(told))
        if new:
            self.state.data_used += BYTES_PER_READING
        return new or None

    def order(self, command: str, args: orders.Args) -> str:
        """Carries out a remote command at once; returns the reason of a failure, empty if it was done."""
        reason = orders.obstacle(self.state, command, args)
        if reason:
            return reason
        orders.carry_out(self.state, command, args)
        if command == "find":
            self._lights_out_ms = self.now_ms + round(orders.FIND_SECONDS * 1000)
        if command == "destination":
            place = float(args["lat"]), float(args["lon"])  # type: ignore[arg-type]  # the module checked both
            self.destination = self.network.nearest_node(place)
        return ""

    def tell(self, names: tuple[str, ...]) -> dict[str, Value]:
        """These signals as they are now."""
        told = signals(self.state, self.model, home=self.home)
        return {name: told[name] for name in names if name in told}

    def past(self) -> Past:
        """What to hand to this van's next life."""
        state = self.state
        return Past(
            point=state.point,
            heading=state.heading,
            odometer=state.odometer,
            level=state.level,
            adblue=state.adblue,
            service_m=state.service_m,
            engine_hours=state.engine_hours,
            tyres=dict(state.tyres),
            charge_limit=state.charge_limit,
            is_tailgate_open="tailgate" in state.open_doors,
        )

    def next_stop(self) -> int:
        """Where a tour goes next: what the dispatcher sent, or a street neither next door nor out of its area."""
        if self.destination is not None:
            stop, self.destination = self.destination, None
            return stop
        nodes = self.network.nodes
        sample = self.chance.choices(self.network.quiet_nodes, k=8)
        far = [node for node in sample if NEAR_M < distance_m(nodes[node], self.state.point) < FAR_M]
        if self.chance.random() < 0.6:
            return min(far or sample, key=lambda node: distance_m(nodes[node], self.zone))
        return (far or sample)[0]

    def through_a_tunnel(self) -> tuple[int, ...]:
        """Both ends of one of the longer tunnels; nothing where there is none."""
        edges = self.network.edges
        tunnels = sorted((e for e in edges if self.network.roads[e.road].tunnel), key=lambda e: -e.length_m)[:6]
        if not tunnels:
            return ()
        tunnel = self.chance.choice(tunnels)
        return tunnel.start, tunnel.end

    def enter_bay(self) -> None:
        """The last metres into its place are not simulated."""
        self.state.point, self.state.heading = self.bay.point, 0.0
        self.junction = self.bay.junction

    def next_morning(self) -> str:
        today = datetime.fromtimestamp(self.now_ms / 1000, UTC)
        return datetime.combine(today.date() + timedelta(days=1), DEPARTURE).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _step(self, seconds: float) -> None:
        before = self.state.odometer
        if self._leg is not None:
            if self._leg.advance(self.state, seconds):
                self._leg = None
                self.state.acceleration = 0.0
                self._next_act()
        else:
            self._rest_s -= seconds
            if self._rest_s <= 0:
                self._next_act()
        energy.use(self.state, self.model, self.state.odometer - before, seconds)
        energy.charge(self.state, self.model, seconds)
        body.settle(self.state, seconds, self.now_ms / 1000)
        if self._lights_out_ms and self.now_ms >= self._lights_out_ms:
            self.state.hazard = self.state.horn = False
            self._lights_out_ms = 0

    def _next_act(self) -> None:
        act = next(self._acts)
        if isinstance(act, Go):
            self._leg = Leg(self._route(act.stations), self.chance)
            self.junction = act.stations[-1]
        else:
            self._rest_s = act.seconds

    def _route(self, stations: tuple[int, ...]) -> Route:
        path: list[int] = []
        here = self.junction
        for station in stations:
            path += fastest_path(self.network, here, station)
            here = station
        return Route.along(self.network, path, self.network.nodes[self.junction])


def _begin(model: VanModel, character: Character, point: Point) -> VanState:
    state = VanState(point=point, level=character.level, charge_limit=character.charge_limit)
    state.odometer = character.odometer_km * 1000
    state.service_m = character.service_km * 1000
    state.engine_hours = character.odometer_km / 38
    state.tyres = {wheel: float(model.tyre_kpa) for wheel in WHEELS}
    state.leaking, state.trailer, state.driver = character.leaking, character.trailer, character.driver
    if character.leaking and character.tyre_kpa:
        state.tyres[character.leaking] = float(character.tyre_kpa)
    return state


def _resume(state: VanState, past: Past) -> None:
    state.heading, state.odometer, state.level = past.heading, past.odometer, past.level
    state.adblue, state.service_m, state.engine_hours = past.adblue, past.service_m, past.engine_hours
    state.tyres, state.charge_limit = dict(past.tyres), past.charge_limit
    if past.is_tailgate_open:
        body.open_door(state, "tailgate")


def _pose(told: dict[str, Value]) -> dict[str, Value]:
    return {"lat": told["lat"], "lon": told["lon"], "speed": told["speed"]}


_EVENTS = frozenset(name for name, signal in catalogue().items() if signal.event)
