"""`kolonne service …`."""

import click

from kolonne.portal.site.operator.base import OPERATOR, Result, operator_command, van_of


@click.group()
def service() -> None:
    """Products on vans: what is assigned is collected, and nothing else."""


@service.command("assign")
@click.argument("vin")
@click.argument("product")
@operator_command("{vin} has {product} now.")
def assign(vin: str, product: str) -> Result:
    """Put a product on a van."""
    from kolonne.portal.commerce import actions

    found = van_of(vin)
    actions.assign_product(actor=OPERATOR, vehicle=found, product=product)
    return {"vin": found.vin, "product": product}


@service.command("end")
@click.argument("vin")
@click.argument("product")
@operator_command("{vin} does not have {product} any more.")
def end(vin: str, product: str) -> Result:
    """End a product on a van."""
    from kolonne.portal.commerce import actions

    found = van_of(vin)
    actions.end_product(actor=OPERATOR, vehicle=found, product=product)
    return {"vin": found.vin, "product": product}
