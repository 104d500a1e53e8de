"""Geometry on a map small enough to be flat: good to 0.1 % over the 50 km that a van's tour spans."""

import itertools
import math
from collections.abc import Sequence

Point = tuple[float, float]
"""(latitude, longitude) in degrees."""

METRES_PER_DEGREE = 111_195.0


def distance_m(a: Point, b: Point) -> float:
    north = (b[0] - a[0]) * METRES_PER_DEGREE
    east = (b[1] - a[1]) * METRES_PER_DEGREE * math.cos(math.radians((a[0] + b[0]) / 2))
    return math.hypot(north, east)


def heading_degrees(a: Point, b: Point) -> float:
    """Direction from `a` to `b`: 0 is north, 90 east; always below 360."""
    north = b[0] - a[0]
    east = (b[1] - a[1]) * math.cos(math.radians(a[0]))
    return math.degrees(math.atan2(east, north)) % 360.0


def turn_degrees(before: float, after: float) -> float:
    """How far two headings differ, 0 to 180."""
    return abs((after - before + 180.0) % 360.0 - 180.0)


def moved(point: Point, north_m: float, east_m: float) -> Point:
    lat = point[0] + north_m / METRES_PER_DEGREE
    return lat, point[1] + east_m / (METRES_PER_DEGREE * math.cos(math.radians(point[0])))


def between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def length_m(points: Sequence[Point]) -> float:
    return sum(distance_m(a, b) for a, b in itertools.pairwise(points))


def simplified(points: Sequence[Point], tolerance_m: float) -> list[Point]:
    """The line without points that lie closer than `tolerance_m` to what remains (Douglas and Peucker), ends kept."""
    keep = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        offsets = [_offset_m(points[i], points[first], points[last]) for i in range(first + 1, last)]
        if offsets and max(offsets) > tolerance_m:
            middle = first + 1 + offsets.index(max(offsets))
            keep.add(middle)
            spans += [(first, middle), (middle, last)]
    return [points[i] for i in sorted(keep)]


def _offset_m(point: Point, a: Point, b: Point) -> float:
    """Distance of a point from the stretch between `a` and `b`."""
    scale = math.cos(math.radians(a[0]))
    px, py = (point[1] - a[1]) * scale, point[0] - a[0]
    bx, by = (b[1] - a[1]) * scale, b[0] - a[0]
    square = bx * bx + by * by
    share = 0.0 if square == 0 else min(1.0, max(0.0, (px * bx + py * by) / square))
    return math.hypot(px - share * bx, py - share * by) * METRES_PER_DEGREE
