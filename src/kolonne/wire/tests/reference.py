"""The generated tables of `docs/reference/wire.md`: `python -m kolonne.wire.tests.reference` writes them anew."""

from pathlib import Path

from kolonne.wire.commands import KINDS, REASONS, Argument, CommandKind
from kolonne.wire.signals import Signal, catalogue

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "wire.md"


def signal_table() -> str:
    """One table per service group."""
    groups: dict[str, list[Signal]] = {}
    for signal in catalogue().values():
        groups.setdefault(signal.group, []).append(signal)
    return "\n\n".join(_group(name, signals) for name, signals in groups.items())


def command_table() -> str:
    rows = [_command(kind) for kind in KINDS.values()]
    head = "| command | arguments | seconds to live | needs | confirmed by |\n|---|---|---|---|---|"
    return "\n".join([head, *rows])


def reason_table() -> str:
    rows = [f"| `{code}` | {text} |" for code, text in REASONS.items()]
    return "\n".join(["| code | meaning |\n|---|---|", *rows])


TABLES = {"signals": signal_table, "commands": command_table, "reasons": reason_table}


def generated(page: str) -> str:
    """The page with every table between its markers as it should be."""
    for name, table in TABLES.items():
        before, rest = page.split(f"<!-- {name}: generated -->\n")
        after = rest.partition(f"<!-- {name}: end -->")[2]
        page = f"{before}<!-- {name}: generated -->\n\n{table()}\n\n<!-- {name}: end -->{after}"
    return page


def _group(name: str, signals: list[Signal]) -> str:
    head = f"### {name.capitalize()}\n\n| name | path | type | unit | values | privacy | keep | event |\n|{'---|' * 8}"
    return "\n".join([head, *map(_signal, signals)])


def _signal(signal: Signal) -> str:
    bounds = f"{signal.minimum:.10g} … {signal.maximum:.10g}" if signal.minimum is not None else ""
    values = bounds or ", ".join(f"`{value}`" for value in sorted(signal.allowed))
    cells = (
        f"`{signal.name}`",
        f"`{signal.path}`",
        signal.kind,
        signal.unit,
        values,
        signal.privacy,
        str(signal.keep),
        "yes" if signal.event else "",
    )
    return f"| {' | '.join(cells)} |"


def _command(kind: CommandKind) -> str:
    arguments = ", ".join(_argument(name, argument) for name, argument in kind.arguments.items())
    needs = ", ".join(word for word, needed in (("PIN", kind.needs_pin), ("standstill", kind.standstill)) if needed)
    confirm = ", ".join(f"`{name}` = {str(value).lower()}" for name, value in kind.confirm.items())
    return f"| `{kind.name}` | {arguments} | {kind.seconds_to_live} | {needs} | {confirm} |"


def _argument(name: str, argument: Argument) -> str:
    unit = " characters" if argument.kind == "text" else ""
    optional = "" if argument.required else ", optional"
    return f"`{name}` ({argument.minimum:g} … {argument.maximum:g}{unit}{optional})"


if __name__ == "__main__":
    PAGE.write_text(generated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
