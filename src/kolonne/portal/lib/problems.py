"""Errors of the REST API as RFC 9457 says: `application/problem+json`, each with the field, its value and a remedy."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from kolonne.portal.lib.errors import Invalid, KolonneError

MEDIA_TYPE = "application/problem+json"
_MAX_VALUE = 200


class FieldError(msgspec.Struct):
    """One wrong field, what was sent in it, and what to send instead."""

    field: str
    value: Any
    remedy: str


class Problem(msgspec.Struct, omit_defaults=True):
    """The body of an error. `type` is stable and for programs; `title` and `detail` are for people."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str = ""
    errors: list[FieldError] = []


def response(
    status: int, code: str, detail: str, *, remedy: str = "", errors: Iterable[FieldError] = ()
) -> HttpResponse:
    """The HTTP answer for a problem."""
    problem = Problem(
        type=f"urn:kolonne:problem:{code}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        remedy=remedy,
        errors=list(errors),
    )
    answer = HttpResponse(msgspec.json.encode(problem), status=status, content_type=MEDIA_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="kolonne"'
    return answer


def of_error(error: KolonneError, *, sent: Mapping[str, Any] | None = None, detail: str = "") -> HttpResponse:
    """The answer for an action's refusal; `sent` tells the values of the fields that the error names."""
    errors = []
    if isinstance(error, Invalid):
        values = sent or {}
        errors = [
            FieldError(field=shown(field), value=shown(values.get(field)), remedy=remedy)
            for field, remedy in error.errors.items()
        ]
    remedy = str(error.facts.get("remedy", ""))
    return response(error.status, error.code, detail or error.text, remedy=remedy, errors=errors)


def shown(value: Any) -> Any:
    """A value as it may stand in an answer: long ones are cut, odd ones told in words."""
    if value is None or isinstance(value, bool | int):
        return value
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _MAX_VALUE else text[:_MAX_VALUE] + "…"


def wants_json(request: HttpRequest) -> bool:
    """Whether the other side is a script that asked for JSON."""
    return "application/json" in request.headers.get("Accept", "")
