"""Why the platform cannot start; each text says how to mend it."""

from typing import IO, Any

import click


class StartError(click.ClickException):
    """Printed by the command line as one line; exit status 2, as for a wrong setting."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"kolonne: {self.message}", file=file, err=file is None)
