"""`kolonne module` on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kolonne.module.agent import Tally
from kolonne.module.main import module, report


@pytest.fixture
def runner(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"KOLONNE_DATA": str(tmp_path)})


def test_a_module_without_a_secret_says_how_to_enrol(runner: CliRunner) -> None:
    """NF-04"""
    result = runner.invoke(module, ["--serial", "KOL0000000000001"])
    assert result.exit_code == 1
    assert "kolonne module enrol KOL0000000000001" in result.output


def test_a_wrong_source_is_told_before_anything_starts(runner: CliRunner, tmp_path: Path) -> None:
    """NF-04"""
    paper = tmp_path / "van.json"
    words = {"serial": "KOL0000000000001", "secret": "s3cret", "broker": "127.0.0.1:1", "command_key": "ab" * 32}
    paper.write_text(json.dumps(words))
    for arguments, complaint in (
        (["--source", "flux"], "choose one of"),
        (["--source", "trace"], "needs --file"),
        (["--source", "trace", "--file", str(paper)], "names no columns"),
        (["--source", "can"], "needs --device"),
    ):
        result = runner.invoke(module, ["--enrolment", str(paper), *arguments])
        assert result.exit_code == 1
        assert complaint in result.output
        assert "s3cret" not in result.output


def test_secrets_are_no_options() -> None:
    """Everyone on a machine can read command lines."""
    assert not [option.name for option in module.params if option.name in {"secret", "password"}]


def test_the_report_tells_what_became_of_the_readings() -> None:
    assert report(Tally(readings=10, stored=7, without_wanted=3, skipped=2)) == (
        "7 readings stored, 3 without wanted signals, 2 rows skipped"
    )
    assert report(Tally(dropped=4, impossible_values=1)).endswith("1 impossible values, 4 dropped")
