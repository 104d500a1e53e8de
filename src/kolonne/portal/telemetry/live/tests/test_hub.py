"""What browsers are told, and what a slow one costs."""

import asyncio
import json
from typing import Any

import pytest

from kolonne.portal.telemetry.live.client import MAX_COMMANDS, MAX_WAITING, Client
from kolonne.portal.telemetry.live.hub import Hub

MINE, OTHERS = frozenset({1}), frozenset({2})
SPEED = frozenset({"speed", "soc"})


def vans(**speeds: float) -> bytes:
    told = [{"id": int(van[1:]), "signals": {"speed": [speed, 1, 1]}} for van, speed in speeds.items()]
    return json.dumps({"vans": told}).encode()


async def events(client: Client) -> list[tuple[str, Any]]:
    """Everything that waits for a client."""
    async with asyncio.timeout(1):
        text = (await client.next()).decode()
    told = [dict(line.split(": ", 1) for line in event.split("\n")) for event in text.strip().split("\n\n")]
    return [(event["event"], json.loads(event["data"])) for event in told]


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def client(hub: Hub) -> Client:
    client = Client()
    hub.watch(client, MINE)
    hub.show(1, SPEED)
    return client


async def test_changes_of_a_second_come_as_one_event_with_the_newest_values(hub: Hub, client: Client) -> None:
    """FT-01."""
    hub.receive(1, vans(v7=10, v8=1))
    hub.receive(1, b'{"vans":[{"id":7,"signals":{"speed":[20,2,2],"soc":[61.5,2,1]}}]}')
    hub.tick()
    ((name, told),) = await events(client)
    assert name == "vans"
    assert told["vans"] == [
        {"id": 7, "signals": {"speed": [20, 2, 2], "soc": [61.5, 2, 1]}},
        {"id": 8, "signals": {"speed": [1, 1, 1]}},
    ]


async def test_another_companys_changes_are_not_told(hub: Hub, client: Client) -> None:
    """NF-03."""
    foreign = Client()
    hub.watch(foreign, OTHERS)
    hub.show(2, SPEED)
    hub.receive(2, vans(v9=1))
    hub.tick()
    hub.receive(1, vans(v7=1))
    hub.tick()
    ((_, told),) = await events(client)
    assert [van["id"] for van in told["vans"]] == [7]
    ((_, told),) = await events(foreign)
    assert [van["id"] for van in told["vans"]] == [9]


async def test_a_step_of_a_command_is_told_at_once(hub: Hub, client: Client) -> None:
    """CD-02."""
    hub.receive(1, b'{"command":{"id":"c1","state":"done"}}')
    assert await events(client) == [("command", {"id": "c1", "state": "done"})]


async def test_a_slow_browser_gets_its_changes_merged_and_never_more_than_fits(hub: Hub, client: Client) -> None:
    for speed in range(1000):
        hub.receive(1, vans(**{f"v{speed % 3}": speed}))
        hub.receive(1, b'{"command":{"id":"c"}}')
        hub.tick()
    told = await events(client)
    assert len(told) == MAX_WAITING + MAX_COMMANDS + 1
    newest = {van["id"]: van["signals"]["speed"][0] for van in told[-1][1]["vans"]}
    assert newest == {0: 999, 1: 997, 2: 998}


async def test_nothing_is_kept_for_a_company_that_nobody_watches(hub: Hub, client: Client) -> None:
    hub.leave(client, MINE)
    hub.receive(1, vans(v7=1))
    hub.tick()
    with pytest.raises(TimeoutError):
        await events(client)
    assert not hub._pending
    assert not hub._watchers


async def test_after_a_lost_connection_to_nats_pages_are_told_to_look_again(hub: Hub, client: Client) -> None:
    hub.resync()
    assert await events(client) == [("resync", {})]


async def test_a_message_that_cannot_be_read_is_left_out(hub: Hub, client: Client) -> None:
    hub.receive(1, b"{")
    hub.receive(1, b'{"vans":[{"id":"7"}]}')
    hub.receive(1, vans(v7=1))
    hub.tick()
    assert len(await events(client)) == 1


async def test_signals_that_may_not_be_seen_are_not_told(hub: Hub, client: Client) -> None:
    """VH-05."""
    hub.show(1, frozenset({"soc"}))
    assert await events(client) == [("resync", {})]
    hub.receive(1, vans(v7=1))
    hub.receive(1, b'{"vans":[{"id":8,"signals":{"speed":[20,2,2],"soc":[61.5,2,1]}}]}')
    hub.tick()
    ((_, told),) = await events(client)
    assert told["vans"] == [{"id": 8, "signals": {"soc": [61.5, 2, 1]}}]


async def test_when_the_last_service_ends_open_pages_look_again_and_hear_nothing_more(hub: Hub, client: Client) -> None:
    """VH-05."""
    hub.receive(1, vans(v7=1))
    hub.show(1, frozenset())
    hub.tick()
    assert await events(client) == [("resync", {})]


async def test_changes_wait_until_it_is_known_what_may_be_seen(hub: Hub) -> None:
    client = Client()
    hub.watch(client, MINE)
    hub.receive(1, vans(v7=1))
    hub.tick()
    hub.show(1, SPEED)
    hub.tick()
    ((name, told),) = await events(client)
    assert (name, told["vans"][0]["id"]) == ("vans", 7)


async def test_when_a_van_leaves_open_pages_look_again(hub: Hub, client: Client) -> None:
    """VH-05."""
    hub.show(1, SPEED)
    hub.show(1, SPEED, anew=True)
    assert await events(client) == [("resync", {})]
