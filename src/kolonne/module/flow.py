"""When to send which point again: go-back-N with cumulative acknowledgements. Pure: time is passed in.

Everything behind the acknowledged point is sent once, a bounded number of messages ahead of the acknowledgements. After
a second without progress it begins again at the acknowledged point, with one message until that is acknowledged, and
waits twice as long each time, with jitter, so that ten thousand modules do not come back at the same moment.
"""

from collections import deque
from random import Random

RESEND_S = 1.0
LONGEST_RESEND_S = 60.0
MESSAGES_AHEAD = 8


class Flow:
    """The state of one connection's telemetry. Times are seconds on any monotonic clock."""

    def __init__(self, acked: int, *, random: Random) -> None:
        self._random = random
        self.restart(acked)

    def restart(self, acked: int) -> None:
        """A new connection, or a new epoch: nothing is on its way any more."""
        self.acked = acked
        self.cursor = acked
        """Points up to here were sent in this round."""
        self.resend_at: float | None = None
        """When to go back, if nothing is acknowledged until then."""
        self._heard: int | None = None
        self._flying: deque[int] = deque()
        self._delay = RESEND_S
        self._round_at = float("-inf")
        self._probing = False

    @property
    def may_send(self) -> bool:
        return len(self._flying) < (1 if self._probing else MESSAGES_AHEAD)

    def sent(self, last: int, now: float) -> None:
        """A message that ends with point `last` was handed to the network."""
        self.cursor = last
        self._flying.append(last)
        if self.resend_at is None:
            self._round_at = now
            self.resend_at = now + self._wait()

    def acknowledged(self, sequence: int, now: float) -> None:
        """The platform has committed everything up to `sequence`, perhaps said before or out of order."""
        self._heard = sequence
        while self._flying and self._flying[0] <= sequence:
            self._flying.popleft()
        if sequence > self.acked:
            self.acked = sequence
            self.cursor = max(self.cursor, sequence)
            self._probing = False
            self._delay = RESEND_S
            self._round_at = now
            self.resend_at = now + RESEND_S if self._flying else None
        elif self._flying and now - self._round_at >= RESEND_S:
            # The platform lives and misses something: no reason to wait for the end of a long pause.
            self._delay = RESEND_S
            self._go_back()

    def tick(self, now: float) -> None:
        """Goes back when it is time."""
        if self.resend_at is not None and now >= self.resend_at:
            self._delay = min(LONGEST_RESEND_S, self._delay * 2)
            self._go_back()

    def _go_back(self) -> None:
        # A platform that was restored from a backup knows less than it once acknowledged. What lies between exists
        # no more, and beginning there makes the next message tell it as dropped.
        self.cursor = self.acked if self._heard is None else min(self.acked, self._heard)
        self._flying.clear()
        self._probing = True
        self.resend_at = None

    def _wait(self) -> float:
        """Full jitter, but never less than the first wait."""
        if self._delay == RESEND_S:
            return RESEND_S
        return max(RESEND_S, self._random.uniform(0, self._delay))
