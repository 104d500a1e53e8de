"""The portal's programs: `kolonne migrate`, `kolonne portal`, `kolonne worker`."""

import os
from urllib.parse import urlsplit

import click

from kolonne import config
from kolonne.portal.site import database


def setup_django(role: str = "kolonne_app") -> None:
    """Loads Django for a program or a command, connected as `role`."""
    database.use(as_role=role)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolonne.portal.site.settings")
    import django  # noqa: PLC0415  # the role must be chosen before Django reads its settings

    django.setup()


@click.command()
def migrate() -> None:
    """Bring the database up to this version."""
    setup_django("kolonne_owner")
    from django.core.management import call_command  # noqa: PLC0415  # needs Django to be set up

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    click.echo("The database is up to date.")


@click.command()
def portal() -> None:
    """Serve pages, the REST API and live streams."""
    from granian.constants import Interfaces, Loops  # noqa: PLC0415  # the command line must start quickly
    from granian.server import Server  # noqa: PLC0415

    configuration = config.load()
    address = urlsplit(configuration.endpoints().portal)
    Server(
        "kolonne.portal.site.asgi:application",
        address=address.hostname or configuration.host,
        port=address.port or configuration.port,
        interface=Interfaces.ASGINL,  # neither Django nor the live hub has a lifespan
        loop=Loops.uvloop,
        workers=1,
        process_name="kolonne-portal",
        log_access=False,
        websockets=False,
        respawn_failed_workers=True,
    ).serve()


@click.command()
def worker() -> None:
    """Run jobs: what actions enqueued, and what the clock asks for."""
    setup_django()
    from django.core.management import call_command  # noqa: PLC0415  # needs Django to be set up

    # A job that is done is gone with its arguments, among them addresses that somebody typed.
    call_command("procrastinate", "worker", "--delete-jobs", "successful", verbosity=0)
