"""CD-02: the states of a command and the moves between them."""

from kolonne.portal.commands import texts
from kolonne.portal.commands.lifecycle import FINISHED, GRACE, MOVES, State, may_move
from kolonne.wire.commands import KINDS, OWN_KINDS, REASONS


def test_every_state_can_be_reached() -> None:
    reached, ahead = set(), [State.QUEUED]
    while ahead:
        state = ahead.pop()
        if state not in reached:
            reached.add(state)
            ahead += MOVES[state]
    assert reached == set(State)


def test_the_vans_last_word_is_final() -> None:
    assert not MOVES[State.DONE]
    assert not MOVES[State.FAILED]


def test_nothing_goes_back_to_the_queue_and_nothing_is_done_unsent() -> None:
    assert not any(may_move(state, "queued") for state in State)
    assert not may_move("queued", "done")


def test_whatever_is_not_finished_is_given_up_some_day() -> None:
    assert set(GRACE) == set(State) - FINISHED


def test_people_have_words_for_every_code() -> None:
    assert texts.NAMES.keys() == KINDS.keys() | OWN_KINDS.keys()
    assert texts.STATES.keys() == {state.value for state in State}
    assert texts.REASONS.keys() == REASONS.keys()
