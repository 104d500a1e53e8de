"""Which points of a message come next: the contiguous prefix of (epoch, sequence), pure.

A module numbers its points without gaps and repeats what was not acknowledged, so a point is stored exactly if it
directly follows the cursor. What the module lost on board it declares as dropped; that is counted, never waited for.
"""

from typing import NamedTuple

NOTHING = 0
"""Acknowledged for an epoch of which nothing is committed: go on with the oldest point, declare what is gone.

Points are numbered from 1; an agent that begins with 0 is understood as well, but should not."""


UNSEEN = -1
"""The cursor of an epoch of which nothing was committed yet."""


class Step(NamedTuple):
    """What to do with a message: skip so many points, store the rest, move the cursor, acknowledge."""

    skip: int
    cursor: int
    lost: int
    """Points that exist nowhere any more."""
    acknowledge: int


def advance(cursor: int, *, first: int, count: int, dropped: int) -> Step:
    """The step for points `first` … `first + count - 1` of an epoch, of which `dropped` directly before exist no more.

    `cursor` is the last committed point of this epoch. A message that lies beyond a gap, or begins an unseen epoch in
    its middle, moves nothing; the acknowledgement then tells the module where to go on. An epoch begins at sequence 0
    or 1, or with a declaration that reaches back to there.
    """
    last = first + count - 1
    if cursor == UNSEEN:
        if first - dropped > 1:
            return Step(count, cursor, 0, NOTHING)
        return Step(0, last, max(0, first - 1), last)
    expected = cursor + 1
    if last < expected or first - dropped > expected:
        return Step(count, cursor, 0, cursor)
    return Step(max(0, expected - first), last, max(0, first - expected), last)
