"""FT-09: the API keeps what its OpenAPI schema promises, whatever is sent."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.queries import known_scopes
from kolonne.portal.conftest import SYSTEM, House

PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture
def token(ours: House) -> str:
    return companies.create_api_key(actor=SYSTEM, company=ours.company, name="fuzz", scopes=known_scopes())[1]


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """Requests from outside Django's test client would close the connection that holds the test's transaction."""
    for event in (signals.request_started, signals.request_finished):
        event.disconnect(close_old_connections)
    yield
    for event in (signals.request_started, signals.request_finished):
        event.connect(close_old_connections)


@pytest.fixture
def schema(one_connection: None) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def test_the_api_keeps_its_promises(schema: schemathesis.BaseSchema, token: str, ours: House) -> None:
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) >= 6
    for operation in operations:
        throw_at(operation, token, ours.vehicle.vin, GenerationMode.POSITIVE)
        if operation.query or operation.body:
            throw_at(operation, token, ours.vehicle.vin, GenerationMode.NEGATIVE)


def throw_at(operation: Any, token: str, vin: str, mode: GenerationMode) -> None:
    """Requests that fit the schema and some that do not; every other one is about a van that exists."""

    @hypothesis.settings(
        max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True, database=None, deadline=None
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode), exists=st.booleans())
    def throw(case: schemathesis.Case[Any], exists: bool) -> None:
        if exists and "vin" in (case.path_parameters or {}):
            case.path_parameters["vin"] = vin
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=PROMISES)

    throw()
