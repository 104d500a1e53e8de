"""Viddebyen, a town that does not exist, on the mountains between Oslo and Bergen: roads without anybody's map data.

A warped grid of streets inside an uneven ring road, a tunnel under the middle (no contact there), hamlets around,
and a fast road that leads past. The same seed makes the same town. Coordinates here are metres east and north of
the square in its middle.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence

from kolonne.simulator.roads.build import Way
from kolonne.simulator.roads.geometry import Point, moved
from kolonne.simulator.roads.network import Road, RoadClass

SEED = 7
ATTRIBUTION = "Viddebyen: an invented town"
CENTRE: Point = (60.352, 7.412)

Spot = tuple[float, float]
"""Metres east and north of the centre."""

SPACING_M = 94.0
COLUMNS, ROWS = 19, 15
"""Streets on each side of the middle one."""
SPEEDS: dict[RoadClass, float] = {
    "motorway": 90,
    "primary": 60,
    "secondary": 50,
    "tertiary": 40,
    "residential": 30,
    "service": 15,
}
STEMS = (
    "Bjørke Furu Gran Skole Kirke Elve Mølle Havre Rogn Selje Hegg Tyri Lerke Måne Sol Vinter Smie Torg Kvern Bekke "
    "Heste Rype Jerv Ulve Rein Orre Falke Kråke Trost Svale Lyng Mose Einer Multe Tytte Blåbær Snø Is Vind Regn Sky "
    "Stein Berg Haug Myr Tjern Foss Bru Kai Naust Stabbur Låve Tømmer Sag Hammer Ambolt Seter Hytte Varde Stjerne"
)
ENDINGS = ("gata", "veien", "vegen", "bakken", "svingen", "stien", "gata", "veien")
MAIN_STREETS = {0: "Storgata", 6: "Nordre gate", -6: "Søndre gate", 11: "Fjellgata", -11: "Dalgata"}
CROSS_STREETS = {0: "Jernbanegata", 6: "Østre allé", -6: "Vestre allé", 12: "Åsveien", -12: "Myrveien"}
HAMLETS = ((48, 2500.0, "Øvre Vidde"), (128, 2300.0, "Nordstølen"), (205, 2450.0, "Vestlia"), (305, 2350.0, "Sørtjønn"))
"""Direction in degrees counter-clockwise from east, metres from the centre, name."""
PARKS = ((-330.0, 420.0, 210.0), (520.0, -380.0, 170.0), (760.0, 560.0, 150.0))


def ways(seed: int = SEED) -> list[Way]:
    """All roads of the town, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # a town, not a secret
    names = _names(chance)
    town = _Town()
    exits = town.add_streets(chance, names)
    town.add_ring(exits)
    town.add_surroundings(chance, names)
    town.add_yards()
    return town.ways


class _Town:
    """Collects ways; spots with equal coordinates are the same junction."""

    def __init__(self) -> None:
        self.ways: list[Way] = []
        self.ring: list[Spot] = []
        self._ids: dict[tuple[int, int], int] = {}

    def add(self, name: str, kind: RoadClass, spots: Sequence[Spot], *, tunnel: bool = False) -> None:
        ids = [self._ids.setdefault((round(x * 10), round(y * 10)), len(self._ids)) for x, y in spots]
        points = [moved(CENTRE, y, x) for x, y in spots]
        points = [(round(lat, 7), round(lon, 7)) for lat, lon in points]
        self.ways.append(Way(ids, points, Road(name, kind, SPEEDS[kind], tunnel)))

    def add_streets(self, chance: random.Random, names: Iterator[str]) -> list[Spot]:
        """The grid inside the ring; returns where its main streets end."""
        exits: list[Spot] = []
        for row in range(-ROWS, ROWS + 1):
            line: list[Spot] = [_warped(column / 2, row) for column in range(-2 * COLUMNS, 2 * COLUMNS + 1)]
            exits += self._add_line(line, MAIN_STREETS.get(row), chance, names)
        for column in range(-COLUMNS, COLUMNS + 1):
            line = [_warped(column, row / 2) for row in range(-2 * ROWS, 2 * ROWS + 1)]
            exits += self._add_line(line, CROSS_STREETS.get(column), chance, names)
        return exits

    def _add_line(self, line: list[Spot], main: str | None, chance: random.Random, names: Iterator[str]) -> list[Spot]:
        """Streets along one line of the grid, whose odd points are only bends; gaps where a block is larger."""
        inside = [i for i in range(0, len(line), 2) if _share_of_ring(line[i]) < 0.97]
        if len(inside) < 2:
            return []
        if main:
            kind: RoadClass = "secondary" if main in {"Storgata", "Jernbanegata"} else "tertiary"
            self.add(main, kind, line[inside[0] : inside[-1] + 1])
            return [line[inside[0]], line[inside[-1]]]
        name, piece = next(names), [line[inside[0]]]
        for i in inside[:-1]:
            if _in_park(line[i + 1]) or chance.random() < 0.19:
                self._finish(name, piece)
                piece = [line[i + 2]]
                name = next(names) if chance.random() < 0.5 else name
            else:
                piece += line[i + 1 : i + 3]
        self._finish(name, piece)
        return []

    def _finish(self, name: str, piece: list[Spot]) -> None:
        if len(piece) > 1:
            self.add(name, "residential", piece)

    def add_ring(self, exits: list[Spot]) -> None:
        """The ring road, a stub from each main street to it, and the tunnel across."""
        angles = sorted(
            {round(_angle(spot), 3) for spot in exits} | {round(math.radians(d), 3) for d in range(0, 360, 5)}
        )
        self.ring = [_on_ring(angle) for angle in angles]
        self.add("Ringveien", "primary", [*self.ring, self.ring[0]])
        for spot in exits:
            self.add("", "tertiary", [spot, _on_ring(round(_angle(spot), 3))])
        west, east = self._ring_at(200), self._ring_at(15)
        portals = (_between(west, east, 0.12), _between(west, east, 0.9))
        self.add("Byfjelltunnelen", "primary", [west, portals[0]])
        self.add("Byfjelltunnelen", "primary", [portals[0], (0.0, -70.0), portals[1]], tunnel=True)
        self.add("Byfjelltunnelen", "primary", [portals[1], east])

    def add_surroundings(self, chance: random.Random, names: Iterator[str]) -> None:
        """Hamlets with a road each, mountain roads between them, and the fast road past the town."""
        centres = []
        for degrees, radius, name in HAMLETS:
            centre = _polar(math.radians(degrees), radius)
            centres.append(centre)
            self.add(f"{name.split()[-1]}vegen", "secondary", _winding(self._ring_at(degrees), centre, chance, 90))
            self._add_hamlet(centre, chance, names)
        for (a, b), name in zip(((0, 1), (1, 2), (2, 3)), ("Høgfjellsvegen", "Stølsvegen", "Tjønnvegen"), strict=True):
            middle = _polar((_angle(centres[a]) + _angle(centres[b])) / 2, 2750)
            halves = (*_winding(centres[a], middle, chance, 120), *_winding(middle, centres[b], chance, 120)[1:])
            self.add(name, "tertiary", halves)
        self._add_fast_road(centres, chance)

    def _add_fast_road(self, centres: list[Spot], chance: random.Random) -> None:
        junction = _polar(math.radians(345), 2150)
        first = _winding(centres[3], junction, chance, 60)
        second = _winding(junction, centres[0], chance, 60)
        self.add("E 716", "motorway", first)
        self.add("E 716", "motorway", second[: len(second) // 3 + 1])
        self.add("Viddetunnelen", "motorway", second[len(second) // 3 : 2 * len(second) // 3 + 1], tunnel=True)
        self.add("E 716", "motorway", second[2 * len(second) // 3 :])
        self.add("Viddekrysset", "primary", _winding(self._ring_at(345), junction, chance, 40))

    def _add_hamlet(self, centre: Spot, chance: random.Random, names: Iterator[str]) -> None:
        """Five by four streets around a hamlet's middle, some missing."""
        turn = chance.uniform(0, math.pi)

        def spot(u: float, v: float) -> Spot:
            x, y = u * 95 + 14 * math.sin(v * 1.3 + turn), v * 85 + 16 * math.sin(u * 1.1 + turn)
            return _rounded(
                centre[0] + x * math.cos(turn) - y * math.sin(turn), centre[1] + x * math.sin(turn) + y * math.cos(turn)
            )

        for v in (-1, 0, 1):
            self.add(next(names), "residential", [spot(u / 2, v) for u in range(-4, 5)])
        for u in (-2, -1, 0, 1, 2):
            low, high = (-2, 2) if u in {-2, 0, 2} else (-2, 0)
            self.add(next(names), "residential", [spot(u, v / 2) for v in range(low, high + 1)])

    def add_yards(self) -> None:
        """Yards beside the ring."""
        for degrees, name in ((275, "Depotveien"), (85, "Terminalveien"), (170, "Godsveien"), (30, "Verkstedveien")):
            gate = self._ring_at(degrees)
            direction = _angle(gate)
            far = _polar(direction, math.hypot(*gate) + 170)
            side = _polar(direction + 0.06, math.hypot(*gate) + 160)
            middle = _between(gate, far, 0.4)
            self.add(name, "service", [gate, middle, far, side, middle])

    def _ring_at(self, degrees: float) -> Spot:
        """The point of the ring nearest to a direction."""
        angle = math.radians(degrees)
        return min(self.ring, key=lambda spot: abs(math.remainder(_angle(spot) - angle, math.tau)))


def _names(chance: random.Random) -> Iterator[str]:
    """Names of streets; numbered once all are used."""
    names = [stem + ending for stem in STEMS.split() for ending in sorted(set(ENDINGS))]
    chance.shuffle(names)
    while True:
        yield from names


def _warped(column: float, row: float) -> Spot:
    """Where a crossing of the grid lies: turned, and bent as streets along slopes are."""
    x, y = column * SPACING_M, row * SPACING_M
    x, y = (
        x + 55 * math.sin(y / 390 + 1.1) + 24 * math.sin(x / 260),
        y + 60 * math.sin(x / 480 + 0.4) + 20 * math.sin(y / 240),
    )
    turn = 0.3 + 0.35 * math.exp(-math.hypot(x, y) / 900)
    return _rounded(x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn))


def _ring_radius(angle: float) -> float:
    return 1330 * (1 + 0.13 * math.sin(2 * angle + 0.9) + 0.06 * math.sin(3 * angle + 0.4) + 0.02 * math.sin(7 * angle))


def _share_of_ring(spot: Spot) -> float:
    return math.hypot(*spot) / _ring_radius(_angle(spot))


def _on_ring(angle: float) -> Spot:
    return _polar(angle, 1.06 * _ring_radius(angle))


def _angle(spot: Spot) -> float:
    return math.atan2(spot[1], spot[0]) % math.tau


def _polar(angle: float, radius: float) -> Spot:
    return _rounded(radius * math.cos(angle), radius * math.sin(angle))


def _rounded(x: float, y: float) -> Spot:
    return round(x, 1), round(y, 1)


def _between(a: Spot, b: Spot, share: float) -> Spot:
    return _rounded(a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)


def _in_park(spot: Spot) -> bool:
    return any(math.hypot(spot[0] - x, spot[1] - y) < radius for x, y, radius in PARKS)


def _winding(a: Spot, b: Spot, chance: random.Random, swing_m: float) -> list[Spot]:
    """A road between two spots that swings to both sides, in steps of about 60 m."""
    length = math.dist(a, b)
    steps = max(2, round(length / 60))
    across = (-(b[1] - a[1]) / length, (b[0] - a[0]) / length)
    swing = _swing(chance, swing_m)
    line = [a]
    for i in range(1, steps):
        share = i / steps
        x, y = _between(a, b, share)
        off = swing(share)
        line.append(_rounded(x + across[0] * off, y + across[1] * off))
    return [*line, b]


def _swing(chance: random.Random, size_m: float) -> Callable[[float], float]:
    phase, waves = chance.uniform(0, math.tau), chance.uniform(1.2, 2.4)
    return lambda share: size_m * math.sin(math.pi * share) * math.sin(waves * math.tau * share + phase)
