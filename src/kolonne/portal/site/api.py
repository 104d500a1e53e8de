"""The REST API: who may use it, how its errors look, and which contexts add to it."""

import functools
import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError, ValidationErrorContext
from ninja.openapi.schema import OpenAPISchema
from ninja.security import APIKeyCookie, HttpBearer
from ninja.security.base import AuthBase

from kolonne.portal.commands.api import router as commands_router
from kolonne.portal.companies.queries import KeyHolder, authenticate_api_key
from kolonne.portal.fleet.api import router as fleet_router
from kolonne.portal.identity.models import User
from kolonne.portal.lib import problems
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import KolonneError
from kolonne.portal.lib.problems import FieldError, Problem
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site import settings
from kolonne.portal.vehicles.api import router as vehicles_router

log = structlog.get_logger()

DESCRIPTION = """\
Vans, their state and history, and commands to them. Programs send a key (`kolonne apikey create`) as
`Authorization: Bearer kol_…`; pages use the session of who is signed in. A key opens the rows of one company and what
its scopes name. Everything else does not exist: 404. Errors are problem documents (RFC 9457).
"""


WAITING = frozenset({"modules/enrol", "modules/renew"})
"""Answered when the signer has done what their own transaction asked for."""

_SCHEMA_OF = "#/components/schemas/{name}"
_PROBLEM_ANSWER = {
    "description": "What went wrong, and how to mend it (RFC 9457)",
    "content": {problems.MEDIA_TYPE: {"schema": {"$ref": _SCHEMA_OF.format(name="Problem")}}},
}


class Unauthenticated(HttpError):
    def __init__(self, detail: str) -> None:
        super().__init__(401, detail)


class Key(HttpBearer):
    """The key of a company's program."""

    openapi_bearerFormat = "kol_…"  # noqa: N815  # django-ninja reads it under this name

    def authenticate(self, request: HttpRequest, token: str) -> KeyHolder:
        holder = authenticate_api_key(token.strip(), client_address(request))
        if holder is None:
            raise Unauthenticated("this key does not exist or was revoked")
        if not holder.scopes:
            raise HttpError(403, "the company of this key is being deleted: its keys open nothing any more")
        request.actor = holder.actor  # type: ignore[attr-defined]
        return holder


class SignedIn(APIKeyCookie):
    """The session of a person; requests that change something must prove that our own pages made them."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        if not isinstance(request.user, User):
            return None
        refusal = CsrfViewMiddleware(lambda _: HttpResponse()).process_view(request, _no_view, (), {})
        if refusal is not None:
            raise HttpError(403, "the CSRF token is missing or wrong")
        return request.user

    def authenticate(self, request: HttpRequest, key: str | None) -> None:
        """Not used: the session middleware has done it."""


def _no_view(request: HttpRequest) -> HttpResponse:
    """What the CSRF check is asked about; it bears no exemption."""
    return HttpResponse()


class Api(NinjaAPI):
    """django-ninja with problem documents everywhere."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _explained(pattern.callback)
                if str(pattern.pattern) in WAITING:
                    pattern.callback = transaction.non_atomic_requests(pattern.callback)
        return patterns, app, namespace

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """The schema, with the problem document as the answer to everything that goes wrong."""
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"] |= msgspec.json.schema_components([Problem], ref_template=_SCHEMA_OF)[1]
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = _PROBLEM_ANSWER
        return schema

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Field, value and remedy of everything that does not fit the schema."""
        found = []
        for context in error_contexts:
            names = context.model.__ninja_flatten_map_reverse__
            for error in context.pydantic_validation_error.errors(include_url=False, include_context=False):
                place = [str(part) for part in names.get(error["loc"], error["loc"])]
                value = None if place[-1:] == ["pin"] else problems.shown(error["input"])
                found.append({"field": _field(place), "value": value, "remedy": error["msg"]})
        return ValidationError(found)


def _field(place: list[str]) -> str:
    """`body.args.percent` becomes `args.percent`: the name that the caller wrote."""
    return ".".join(part for part in place if part not in {"body", "query", "path", "header"}) or "body"


def _explained(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A method that is not allowed gets a problem document too."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        if not isinstance(answer, HttpResponseNotAllowed):
            return answer
        allowed = answer.headers["Allow"]
        problem = problems.response(
            405, "method_not_allowed", f"{request.method} is not possible here", remedy=f"use {allowed}"
        )
        problem.headers["Allow"] = allowed
        return problem

    return inner


def scoped(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Opens the rows of the caller's companies, and no others, around every operation (NF-03)."""

    @functools.wraps(operation)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(request, "actor"):  # left alone by the Scope middleware: it opens what it needs itself
            return operation(request, *args, **kwargs)
        with company_scope(request.actor.company_ids):
            return operation(request, *args, **kwargs)

    return inner


def _authentications() -> list[AuthBase]:
    return [Key(), SignedIn()]


api = Api(title="Kolonne", version="1", description=DESCRIPTION, docs_url=None, auth=_authentications())
api.add_decorator(scoped)
api.add_router("", fleet_router)
api.add_router("", commands_router)
api.add_router("", vehicles_router)

_elsewhere = Router()


@_elsewhere.api_operation(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "/{path:rest}", auth=None, include_in_schema=False
)
def elsewhere(request: HttpRequest, rest: str) -> HttpResponse:
    """Every other address below the API."""
    return problems.response(404, "not_found", "there is nothing at this address", remedy="see /api/v1/openapi.json")


api.add_router("", _elsewhere)


@api.exception_handler(KolonneError)
def on_refusal(request: HttpRequest, error: KolonneError) -> HttpResponse:
    """What an action refused."""
    return problems.of_error(error)


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What does not fit the schema."""
    errors = [FieldError(**found) for found in error.errors]
    return problems.response(422, "invalid_request", "the request does not fit the schema", errors=errors)


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Sign-in, CSRF and bodies that are not JSON."""
    code = {400: "malformed_body", 401: "not_signed_in", 403: "csrf_failed"}.get(error.status_code, "refused")
    remedy = {
        400: "send a JSON object",
        401: "send `Authorization: Bearer` with a key of your company, or sign in",
        403: "send the token of the page in the header X-CSRFToken",
    }
    return problems.response(error.status_code, code, str(error), remedy=remedy.get(error.status_code, ""))


@api.exception_handler(RequestDataTooBig)
def on_too_much(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """A body that is not even read."""
    return problems.response(
        413, "body_too_large", "the body is too large", remedy="no request needs more than some kB"
    )


@api.exception_handler(Exception)
def on_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    """Our mistake: logged whole, told without details."""
    # The trace as plain text: a pretty one would print the values of variables, a PIN among them.
    log.error("api fault", path=request.path, trace="".join(traceback.format_exception(error)))
    return problems.response(500, "fault", "something went wrong on our side", remedy="try again; tell the operator")
