"""What the fleet tool still shows of a van that was removed: what it read in the company's time, as far as a service
of another van allows it now (VH-05)."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from kolonne.portal.fleet.actions import note_look_at_vehicle
from kolonne.portal.fleet.diary import diary
from kolonne.portal.fleet.permissions import HISTORY
from kolonne.portal.lib.actor import Actor
from kolonne.portal.telemetry.queries import Reading, vehicle_state
from kolonne.portal.vehicles.models import Vehicle

METRES = 1000
"""Distances are read in metres and shown in kilometres."""


@dataclass(frozen=True)
class Figure:
    """Something that the van read last."""

    label: str
    value: str
    at: datetime


def removed_van(request: HttpRequest, actor: Actor, van: Vehicle) -> HttpResponse:
    """Read-only: nothing can be asked of it any more."""
    note_look_at_vehicle(actor, van)
    sees_history = actor.may(HISTORY, van.company_id)
    context = {"vehicle": van, "figures": _figures(van), "diary": diary(van) if sees_history else []}
    return render(request, "fleet/removed.html", context)


def _figures(van: Vehicle) -> list[Figure]:
    signals = vehicle_state(van).signals
    words = [
        ("odometer", _("Odometer"), " km", METRES),
        ("soc", _("Charge"), " %", 1),
        ("fuel_level", _("Fuel"), " %", 1),
        ("range", _("Range"), " km", METRES),
        ("low_voltage", _("12-volt battery"), " V", 1),
    ]
    found = [_figure(signals[name], label, unit, parts) for name, label, unit, parts in words if name in signals]
    if {"lat", "lon"} <= signals.keys():
        lat, lon = signals["lat"], signals["lon"]
        found.append(Figure(_("Last position"), f"{lat.value:.5f}, {lon.value:.5f}", lat.at))
    return found


def _figure(reading: Reading, label: str, unit: str, parts: int) -> Figure:
    """`parts`: how many of what was read make one of the unit; whole numbers stay whole."""
    value = reading.value if isinstance(reading.value, float | int) else 0.0
    shown = int(value // parts) if parts > 1 or value == int(value) else round(value, 1)
    return Figure(label, f"{number_format(shown, force_grouping=True)}{unit}", reading.at)
