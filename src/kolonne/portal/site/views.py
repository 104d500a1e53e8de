"""How the platform is: a page for people, an answer for probes."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@dataclass(frozen=True)
class ProgramState:
    """One program as the supervisor last saw it."""

    name: str
    is_up: bool
    since: datetime
    restarts: int


@login_required
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """Which programs run, since when, and how often they had to be started again."""
    programs = _programs()
    return render(request, "status.html", {"programs": programs, "all_up": all(one.is_up for one in programs)})


@transaction.non_atomic_requests
@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """200 while pages can be served from the database, 503 otherwise; tells strangers nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "unavailable"}, status=503)
    return JsonResponse({"status": "ok"})


def _programs() -> list[ProgramState]:
    """Empty when no supervisor of ours runs them, as with programs under systemd or Kubernetes."""
    try:
        written = json.loads((settings.CONFIG.data / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [_program(entry) for entry in written["programs"]]


def _program(entry: dict[str, Any]) -> ProgramState:
    return ProgramState(
        name=entry["name"],
        is_up=entry["state"] == "running",
        since=datetime.fromisoformat(entry["since"]),
        restarts=entry["restarts"],
    )
