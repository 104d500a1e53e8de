"""Outbox and flow against a model of the platform: whatever the network and the power supply do, nothing is lost.

NF-05: a hypothesis state machine drops, repeats and reorders messages, kills the agent between any two steps and makes
the store too small; in the end every point was stored once and in order, or is counted as dropped.
"""

import shutil
import tempfile
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kolonne.module.flow import Flow
from kolonne.module.link import encoded
from kolonne.module.outbox import Limits, Outbox
from kolonne.module.points import Point
from kolonne.module.store import Store
from kolonne.module.tests.platform import Cursor
from kolonne.wire.messages import Ack


class Delivery(RuleBasedStateMachine):
    """Time is a number that only rules move."""

    limits = Limits()

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.file = self.folder / "store.db"
        self.platform = Cursor()
        self.up: list[bytes] = []
        self.down: list[Ack] = []
        self.now = 0.0
        self.made = 0
        self.dropped_at_boot = 0
        self.boot()

    def boot(self) -> None:
        self.store = Store(self.file)
        self.outbox = Outbox(self.store, self.limits)
        self.flow = Flow(self.outbox.acked, random=Random(7))

    @rule(count=st.integers(1, 40), keeps=st.integers(0, 7))
    def collect(self, count: int, keeps: int) -> None:
        names = ("locked", "speed", "accuracy")  # of the classes 1, 2 and 3
        points = [Point(self.made + n, {names[(keeps + n) % 3]: self.made + n}) for n in range(count)]
        self.made += count
        self.outbox.append(points)

    @rule()
    def acknowledged_rows_go(self) -> None:
        self.outbox.settle()

    @rule(messages=st.integers(1, 10))
    def send(self, messages: int) -> None:
        self.flow.tick(self.now)
        for _ in range(messages):
            batch = self.outbox.batch(self.flow.cursor) if self.flow.may_send else None
            if batch is None:
                return
            self.up.append(encoded(batch))
            self.flow.sent(batch.last, self.now)

    @precondition(lambda self: self.up)
    @rule(data=st.data(), fate=st.sampled_from(["arrives", "arrives", "arrives", "arrives twice", "is lost"]))
    def platform_hears(self, data: st.DataObject, fate: str) -> None:
        message = self.up.pop(data.draw(st.integers(0, len(self.up) - 1)))
        for _ in range({"arrives": 1, "arrives twice": 2, "is lost": 0}[fate]):
            self.down.append(self.platform.receive(message))

    @precondition(lambda self: self.down)
    @rule(data=st.data(), fate=st.sampled_from(["arrives", "arrives", "arrives later again", "is lost"]))
    def module_hears(self, data: st.DataObject, fate: str) -> None:
        position = data.draw(st.integers(0, len(self.down) - 1))
        ack = self.down[position] if fate == "arrives later again" else self.down.pop(position)
        if fate != "is lost" and ack.epoch == self.outbox.epoch:
            self.outbox.acknowledge(max(0, ack.sequence))
            self.flow.acknowledged(max(0, ack.sequence), self.now)

    @rule(seconds=st.floats(0.1, 70))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def connection_breaks(self) -> None:
        self.up.clear()
        self.down.clear()
        self.flow.restart(self.outbox.acked)

    @rule()
    def agent_is_killed(self) -> None:
        # What SQLite has not committed is gone with the process; a copy of the files is what the next start finds.
        copy = self.folder / "copy"
        copy.mkdir()
        for file in self.folder.glob("store.db*"):
            shutil.copy(file, copy)
        self.store.close()
        for file in copy.iterdir():
            shutil.copy(file, self.folder)
        shutil.rmtree(copy)
        self.boot()

    @invariant()
    def nothing_is_doubled_and_order_is_kept(self) -> None:
        if not hasattr(self, "platform"):
            return
        times = [t for t, _ in self.platform.readings]
        assert times == sorted(set(times))
        assert self.platform.doubled == 0

    @invariant()
    def the_store_keeps_its_bound(self) -> None:
        if hasattr(self, "outbox"):
            assert self.outbox.count <= self.limits.points

    @rule()
    def the_network_recovers(self) -> None:
        """Everything that still exists arrives."""
        self.connection_breaks()
        for _ in range(1000):
            if self.outbox.is_drained():
                break
            self.now += 61
            self.send(8)
            for message in self.up:
                ack = self.platform.receive(message)
                self.outbox.acknowledge(max(0, ack.sequence))
                self.flow.acknowledged(max(0, ack.sequence), self.now)
            self.up.clear()
        assert self.outbox.is_drained()

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        self.the_network_recovers()
        lost = self.made - len(self.platform.points)
        told = sum(self.platform.dropped.values())
        untold = self.outbox.last - self.platform.sequence.get(self.outbox.epoch, 0)  # behind the last point
        assert lost == told + untold <= self.outbox.dropped["full"]
        if self.limits == Limits():
            assert lost == 0
            assert [t for t, _ in self.platform.readings] == list(range(self.made))
        self.store.close()
        shutil.rmtree(self.folder)


class CrampedDelivery(Delivery):
    """The same with a store for a hundred points."""

    limits = Limits(points=100)


_SETTINGS = settings(
    max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=False
)

TestDelivery = Delivery.TestCase
TestDelivery.settings = _SETTINGS
TestCrampedDelivery = CrampedDelivery.TestCase
TestCrampedDelivery.settings = _SETTINGS
