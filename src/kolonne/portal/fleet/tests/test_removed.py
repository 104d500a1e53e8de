"""What is shown of a van that left."""

from datetime import UTC, datetime

from django.utils import translation

from kolonne.portal.fleet.removed import METRES, _figure
from kolonne.portal.telemetry.queries import Reading


def test_distances_are_shown_in_kilometres() -> None:
    """VH-05: what was read in metres is named in the unit that stands beside it."""
    at = datetime(2026, 11, 22, 19, 56, tzinfo=UTC)
    with translation.override("de"):
        assert _figure(Reading(55_538_203, at, at), "Odometer", " km", METRES).value == "55.538 km"
        assert _figure(Reading(14.06, at, at), "Battery", " V", 1).value == "14,1 V"
        assert _figure(Reading(83.0, at, at), "Fuel", " %", 1).value == "83 %"
