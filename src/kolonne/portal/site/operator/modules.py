"""`kolonne module …`, as far as it needs the portal: who is let in, and with whose SIM card."""

from typing import TYPE_CHECKING

import click

from kolonne import config
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.site.operator.base import OPERATOR, Result, operator_command, van_of

if TYPE_CHECKING:
    from kolonne.portal.vehicles.models import Module


@click.command("enrol")
@click.argument("serial")
@click.option("--vin", required=True, help="The van in which the module sits.")
@click.option("--beside", is_flag=True, help="The van has a module already: this one provides what that one does not.")
@operator_command(
    "Module {serial} speaks for {vin}. Its secret, shown this once:\n{secret}\n"
    "Broker: {broker}\nKey of the command signer: {command_key}"
)
def enrol(serial: str, vin: str, *, beside: bool) -> Result:
    """Enrol a communication module; prints its secret once."""
    from kolonne.portal.vehicles import actions

    found = van_of(vin)
    made, secret = actions.enrol_module(actor=OPERATOR, vehicle=found, serial=serial, rank=None if beside else 0)
    configuration = config.load()
    return {
        "serial": made.serial,
        "vin": found.vin,
        "secret": secret,
        "broker": configuration.endpoints().mqtt,
        "command_key": configuration.secret("signer-public"),
    }


@click.command("claim")
@click.argument("vin")
@operator_command(
    "One device can become a module of {vin}, until {expires_at}. On the device:\n"
    "kolonne module --serial SERIAL --platform {platform} --claim {code}"
)
def claim(vin: str) -> Result:
    """Make a code by which one device becomes a module of a van; prints it once."""
    from kolonne.portal.vehicles import actions

    found = van_of(vin)
    made, code = actions.make_module_claim(actor=OPERATOR, vehicle=found)
    configuration = config.load()
    return {
        "vin": found.vin,
        "code": code,
        "expires_at": made.expires_at.isoformat(timespec="minutes"),
        "platform": configuration.public_url or configuration.endpoints().portal,
    }


@click.command("revoke")
@click.argument("serial")
@operator_command("Module {serial} is revoked and cut off.")
def revoke(serial: str) -> Result:
    """Revoke a communication module: it is cut off at once and never let in again."""
    from kolonne.portal.vehicles import actions

    actions.revoke_module(actor=OPERATOR, module=_latest(serial))
    return {"serial": serial}


@click.command("provider")
@click.argument("serial")
@click.argument("code", default="")
@operator_command("Module {serial} has a SIM card of: {provider}")
def provider(serial: str, code: str) -> Result:
    """Say whose SIM card a module has, in the words of KOLONNE_PROVIDERS; without CODE it has no policy abroad."""
    from kolonne.portal.commerce import actions

    actions.set_provider(actor=OPERATOR, module=_latest(serial), provider=code)
    return {"serial": serial, "provider": code}


def _latest(serial: str) -> "Module":
    """The newest row of a device. Raises NotFound."""
    from kolonne.portal.vehicles.models import Module

    found = Module.objects.filter(serial=serial).order_by("-pk").first()
    if found is None:
        raise NotFound(f"module {serial}")
    return found
