"""NF-05: whatever is repeated, reordered, cut off or lost on the way, every point is stored once and in order."""

from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.telemetry.ingest.prefix import NOTHING, UNSEEN, advance


def test_the_first_message_of_an_epoch_is_taken_whole() -> None:
    step = advance(UNSEEN, first=1, count=10, dropped=0)
    assert step == (0, 10, 0, 10)


def test_an_epoch_may_begin_at_zero() -> None:
    assert advance(UNSEEN, first=0, count=1, dropped=0).cursor == 0


def test_the_middle_of_an_unknown_epoch_is_not_taken_and_nothing_acknowledged() -> None:
    assert advance(UNSEEN, first=100, count=5, dropped=0) == (5, UNSEEN, 0, NOTHING)


def test_an_unknown_epoch_is_taken_once_its_beginning_is_declared_as_gone() -> None:
    step = advance(UNSEEN, first=100, count=5, dropped=99)
    assert step == (0, 104, 99, 104)


def test_what_is_known_is_skipped_and_the_rest_taken() -> None:
    step = advance(10, first=8, count=5, dropped=0)
    assert step == (3, 12, 0, 12)


def test_a_duplicate_is_acknowledged_again() -> None:
    cursor = 10
    step = advance(cursor, first=3, count=5, dropped=0)
    assert step == (5, cursor, 0, 10)
    assert step.cursor == cursor


def test_behind_a_gap_nothing_is_taken() -> None:
    assert advance(10, first=12, count=5, dropped=0) == (5, 10, 0, 10)


def test_a_declared_gap_is_counted_and_passed() -> None:
    assert advance(10, first=15, count=1, dropped=4) == (0, 15, 4, 15)


def test_a_declaration_that_reaches_back_too_far_counts_only_what_was_not_committed() -> None:
    assert advance(10, first=15, count=1, dropped=9) == (0, 15, 4, 15)


@given(
    total=st.integers(1, 60),
    sends=st.lists(st.tuples(st.integers(0, 59), st.integers(1, 12)), max_size=200),
)
def test_any_order_of_sending_stores_each_point_once_and_in_order(total: int, sends: list[tuple[int, int]]) -> None:
    cursor, stored = UNSEEN, list[int]()
    for start, count in [*sends, (0, total)]:
        first = start % total + 1
        count = min(count, total - first + 1)  # noqa: PLW2901  # cut off at the end
        step = advance(cursor, first=first, count=count, dropped=0)
        stored += range(first, first + count)[step.skip :]
        cursor = step.cursor
        assert step.acknowledge <= len(stored)
    assert stored == list(range(1, total + 1))


@given(data=st.data(), total=st.integers(1, 40))
def test_every_point_is_stored_or_counted_as_lost(data: st.DataObject, total: int) -> None:
    """A module that loses points on board declares them before the next one that it still has."""
    kept = sorted(data.draw(st.sets(st.integers(1, total), min_size=1)))
    cursor, stored, lost = UNSEEN, 0, 0
    for point in kept:
        for _ in range(data.draw(st.integers(1, 3))):
            acknowledged = max(cursor, 0)
            dropped = max(0, point - acknowledged - 1)
            step = advance(cursor, first=point, count=1, dropped=dropped)
            stored, lost, cursor = stored + 1 - step.skip, lost + step.lost, step.cursor
    assert stored == len(kept)
    assert stored + lost == kept[-1]
