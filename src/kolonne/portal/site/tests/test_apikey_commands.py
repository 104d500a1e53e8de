"""FT-09: `kolonne apikey …`, as an operator types it."""

import json

import pytest
from click.testing import CliRunner, Result
from django.test import Client

from kolonne.portal.conftest import House
from kolonne.portal.site.operator.keys import apikey

pytestmark = pytest.mark.django_db


def run(house: House, *words: str) -> Result:
    return CliRunner().invoke(apikey, [*words, "--company", house.company.name])


def test_a_key_that_leaked_opens_nothing_once_it_is_revoked(ours: House) -> None:
    key = json.loads(run(ours, "create", "--scope", "vehicles:read", "--json").stdout)["key"]
    headers = {"Authorization": f"Bearer {key}"}
    assert Client().get("/api/v1/vehicles", headers=headers).status_code == 200
    assert "in use" in run(ours, "list").stdout
    (known,) = json.loads(run(ours, "list", "--json").stdout)["keys"]
    assert key.startswith(known["prefix"])
    assert key not in run(ours, "list", "--json").stdout
    assert run(ours, "revoke", known["prefix"]).exit_code == 0
    assert Client().get("/api/v1/vehicles", headers=headers).status_code == 401
    assert "revoked" in run(ours, "list").stdout


def test_mistakes_cost_one_clear_line_and_status_2(ours: House, theirs: House) -> None:
    assert run(ours, "list").stdout == "No API keys.\n"
    key = json.loads(run(theirs, "create", "--scope", "vehicles:read", "--json").stdout)["key"]
    refused = run(ours, "revoke", key[:10])
    assert (refused.exit_code, "key" in refused.stderr) == (2, True)
    assert run(theirs, "revoke", key[:10]).exit_code == 0
    again = run(theirs, "revoke", key[:10])
    assert (again.exit_code, "revoked already" in again.stderr) == (2, True)
