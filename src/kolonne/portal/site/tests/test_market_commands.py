"""ID-05: `kolonne market …`, as an operator types it."""

import json

import pytest
from click.testing import CliRunner, Result

from kolonne.portal.identity.models import Market
from kolonne.portal.site.operator.markets import market

pytestmark = pytest.mark.django_db


def run(*words: str) -> Result:
    return CliRunner().invoke(market, words)


def test_markets_are_listed_made_and_changed() -> None:
    assert "Market de: warning after 60 days" in run("list").stdout
    assert run("create", "se").exit_code == 0
    periods = ("--warn-days", "30", "--lock-days", "45", "--notice-days", "100", "--delete-days", "120")
    changed = run("set", "SE", *periods, "--support-email", "hjalp@kolonne.example", "--json")
    assert json.loads(changed.stdout)["delete_days"] == 120
    assert Market.objects.get(pk="se").support_email == "hjalp@kolonne.example"
    assert len(json.loads(run("list", "--json").stdout)["markets"]) == 3


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("create", "no"), "exists already"),
        (("create", "xx"), "two letters of a country"),
        (("set", "fr", "--warn-days", "10"), "there are: de, no"),
        (("set", "no"), "see --help"),
        (("set", "no", "--warn-days", "90"), "lock_days: a number from 91"),
        (("set", "no", "--support-email", "nobody"), "name@domain"),
    ],
)
def test_a_mistake_costs_one_clear_line_and_status_2(words: tuple[str, ...], remedy: str) -> None:
    answer = run(*words)
    assert answer.exit_code == 2
    assert remedy in answer.stderr
