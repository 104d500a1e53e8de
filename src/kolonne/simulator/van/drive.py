"""Driving: along a route with smooth acceleration, never faster than the road and the next bend allow."""

import random

from kolonne.simulator.roads.network import Route
from kolonne.simulator.van.state import VanState

ACCELERATION = 1.2
"""Of a calm driver with a loaded van, m/s^2."""
ARRIVED_M = 0.5
CREEP = 0.8
"""Below this speed in m/s the last half metre would take for ever."""


class Leg:
    """One drive from where the van stands to the end of a route."""

    def __init__(self, route: Route, chance: random.Random) -> None:
        self.route = route
        self.at_m = 0.0
        self._patience = chance.uniform(0.88, 0.99)
        """The share of the allowed speed that this driver uses."""

    @property
    def left_m(self) -> float:
        return self.route.length_m - self.at_m

    def advance(self, state: VanState, seconds: float) -> bool:
        """Moves the van and counts the metres; says whether it arrived."""
        before = state.speed
        allowed = self.route.speed_ms(self.at_m) * self._patience
        wanted = min(before + ACCELERATION * seconds, max(allowed, CREEP))
        # What is allowed at the end of this step counts too: a van brakes before the bend, not in it.
        ahead = self.route.speed_ms(min(self.at_m + wanted * seconds, self.route.length_m)) * self._patience
        speed = max(min(wanted, ahead), min(CREEP, wanted))
        metres = (before + speed) / 2 * seconds
        arrived = self.left_m - metres <= ARRIVED_M
        metres = self.left_m if arrived else metres
        self.at_m += metres
        self._place(state, 0.0 if arrived else speed, before, seconds, metres)
        return arrived

    def _place(self, state: VanState, speed: float, before: float, seconds: float, metres: float) -> None:
        place = self.route.place(self.at_m)
        state.point = place.point
        if place.road is not None:
            state.heading = place.heading
        state.in_tunnel = place.road is not None and place.road.tunnel and speed > 0
        state.speed = speed
        state.acceleration = (speed - before) / seconds
        state.odometer += metres
        state.trip += metres
        state.service_m -= metres
