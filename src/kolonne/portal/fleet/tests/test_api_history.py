"""FT-09: the history that a program reads is what the van sent, in order, page by page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from kolonne.bench import world
from kolonne.config import Config
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles.models import Vehicle

pytestmark = pytest.mark.django_db
ROWS = """
    INSERT INTO telemetry.sample (ts, received, company_id, vehicle_id, seq, flags, speed, soc, ext) VALUES
    ('2026-03-01 08:00:00.250+00', now(), %(company)s, %(vehicle)s, 1, 0, 43.2, 87.54, NULL),
    ('2026-03-01 08:00:00.250+00', now(), %(company)s, %(vehicle)s, 2, 0, NULL, NULL, '{"locked": true}'),
    ('2026-03-01 08:00:05+00', now(), %(company)s, %(vehicle)s, 3, 1, 0.1, NULL, '{"country": "NO"}')
"""


@pytest.fixture
def history(platform: Config, ours: House, bob: User, signed_in: Any) -> Iterator[Any]:
    """Asks for the history of a van of which three points are stored."""
    with company_scope(ours.scope):
        Vehicle.objects.filter(pk=ours.vehicle.pk).update(added_at="2026-01-01T00:00Z")
    with world.admin(platform) as database:
        database.execute(ROWS, {"company": ours.company.pk, "vehicle": ours.vehicle.pk})
        client: Client = signed_in(bob)
        yield lambda query="": client.get(f"/api/v1/vehicles/{ours.vehicle.vin}/history{query}").json()
        database.execute("DELETE FROM telemetry.sample WHERE vehicle_id = %s", [ours.vehicle.pk])


def test_all_points_come_oldest_first_with_the_values_as_sent(history: Any) -> None:
    assert history() == {
        "points": [
            {"time": "2026-03-01T08:00:00.250000Z", "signals": {"speed": 43.2, "soc": 87.54}},
            {"time": "2026-03-01T08:00:00.250000Z", "signals": {"locked": True}},
            {
                "time": "2026-03-01T08:00:05Z",
                "signals": {"speed": 0.1, "country": "NO"},
                "clock_implausible": True,
            },
        ],
        "next": None,
    }


def test_pages_follow_each_other_without_gap_or_repetition(history: Any) -> None:
    whole, found, query = history()["points"], [], "?limit=1"
    while True:
        page = history(query)
        found += page["points"]
        if page["next"] is None:
            break
        query = f"?limit=1&cursor={page['next']}"
    assert found == whole


@pytest.mark.parametrize("names", ["soc,locked", "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed,locked"])
def test_signals_are_chosen_by_short_name_or_path(history: Any, names: str) -> None:
    assert [point["signals"] for point in history(f"?signals={names}")["points"]] == [{"soc": 87.54}, {"locked": True}]


def test_times_bound_the_points(history: Any) -> None:
    assert len(history("?from=2026-03-01T08:00:01Z")["points"]) == 1
    assert len(history("?to=2026-03-01T09:00:05%2B01:00")["points"]) == 2
    assert history("?from=2026-03-02T00:00:00Z")["points"] == []
