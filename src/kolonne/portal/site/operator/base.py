"""How a command of the operator runs, and how it finds what it names.

Every command prints one sentence, or with `--json` one object. A refusal goes to standard error with its remedy and
ends with status 2.
"""

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, KolonneError, NotFound
from kolonne.portal.site.programs import setup_django

if TYPE_CHECKING:
    from kolonne.portal.companies.models import Company
    from kolonne.portal.vehicles.models import Vehicle

Result = dict[str, Any]

OPERATOR = Actor.system("operator's command line")


def operator_command(sentence: str) -> Callable[[Callable[..., Result]], Callable[..., None]]:
    """Runs a command with Django set up and every company in scope, and prints its result."""

    def decorate(command: Callable[..., Result]) -> Callable[..., None]:
        @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
        @functools.wraps(command)
        def run(*, as_json: bool, **arguments: Any) -> None:
            setup_django()
            with _refusals_as_text(), _every_company():
                result = command(**arguments)
            click.echo(json.dumps(result) if as_json else sentence.format(**result))

        return run

    return decorate


@contextmanager
def _refusals_as_text() -> Iterator[None]:
    try:
        yield
    except KolonneError as error:
        remedies = error.errors if isinstance(error, Invalid) else {}
        lines = [f"Refused: {error.text}", *(f"  {field}: {remedy}" for field, remedy in remedies.items())]
        click.echo("\n".join(lines), err=True)
        sys.exit(2)


@contextmanager
def _every_company() -> Iterator[None]:
    from kolonne.portal.lib.scope import all_companies, company_scope

    with company_scope(all_companies()):
        yield


def company_called(name: str) -> "Company":
    """Raises NotFound, Conflict where several have this name."""
    from kolonne.portal.companies.models import Company

    found = list(Company.objects.filter(name=name)[:2])
    if not found:
        known = ", ".join(Company.objects.order_by("name").values_list("name", flat=True)[:10]) or "none yet"
        raise NotFound(f"company {name} (there are: {known})")
    if len(found) > 1:
        raise Conflict("ambiguous", f"several companies are called {name}")
    return found[0]


def van_of(vin: str) -> "Vehicle":
    """Raises NotFound."""
    from kolonne.portal.vehicles.models import Vehicle

    found = Vehicle.objects.filter(vin=vin.upper()).first()
    if found is None:
        raise NotFound(f"van {vin}")
    return found


def words(values: tuple[str, ...]) -> list[str]:
    """`--scope a --scope b` and `--scope a,b` mean the same."""
    return [word for value in values for word in value.replace(",", " ").split()]
