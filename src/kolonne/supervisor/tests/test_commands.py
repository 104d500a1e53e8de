"""What an operator types, as a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from kolonne.supervisor import files, secrets


def kolonne(*arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "kolonne", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_unknown_setting_is_refused_by_name(own_data):
    """NF-04"""
    result = kolonne("up", KOLONNE_PROT="8000")
    assert result.returncode == 2
    assert result.stderr.startswith("kolonne: KOLONNE_PROT is not a setting of Kolonne")
    assert result.stderr.count("\n") == 1
    assert not own_data.data.exists(), "nothing is half-made"


def test_a_malformed_setting_is_refused_with_value_and_remedy(own_data):
    """NF-04"""
    result = kolonne("up", KOLONNE_PORT="eighty")
    assert result.returncode == 2
    assert result.stderr == "kolonne: KOLONNE_PORT='eighty' is not a port: give a number from 0 to 65535\n"


def test_the_help_names_every_command_without_loading_the_portal():
    code = "import sys; from kolonne.cli import root; root.main(['--help'], standalone_mode=False); print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for command in ("up", "demo", "status", "doctor", "module", "vehicle"):
        assert f"\n  {command} " in printed
    assert not {"django", "psycopg", "nats", "kolonne.supervisor"} & set(printed.split())


def test_status_of_a_platform_that_does_not_run_says_so(own_data):
    result = kolonne("status")
    assert result.returncode == 1
    assert "nothing runs" in result.stdout
    assert json.loads(kolonne("status", "--json").stdout)["is_well"] is False


def test_status_shows_programs_addresses_and_health(start, own_data):
    start().wait_ready()
    result = kolonne("status", "--json")
    assert result.returncode == 0, result.stdout
    found = json.loads(result.stdout)
    assert [program["name"] for program in found["programs"]] == ["postgres", "nats", "sleeper"]
    assert all(program["is_well"] and program["pid"] for program in found["programs"])
    assert f"127.0.0.1:{own_data.endpoints().postgres_port}" == found["programs"][0]["address"]


def test_the_doctor_finds_nothing_wrong_before_the_first_start(own_data):
    result = kolonne("doctor", "--json")
    wrong = [finding for finding in json.loads(result.stdout)["findings"] if not finding["is_well"]]
    assert [finding["name"] for finding in wrong if finding["name"] != "node_modules"] == []


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(own_data):
    files.make_data_directory(own_data.data)
    secrets.make(own_data)
    (own_data.secrets / "nats-issuer").chmod(0o644)
    result = kolonne("doctor")
    assert result.returncode == 1
    assert "nats-issuer may be read by others" in result.stdout
    assert "`kolonne up` mends them" in result.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL another user")
def test_a_data_directory_that_postgres_cannot_reach_is_named_with_the_remedy(own_data):
    """NF-04"""
    closed = own_data.data.parent / "closed"
    closed.mkdir(mode=0o700)
    result = kolonne("up", KOLONNE_DATA=str(closed / "kolonne"))
    assert result.returncode == 2
    assert f"`chmod o+x {closed}`" in result.stderr


def test_the_nats_configuration_can_be_had_for_a_server_of_ones_own(own_data):
    printed = kolonne("nats-config", KOLONNE_NATS_URL="nats://127.0.0.1:4300").stdout
    assert 'listen: "127.0.0.1:4300"' in printed
    assert "auth_callout" in printed
