"""`docs/reference/api.md`, written from the OpenAPI schema by `make reference`."""

from collections.abc import Iterator, Sequence
from typing import Any

from kolonne.portal.companies.queries import rights_of_scopes
from kolonne.portal.lib import permissions
from kolonne.portal.site.api import api

INTRODUCTION = """\
# REST API

Written by `make reference` from the OpenAPI schema, which every portal serves at `/api/v1/openapi.json`.

## Who may use it

A program sends a key, a page the session of who is signed in:

```sh
kolonne apikey create --company "Fjordbud AS" --name erp --scope vehicles:read --scope history:read
curl -H "Authorization: Bearer kol_…" http://127.0.0.1:8000/api/v1/vehicles
```

A key opens the rows of one company and what its scopes name. Everything else does not exist: 404. A session must send
the token of the page (`X-CSRFToken`) with everything that is not a GET.

{scopes}

## Errors

Every error is a problem document (RFC 9457), `application/problem+json`:

```json
{{
  "type": "urn:kolonne:problem:unknown_signal",
  "title": "Unknown signal",
  "status": 422,
  "detail": "warp is not a signal",
  "errors": [{{"field": "signals", "value": "warp", "remedy": "a short name or VSS path from docs/reference/wire.md"}}]
}}
```

`type` is stable and for programs, the rest is for people. `remedy` says what to do; `errors` names each wrong field.

## Commands

`POST vehicles/{{vin}}/commands` answers 202 at once. `GET commands/{{id}}`, or the live stream, tells what became of
it: `queued`, `sent`, `accepted`, then `done` or `failed` with the van's reason, or `expired` when the platform stopped
waiting. `done` is said only on the van's signed word. After `expired` with `no_answer` nobody knows the van's state;
its late answer still counts. A retry with the same `Idempotency-Key` gives the same command and never acts twice.
Opening needs the scope `commands:unlock` and the unlock PIN of the person who made the key. The commands, their
arguments and the codes of reasons stand in [wire.md](wire.md).

## Live

`GET /api/v1/live` is a stream of server-sent events: `vans` with what changed since the last one, at most once a
second, and `command` with each step of a command. `GET live/snapshot` is where to begin.
"""


def page() -> str:
    """The whole page."""
    schema = api.get_openapi_schema()
    scopes = _table(("Scope", "Lets a key"), [(f"`{scope}`", rights) for scope, rights in _scopes()])
    parts = [INTRODUCTION.format(scopes=scopes)]
    for path, operations in schema["paths"].items():
        for verb, operation in operations.items():
            parts.append(_operation(verb, path, operation, schema["components"]["schemas"]))
    return "\n".join(parts)


def _scopes() -> Iterator[tuple[str, str]]:
    labels = permissions.known()
    for scope, rights in rights_of_scopes().items():
        yield scope, "; ".join(labels[right] for right in sorted(rights))


def _operation(verb: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    lines = [
        f"## `{verb.upper()} {path}`",
        "",
        f"{operation['summary']}. {operation.get('description', '')}".strip(),
        "",
    ]
    parameters = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    if parameters:
        lines += [_table(("Parameter", "In", "Type", "Meaning"), parameters), ""]
    body = operation.get("requestBody")
    if body:
        lines += ["Body:", "", _fields(body["content"]["application/json"]["schema"], schemas), ""]
    for status, answer in operation["responses"].items():
        if status != "default":
            lines += [f"Answer {status}:", "", _fields(answer["content"]["application/json"]["schema"], schemas), ""]
    return "\n".join(lines)


def _parameter(parameter: dict[str, Any]) -> tuple[str, ...]:
    schema = parameter["schema"]
    meaning = parameter.get("description") or schema.get("description") or ""
    return f"`{parameter['name']}`", parameter["in"], _type(schema), meaning


def _fields(schema: dict[str, Any], schemas: dict[str, Any], prefix: str = "") -> str:
    rows = list(_rows(schema, schemas, prefix))
    return _table(("Field", "Type", "Meaning"), rows)


def _rows(schema: dict[str, Any], schemas: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in _resolved(schema, schemas).get("properties", {}).items():
        yield f"`{prefix}{name}`", _type(field), field.get("description", "")
        for inner, mark in ((field.get("items"), "[]."), (field.get("additionalProperties"), ".*.")):
            if isinstance(inner, dict) and "$ref" in inner:
                yield from _rows(inner, schemas, f"{prefix}{name}{mark}")


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    bounds = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    default = [f"default {schema['default']}"] if schema.get("default") not in (None, "", {}) else []
    kind = schema.get("format") or schema.get("type") or "object"
    return ", ".join([" ".join([kind, *bounds]), *default])


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
