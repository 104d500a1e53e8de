"""Steps of a command reach the pages of its company (CD-02)."""

from kolonne.portal.telemetry.live.client import Client
from kolonne.portal.telemetry.live.hub import Hub


async def test_a_step_of_a_command_reaches_those_who_watch_the_company() -> None:
    hub, ours, theirs = Hub(), Client(), Client()
    hub.watch(ours, frozenset({1}))
    hub.watch(theirs, frozenset({2}))
    hub.receive(1, b'{"command": {"id": "a", "vehicle_id": 7, "state": "done"}}')
    hub.receive(2, b'{"vans": []}')
    assert await ours.next() == b'event: command\ndata: {"id": "a", "vehicle_id": 7, "state": "done"}\n\n'
    assert not theirs._commands
