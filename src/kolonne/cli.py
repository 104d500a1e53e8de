"""The one command, `kolonne`: what there is, and where each command lives.

A command's module is imported only when the command is used: `kolonne module` runs on a small computer in a van
and must not load the portal, and `kolonne --help` must answer at once.
"""

import sys
from importlib import import_module
from typing import Any

import click

from kolonne import config
from kolonne.config import ConfigError


class LazyCommand(click.Command):
    """A command of which only name and summary are known until it is used."""

    def __init__(self, name: str, target: str, summary: str) -> None:
        super().__init__(name, help=summary, short_help=summary, add_help_option=False)
        self.target = target

    def load(self) -> click.Command:
        """The command itself, at `module:attribute`."""
        module, attribute = self.target.split(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.target} is not a command")
        for source, factory in SOURCES.get(self.name or "", {}).items():
            import_module("kolonne.module.sources").register(source, factory)
        if self.name in PROGRAMS:
            import_module("kolonne.logs").configure(config.load())
        return _with_visitors(self.name or "", command)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        return self.load().make_context(info_name, args, parent, **extra)


COMMANDS = (
    LazyCommand("up", "kolonne.supervisor.commands:up", "Run the whole platform on this machine."),
    LazyCommand("demo", "kolonne.supervisor.demo:demo", "Run the platform with a demonstration fleet."),
    LazyCommand("status", "kolonne.supervisor.commands:status", "Show what runs: programs, ports, health."),
    LazyCommand("doctor", "kolonne.supervisor.commands:doctor", "Say what is missing and how to mend it."),
    LazyCommand("nats-config", "kolonne.supervisor.commands:nats_config", "Print the configuration for a NATS server."),
    LazyCommand("migrate", "kolonne.portal.site.programs:migrate", "Bring the database to the state of this version."),
    LazyCommand("portal", "kolonne.portal.site.programs:portal", "Program: pages and API."),
    LazyCommand("worker", "kolonne.portal.site.programs:worker", "Program: jobs, such as mails."),
    LazyCommand("ingest", "kolonne.portal.telemetry.ingest.main:ingest", "Program: stores what modules send."),
    LazyCommand("registry", "kolonne.portal.telemetry.registry.main:registry", "Program: says who a module is."),
    LazyCommand("signer", "kolonne.portal.commands.signer.main:signer", "Program: signs commands to vans."),
    LazyCommand("module", "kolonne.module.main:module", "The communication module in a van; enrol and revoke one."),
    LazyCommand("simulate", "kolonne.simulator.main:simulate", "Vans that speak the real protocol."),
    LazyCommand("bench", "kolonne.bench.main:bench", "Measure, beside the limit of this machine."),
    LazyCommand("market", "kolonne.portal.site.operator.markets:market", "Markets: periods and support of a country."),
    LazyCommand("company", "kolonne.portal.site.operator.companies:company", "Companies."),
    LazyCommand("user", "kolonne.portal.site.operator.people:user", "People and their roles."),
    LazyCommand("vehicle", "kolonne.portal.site.operator.vehicles:vehicle", "Vehicles."),
    LazyCommand("service", "kolonne.portal.site.operator.services:service", "Products of a vehicle: assign and end."),
    LazyCommand("invoices", "kolonne.portal.site.operator.invoices:invoices", "Invoice data of all companies."),
    LazyCommand("application", "kolonne.portal.site.operator.applications:application", "Applications of others."),
    LazyCommand("catalogue", "kolonne.portal.site.operator.catalogue:catalogue", "Products, prices and terms: check."),
    LazyCommand("apikey", "kolonne.portal.site.operator.keys:apikey", "Keys for the REST API."),
)

VISITORS = {
    "module": (
        LazyCommand("claim", "kolonne.portal.site.operator.modules:claim", "Make a code that lets one device in."),
        LazyCommand(
            "enrol", "kolonne.portal.site.operator.modules:enrol", "Make a module known and print its secret once."
        ),
        LazyCommand(
            "revoke", "kolonne.portal.site.operator.modules:revoke", "Lock a module out, at once and for good."
        ),
        LazyCommand("provider", "kolonne.portal.site.operator.modules:provider", "Say whose SIM card a module has."),
    )
}
"""Subcommands that need the portal, in a group that lives elsewhere because it must not."""

PROGRAMS = {"ingest", "registry", "signer", "simulate"}
"""They log in our way; the portal and the worker do when Django is set up."""

SOURCES = {
    "module": {
        "roads": "kolonne.simulator.feeds:open_roads",
        "scenario": "kolonne.simulator.feeds:open_scenario",
    }
}
"""Where readings can come from besides: these lie above the module, which must not import them."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="kolonne")
def root() -> None:
    """Kolonne: an open, self-hosted platform for connected vans.

    Settings are environment variables that begin with KOLONNE_; docs/reference/settings.md lists them.
    """


for _command in COMMANDS:
    root.add_command(_command)


def main() -> None:
    """Runs the command line. A mistake in the settings costs one clear line and exit status 2."""
    try:
        root.main(prog_name="kolonne")
    except ConfigError as error:
        click.echo(f"kolonne: {error}", err=True)
        sys.exit(2)


def _with_visitors(name: str, command: click.Command) -> click.Command:
    if isinstance(command, click.Group):
        for visitor in VISITORS.get(name, ()):
            command.add_command(visitor)
    return command
