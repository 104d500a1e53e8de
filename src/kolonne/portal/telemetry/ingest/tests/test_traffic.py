"""VH-07: how much vans send is counted by country."""

from typing import Any

import psycopg
import pytest

from kolonne.portal.telemetry.ingest import store, traffic
from kolonne.portal.telemetry.ingest.binding import Bindings
from kolonne.portal.telemetry.ingest.drafting import Drafter
from kolonne.portal.telemetry.ingest.store import Connection
from kolonne.portal.telemetry.ingest.tests.test_pipeline import MS, message
from kolonne.portal.telemetry.ingest.traffic import Amount, Sent, Traffic

Database = psycopg.Connection[tuple[Any, ...]]
OSLO, GOTHENBURG = {"lat": [59.91, 1, 1], "lon": [10.75, 1, 1]}, {"lat": [57.70, 1, 1], "lon": [11.97, 1, 1]}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_counts_are_written_now_and_then_and_come_back_when_they_were_not_committed() -> None:
    clock, places = Clock(), {1: OSLO, 2: GOTHENBURG}
    counts = Traffic(clock)
    counts.count(1, 100)
    assert counts.take(places.__getitem__) == {}
    clock.now = traffic.WRITTEN_EVERY_S
    counts.count(1, 50)
    counts.count(2, 7)
    taken = counts.take(places.__getitem__)
    assert taken == {Sent(1, "NO"): Amount(2, 150), Sent(2, "SE"): Amount(1, 7)}
    counts.give_back(taken)
    counts.count(1, 1)
    clock.now *= 2
    places[1] = GOTHENBURG
    assert counts.take(places.__getitem__) == taken | {Sent(1, "SE"): Amount(1, 1)}
    clock.now *= 2
    assert counts.take(places.__getitem__) == {}


@pytest.mark.parametrize(
    ("cells", "country"),
    [
        (OSLO | {"country": ["SE", 2, 2]}, "SE"),  # what the modem knows counts more than an outline
        (OSLO | {"country": ["Sverige", 2, 2]}, ""),
        (OSLO | {"country": ["ß9", 2, 2]}, ""),
        ({"lat": [59.91, 1, 1]}, ""),
        ({}, ""),
    ],
)
def test_the_country_is_what_the_van_says_or_where_it_is(cells: dict[str, Any], country: str) -> None:
    clock = Clock()
    counts = Traffic(clock)
    counts.count(1, 1)
    clock.now = traffic.WRITTEN_EVERY_S
    assert list(counts.take(lambda _: cells)) == [Sent(1, country)]


async def test_counts_are_stored_with_a_flush(
    enrol: Any, admin: Database, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "WRITTEN_EVERY_S", 0.0)
    (van,) = enrol(1)
    drafter = Drafter(Bindings())
    said: list[dict[str, Any]] = [{"lat": 59.91, "lon": 10.75}, {"speed": 3}, {"country": "SE"}]
    for n, readings in enumerate(said, start=1):
        draft = await drafter.draft(connection, [message(van, n, readings)], MS)
        await store.commit(connection, draft)
    sql = (
        "SELECT country, messages, bytes > 0, company_id FROM telemetry.traffic WHERE vehicle_id = %s ORDER BY country"
    )
    assert admin.execute(sql, [van.vehicle_id]).fetchall() == [
        ("NO", 2, True, van.company_id),
        ("SE", 1, True, van.company_id),
    ]
