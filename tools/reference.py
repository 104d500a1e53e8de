"""Writes the reference pages that the code itself knows: settings, command line and REST API. `check` compares only."""

import sys
from pathlib import Path

import click
import django

from kolonne.cli import root
from kolonne.config import PREFIX, VARIABLES

PAGES = Path(__file__).resolve().parent.parent / "docs" / "reference"
WIDTH = 100


def settings() -> str:
    """All environment variables."""
    lines = [
        "# Settings",
        "",
        "Kolonne reads its settings from the environment, once, when a program starts. A variable that begins with",
        f"`{PREFIX}` and is not listed here is refused. Each one can also be read from a file: `{PREFIX}X_FILE`",
        f"names the file that holds `{PREFIX}X`, which keeps secrets out of process lists.",
        "",
        "This page is written by `make reference`.",
        "",
    ]
    for variable in VARIABLES:
        default = f" Default: `{variable.default}`." if variable.default else ""
        lines += [f"## `{PREFIX}{variable.name}`", "", variable.help + default, ""]
    return "\n".join(lines)


def command_line() -> str:
    """What `--help` says, for every command and subcommand."""
    lines = [
        "# Command line",
        "",
        "What `kolonne` and its commands say about themselves. Written by `make reference`.",
        "",
    ]
    for path, text in _helps(root, ("kolonne",), None):
        lines += [f"## `{' '.join(path)}`", "", "```text", text.rstrip(), "```", ""]
    return "\n".join(lines)


def api() -> str:
    """Every address of the REST API."""
    django.setup()
    from kolonne.portal.site import api_reference  # noqa: PLC0415  # needs Django

    return api_reference.page()


def _helps(
    command: click.Command, path: tuple[str, ...], parent: click.Context | None
) -> list[tuple[tuple[str, ...], str]]:
    loaded = command.load() if hasattr(command, "load") else command
    options = ["-h", "--help"] if parent is None else None  # as in cli.py; subcommands inherit it
    context = click.Context(
        loaded, parent, path[-1], terminal_width=WIDTH, max_content_width=WIDTH, help_option_names=options
    )
    found = [(path, loaded.get_help(context))]
    if isinstance(loaded, click.Group):
        for name in loaded.list_commands(context):
            found += _helps(loaded.commands[name], (*path, name), context)
    return found


def main(*, only_check: bool) -> int:
    """Exit status 1 when a page is not what the code says."""
    stale = 0
    for name, text in {"settings.md": settings(), "cli.md": command_line(), "api.md": api()}.items():
        page = PAGES / name
        if only_check and (not page.exists() or page.read_text(encoding="utf-8") != text):
            print(f"docs/reference/{name} is not what the code says: run `make reference`")
            stale = 1
        elif not only_check:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(only_check=sys.argv[1:] == ["check"]))
