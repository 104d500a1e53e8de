"""`kolonne vehicle …`."""

from datetime import UTC, datetime

import click

from kolonne.portal.site.operator.base import OPERATOR, Result, company_called, operator_command, van_of


@click.group()
def vehicle() -> None:
    """Vans."""


@vehicle.command("add")
@click.argument("vin")
@click.option("--company", "company_name", required=True, help="Name of the company.")
@click.option("--plate", default="", help="Number plate.")
@click.option("--name", default="", help="What people call the van.")
@click.option("--drive", default="electric", help="electric, diesel, petrol or hybrid.")
@operator_command("Van {vin} was added to {company}.")
def add_vehicle(vin: str, company_name: str, plate: str, name: str, drive: str) -> Result:
    """Add a van to a company."""
    from kolonne.portal.vehicles import actions

    owner = company_called(company_name)
    data = actions.VehicleData(plate=plate, name=name, drive=drive)
    made = actions.add_vehicle(actor=OPERATOR, company=owner, vin=vin, data=data)
    return {"id": made.pk, "vin": made.vin, "company": owner.name}


@vehicle.command("since")
@click.argument("vin")
@click.argument("moment", metavar="DATE", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]))
@operator_command("Readings of {vin} count since {since}, for all that its products collect today.")
def admit_past(vin: str, moment: datetime) -> Result:
    """Let recordings from before a van was added count, since DATE (UTC): they are refused otherwise."""
    from kolonne.portal.commerce import actions

    found, since = van_of(vin), moment.replace(tzinfo=UTC)
    actions.admit_past(actor=OPERATOR, vehicle=found, since=since)
    return {"vin": found.vin, "since": since.isoformat(timespec="minutes")}


@vehicle.command("remove")
@click.argument("vin")
@operator_command("{vin} was removed; its modules are told to forget what they have.")
def remove_vehicle(vin: str) -> Result:
    """Remove a van from its company: services end, and its VIN is free for others."""
    from kolonne.portal.vehicles import actions

    found = van_of(vin)
    actions.remove_vehicle(actor=OPERATOR, vehicle=found)
    return {"vin": found.vin}
