"""VH-04: `kolonne vehicle since`, as an operator types it."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from kolonne.portal.conftest import House
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.operator.vehicles import vehicle
from kolonne.portal.vehicles.models import Vehicle


def since(*words: str) -> Result:
    return CliRunner().invoke(vehicle, ("since", *words))


def test_readings_count_since_a_day_or_a_minute(ours: House) -> None:
    vin = ours.vehicle.vin
    said = since(vin.lower(), "2021-03-29T14:30")
    assert said.stdout.startswith(f"Readings of {vin} count since 2021-03-29T14:30+00:00")
    assert json.loads(since(vin, "2021-03-29", "--json").stdout) == {"vin": vin, "since": "2021-03-29T00:00+00:00"}
    with company_scope(ours.scope):
        assert Vehicle.objects.get(pk=ours.vehicle.pk).added_at == datetime(2021, 3, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("WK0TEST0000000009", "2021-03-29"), "van WK0TEST0000000009 was not found"),
        (("WK0TEST0000000001", "yesterday"), "'%Y-%m-%d', '%Y-%m-%dT%H:%M'"),
        (("WK0TEST0000000001", "2999-01-01"), "since: a time in the past"),
    ],
)
@pytest.mark.usefixtures("ours")
def test_a_mistake_costs_one_clear_line_and_status_2(words: tuple[str, ...], remedy: str) -> None:
    answer = since(*words)
    assert answer.exit_code == 2
    assert remedy in answer.stderr
