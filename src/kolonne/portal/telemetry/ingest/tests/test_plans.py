"""The fast path writes what the slow path writes, and takes nothing that the slow path would refuse."""

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kolonne.portal.telemetry.ingest import rows
from kolonne.portal.telemetry.ingest.plans import Profile, plan_for
from kolonne.portal.telemetry.ingest.readings import sift
from kolonne.wire.messages import decode_telemetry, encode_json
from kolonne.wire.signals import Signal, catalogue

STAMP = rows.Stamp(rows.timestamp(1_790_000_000_000), rows.timestamp(1_790_000_000_123), 7, 42, 2**31 - 1, 0)
EVERYTHING = Profile(frozenset(catalogue()))


def good_values(signal: Signal) -> st.SearchStrategy[Any]:
    low = -1e9 if signal.minimum is None else signal.minimum
    high = 1e9 if signal.maximum is None else signal.maximum
    text = st.text("abcdefØÅ 0123-:", max_size=64)
    match signal.kind:
        case "float":
            return st.floats(low, high)
        case "int":
            return st.integers(math.ceil(low), math.floor(high)).map(float)
        case "bool":
            return st.booleans()
        case "text":
            return st.sampled_from(sorted(signal.allowed)) if signal.allowed else text
        case "texts":
            return st.lists(text, max_size=5)


bad_values = st.one_of(
    st.floats(), st.text(max_size=70), st.booleans(), st.lists(st.text(max_size=3), max_size=40), st.just("\0")
)


@st.composite
def points(draw: st.DrawFn, *, also_bad: bool) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(catalogue())), min_size=1, max_size=16, unique=True))
    return {
        name: draw(
            st.one_of(good_values(catalogue()[name]), bad_values) if also_bad else good_values(catalogue()[name])
        )
        for name in names
    }


def by_plan(point: dict[str, Any]) -> bytes | None:
    return plan_for(tuple(point))(*STAMP, dict(point))


@settings(max_examples=300)
@given(points(also_bad=False))
def test_a_good_point_gives_the_same_row_on_both_paths(point: dict[str, Any]) -> None:
    sifted = sift(point, profile=EVERYTHING, refusal="not_in_profile")
    assert sifted.good == point
    assert by_plan(point) == rows.row(STAMP, sifted.good)


@settings(max_examples=500)
@given(points(also_bad=True))
def test_the_fast_path_gives_up_exactly_when_the_slow_path_complains(point: dict[str, Any]) -> None:
    sifted = sift(point, profile=EVERYTHING, refusal="not_in_profile")
    packed = by_plan(point)
    if sifted.complaints:
        assert packed is None
    else:
        assert packed == rows.row(STAMP, sifted.good)


def test_every_signal_of_the_catalogue_has_a_plan() -> None:
    assert plan_for(tuple(catalogue()))(*STAMP, {}) is None


def test_whole_numbers_become_integers() -> None:
    point: dict[str, Any] = {"gear": 3.0, "odometer": 12.0, "speed": 3.0}
    plan_for(tuple(point))(*STAMP, point)
    assert [type(value) for value in point.values()] == [int, int, float]


def test_a_set_of_signals_is_planned_when_it_was_seen_often_and_never_outside_the_profile() -> None:
    profile = Profile(frozenset({"speed", "soc"}))
    for _ in range(profile.SETTLED):
        assert ("speed",) not in profile.plans
        profile.settle(("speed",))
        profile.settle(("lat",))
    assert profile.plans.keys() == {("speed",)}


def test_what_msgspec_decodes_fits_the_types_that_plans_expect() -> None:
    message = decode_telemetry(
        encode_json({"e": 1, "s": 1, "p": [[1, {"speed": 43, "gear": 2, "locked": True, "ignition": "ON"}]]})
    )
    assert by_plan(message.points[0][1]) is not None
