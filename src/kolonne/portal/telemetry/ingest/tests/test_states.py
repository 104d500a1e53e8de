"""The last value of every signal, and since when it holds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.telemetry.ingest.states import Point, States, Transition, VanState

values = st.builds(lambda locked, speed: {"locked": locked, "speed": speed}, st.booleans(), st.sampled_from([0.0, 1.5]))
messages = st.lists(st.lists(st.tuples(st.integers(0, 30), values), min_size=1, max_size=6), max_size=6)


@given(messages)
def test_merging_signal_by_signal_equals_merging_point_by_point(sent: list[list[Point]]) -> None:
    by_signal, by_point = VanState(), VanState()
    diary: list[Transition] = []
    other_diary: list[Transition] = []
    for points in sent:
        by_signal.merge(points, diary, uniform=True)
        by_point.merge(points, other_diary, uniform=False)
    assert by_signal.cells == by_point.cells
    assert by_signal.newest_ms == by_point.newest_ms
    assert sorted(diary) == sorted(other_diary)


def merged(*points: Point) -> tuple[dict[str, list[Any]], list[Transition]]:
    state, diary = VanState(), list[Transition]()
    for point in points:
        state.merge([point], diary, uniform=True)
    return state.cells, diary


def test_since_is_kept_while_the_value_is() -> None:
    cells, _ = merged((10, {"locked": True}), (20, {"locked": True}), (30, {"locked": True}))
    assert cells == {"locked": [True, 30, 10]}


def test_a_late_reading_changes_nothing() -> None:
    cells, diary = merged((20, {"locked": True}), (10, {"locked": False}))
    assert cells == {"locked": [True, 20, 20]}
    assert diary == []


def test_a_change_of_an_event_signal_is_a_line_in_the_diary_and_one_of_others_is_not() -> None:
    _, diary = merged((10, {"locked": True, "speed": 1.0}), (20, {"locked": False, "speed": 2.0}))
    assert diary == [Transition(20, "locked", True, False)]


def test_a_state_survives_the_database() -> None:
    state = VanState()
    state.merge([(10, {"locked": True, "gear": 3, "speed": 1.5, "dtc_list": ["P1"]})], [], uniform=True)
    again = VanState(state.encode())
    assert again.cells == state.cells
    assert [type(cell[0]) for cell in again.cells.values()] == [bool, int, float, list]
    assert again.newest_ms == 10


def test_memory_is_bounded_by_forgetting_the_longest_unused_van() -> None:
    states = States(bound=2)
    for vehicle in (1, 2, 3):
        states.load(vehicle, None)
    states.use(1)
    states.trim()
    assert states.missing([1, 2, 3]) == [2]
