from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from kolonne.portal.commands.queries import recent_commands
from kolonne.portal.commerce.models import Profile
from kolonne.portal.companies.queries.leaving import is_leaving
from kolonne.portal.companies.views import navigation
from kolonne.portal.companies.views.start import landing
from kolonne.portal.fleet import queries, texts, words
from kolonne.portal.fleet.actions import note_look_at_vans, note_look_at_vehicle
from kolonne.portal.fleet.condition import STATES
from kolonne.portal.fleet.diary import diary
from kolonne.portal.fleet.offers import offers
from kolonne.portal.fleet.permissions import HISTORY
from kolonne.portal.fleet.removed import removed_van
from kolonne.portal.lib.actor import Actor
from kolonne.portal.telemetry.queries import recent_track, refusals
from kolonne.portal.vehicles.actions import TRANSFER, WRITE
from kolonne.portal.vehicles.models import Module, ModuleStatus, Vehicle
from kolonne.portal.vehicles.queries import companies_with_vans, find_vehicle_for
from kolonne.portal.vehicles.queries.ownership import mine, open_requests

TRACK_HOURS = 12
TRACK_POINTS = 1000

View = Callable[..., HttpResponse]


def for_fleet_people(view: View) -> View:
    """Signed-in people who may see vans; others of the company are told what their role opens."""

    @login_required
    @require_GET
    @wraps(view)
    def checked(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not _actor(request).rights:
            return render(request, "companies/no_company.html", status=403)
        if not companies_with_vans(_actor(request)):
            if any(is_leaving(company) for company in _actor(request).company_ids):
                return redirect("company_leaving")
            home = navigation.home_of(_actor(request))
            if home and request.path_info == reverse("map"):
                return redirect(home)  # dealers, helpers: what they came for
            return render(request, "fleet/no_vans_for_you.html", status=403)
        if request.path_info == reverse("map") and landing(request, has_vans=_has_vans(request)):
            return redirect("start")
        return view(request, **kwargs)

    return checked


def _has_vans(request: HttpRequest) -> bool:
    return Vehicle.objects.of(companies_with_vans(_actor(request))).exists()


@for_fleet_people
def live_map(request: HttpRequest) -> HttpResponse:
    """All vans on a map and in a list, kept live by the browser."""
    note_look_at_vans(_actor(request))
    context = {
        "texts": texts.map_texts(),
        "addresses": _addresses(request),
        "search_text": request.GET.get("q", ""),
        "tiles_url": settings.CONFIG.tiles_url,
    }
    return render(request, "fleet/map.html", context)


@for_fleet_people
def vehicles(request: HttpRequest) -> HttpResponse:
    """All vans as a table that needs no script."""
    note_look_at_vans(_actor(request))
    wanted = _wanted(request)
    page = queries.list_vans(_actor(request), wanted)
    now = queries.now_ms()
    rows = [(row, words.say(row.condition.sentence, now), _age(row.seen_ms, now)) for row in page]
    context = {
        "page": page,
        "rows": rows,
        "wanted": wanted,
        "search_text": wanted.search,
        "states": _states(),
        "may_add": any(WRITE in rights for rights in _actor(request).rights.values()),
        "requests": open_requests(_actor(request)),
        "may_transfer": bool(mine(_actor(request))),
        "has_none": page.paginator.count == 0 and not wanted.search and not wanted.state,
    }
    return render(request, "fleet/vehicles.html", context)


@for_fleet_people
def vehicle(request: HttpRequest, pk: int) -> HttpResponse:
    """One van: what it reports, where it was, what can be asked of it."""
    actor = _actor(request)
    van = find_vehicle_for(actor, pk)
    if van.removed_at is not None:
        return removed_van(request, actor, van)
    note_look_at_vehicle(actor, van)
    sees_history = actor.may(HISTORY, van.company_id)
    module = Module.objects.filter(vehicle=van, status=ModuleStatus.ACTIVE).first()
    context = {
        "vehicle": van,
        "module": module,
        "may_remove": actor.may(TRANSFER, van.company_id),
        "is_silent": not Profile.objects.filter(vehicle=van).exclude(signals={}).exists(),
        "refused": _refused(van),
        "offers": offers(actor, van, module),
        "recent_commands": recent_commands(van),
        "diary": diary(van) if sees_history else [],
        "facts": texts.facts(van.drive),
        "texts": texts.vehicle_texts(),
        "page_data": {**_addresses(request), "vehicle": van.pk, "track": _track(van) if sees_history else []},
        "tiles_url": settings.CONFIG.tiles_url,
    }
    return render(request, "fleet/vehicle.html", context)


def _refused(van: Vehicle) -> list[tuple[str, int]]:
    """(reason in words, readings) of the last 30 days, most frequent first."""
    counts: Counter[str] = Counter()
    for refusal in refusals(van):
        counts[refusal.reason] += refusal.count
    reasons = texts.refusal_reasons()
    return [(reasons[reason], count) for reason, count in counts.most_common()]


@login_required
@require_GET
def map_roads(request: HttpRequest) -> HttpResponse:
    return _map_file("roads.geojson", "application/geo+json")


@login_required
@require_GET
def map_bounds(request: HttpRequest) -> HttpResponse:
    return _map_file("bounds.json", "application/json")


def _map_file(name: str, content_type: str) -> HttpResponse:
    """A file that the demonstration or the operator's extract left; 404 when the map has no roads."""
    try:
        content = (settings.CONFIG.data / "map" / name).read_bytes()
    except OSError:
        raise Http404(name) from None
    response = HttpResponse(content, content_type=content_type)
    patch_cache_control(response, private=True, max_age=300)
    return response


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the Scope middleware
    return actor


def _addresses(request: HttpRequest) -> dict[str, str]:
    """Where the browser's modules find things; one live stream per person and set of companies."""
    companies = "-".join(str(company) for company in companies_with_vans(_actor(request)))
    return {
        "topic": f"{_actor(request).user_id}-{companies}",
        "snapshot": "/api/v1/live/snapshot",
        "stream": "/api/v1/live",
        "van": reverse("vehicle", args=[0]),
    }


def _track(van: Vehicle) -> list[tuple[int, float, float, float | None]]:
    """Where the van was: time in ms, longitude, latitude, km/h."""
    points = recent_track(van, hours=TRACK_HOURS, limit=TRACK_POINTS)
    return [(int(point.at.timestamp() * 1000), point.lon, point.lat, point.speed) for point in points]


def _wanted(request: HttpRequest) -> queries.Wanted:
    """What the address asks for; words that mean nothing are left out."""
    state, sort = request.GET.get("state", ""), request.GET.get("sort", "plate")
    return queries.Wanted(
        search=request.GET.get("q", "").replace("\0", "").strip()[:100],
        state=state if state in STATES else "",
        sort=sort.removeprefix("-") if sort.removeprefix("-") in queries.SORTS else "plate",
        descending=sort.startswith("-"),
        page=request.GET.get("page", "1"),
    )


def _states() -> list[tuple[str, str]]:
    return [("", pgettext("vans", "All")), *((state, texts.state_words()[state]) for state in STATES)]


def _age(seen_ms: int, now_ms: int) -> str:
    return words.ago(seen_ms, now_ms) if seen_ms else "–"
