"""What an operator types: `kolonne up`, `status`, `doctor`, `nats-config`."""

import json
import sys
from collections.abc import Iterable

import click

from kolonne import config as settings
from kolonne.config import Config, Endpoints
from kolonne.supervisor import doctor as doctors
from kolonne.supervisor import files, nats, ports, roads, secrets
from kolonne.supervisor import status as states
from kolonne.supervisor.up import Plan, our_programs, run


@click.command()
@click.option("--only-servers", is_flag=True, help="PostgreSQL, NATS and the tables, but none of our programs.")
def up(*, only_servers: bool) -> None:
    """Run the whole platform on this machine until Ctrl-C.

    Keeps everything in KOLONNE_DATA; a second start on the same directory continues where the first one stopped.
    """
    config = settings.load()
    programs, prepare = ([], None) if only_servers else (our_programs(config), roads.draw)
    run(config, Plan(programs, after_migrate=prepare, on_ready=_greeting))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(*, as_json: bool) -> None:
    """Show what runs: programs with process number, address, restarts and health.

    Exit status 0 when everything runs, 1 when something does not.
    """
    found = states.read(settings.load())
    click.echo(json.dumps(states.as_dict(found), indent=2) if as_json else states.as_text(found))
    sys.exit(0 if found.is_well else 1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(*, as_json: bool) -> None:
    """Check what Kolonne needs and say how to mend what is missing.

    Exit status 0 when nothing is missing, 1 otherwise. Changes nothing.
    """
    findings = doctors.examine(settings.load())
    click.echo(json.dumps(doctors.as_dict(findings), indent=2) if as_json else doctors.as_text(findings))
    sys.exit(0 if all(finding.is_well for finding in findings) else 1)


@click.command()
def nats_config() -> None:
    """Print the configuration for a NATS server of your own (KOLONNE_NATS_URL). It holds passwords.

    Passwords and keys are those of KOLONNE_DATA; they are made when there are none yet.
    """
    config = settings.load()
    files.make_data_directory(config.data)
    secrets.make(config)
    click.echo(nats.configuration(config, _endpoints(config)), nl=False)


def _endpoints(config: Config) -> Endpoints:
    try:
        return config.endpoints()
    except settings.ConfigError:
        return ports.choose(config)


def _greeting(config: Config, endpoints: Endpoints) -> Iterable[str]:
    yield f"ready: {config.public_url or endpoints.portal}"
    yield f"modules connect by MQTT to {endpoints.mqtt}"
    yield f"data: {config.data}; Ctrl-C stops"
