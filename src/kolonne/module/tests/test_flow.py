"""When points are sent again."""

from random import Random

from kolonne.module.flow import LONGEST_RESEND_S, MESSAGES_AHEAD, Flow


def after_a_long_silence() -> tuple[Flow, float]:
    """A flow whose first message was sent eight times in vain, and the time."""
    flow, now = Flow(0, random=Random(1)), 0.0
    for _ in range(8):
        flow.sent(1, now)
        now = flow.resend_at or now
        flow.tick(now)
    return flow, now


def test_messages_in_flight_are_bounded() -> None:
    flow = Flow(0, random=Random(1))
    for last in range(1, MESSAGES_AHEAD + 1):
        assert flow.may_send
        flow.sent(last, 0.0)
    assert not flow.may_send
    flow.acknowledged(1, 0.1)
    assert flow.may_send


def test_a_second_of_silence_sends_again_from_the_acknowledged_point() -> None:
    """NF-05"""
    flow = Flow(0, random=Random(1))
    for last in (10, 20, 30):
        flow.sent(last, 0.0)
    flow.acknowledged(10, 0.5)
    flow.tick(1.4)
    assert flow.cursor == 30
    flow.tick(1.5)
    assert flow.cursor == 10
    flow.sent(20, 1.5)
    assert not flow.may_send  # one message until the platform answers


def test_pauses_grow_to_a_minute_with_jitter() -> None:
    flow = Flow(0, random=Random(1))
    now, waits = 0.0, []
    for _ in range(60):
        flow.sent(1, now)
        assert flow.resend_at is not None
        waits.append(flow.resend_at - now)
        now = flow.resend_at
        flow.tick(now)
    assert waits[0] == 1.0
    assert all(1.0 <= wait <= LONGEST_RESEND_S for wait in waits)
    assert max(waits) > 40
    assert len(set(waits[10:])) > 40


def test_progress_ends_the_long_pauses() -> None:
    flow, now = after_a_long_silence()
    flow.sent(1, now)
    flow.acknowledged(1, now + 0.1)
    assert flow.resend_at is None
    flow.sent(2, now + 0.1)
    assert flow.resend_at == now + 1.1


def test_a_platform_that_misses_something_is_served_at_once() -> None:
    """A sign of life ends a long pause, but no more than once a second."""
    flow, now = after_a_long_silence()
    flow.sent(1, now)
    flow.acknowledged(0, now + 0.5)
    assert flow.cursor == 1
    flow.acknowledged(0, now + 1.0)
    assert flow.cursor == 0
    assert flow.may_send


def test_a_platform_restored_from_a_backup_is_told_what_exists_no_more() -> None:
    """NF-05: the gap is reported; nobody waits for points that were deleted."""
    flow = Flow(100, random=Random(1))
    flow.sent(110, 0.0)
    flow.acknowledged(40, 1.0)
    assert flow.acked == 100
    assert flow.cursor == 40
