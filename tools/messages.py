"""Translations of everything that people read: `messages.py update | check | compile`.

`update` takes new words from the code and the templates into the catalogues; `check` fails when a word is missing,
uncertain or no longer used; `compile` writes the binary catalogues that Django reads. It needs no GNU gettext.
"""

import os
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import django
from babel.messages import Catalog, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PORTAL = ROOT / "src" / "kolonne" / "portal"
LOCALES = PORTAL / "locale"
SOURCE = "en"
TRANSLATED = ("de", "nb")
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def extracted() -> Catalog:
    """All words in the code and templates of the portal, in a stable order."""
    catalog = Catalog(project="Kolonne", charset="utf-8", fuzzy=False)
    templates = (file for kind in ("html", "txt") for file in sorted(PORTAL.rglob(f"templates/**/*.{kind}")))
    for file in [*sorted(PORTAL.rglob("*.py")), *templates]:
        if "tests" in file.parts or "migrations" in file.parts:
            continue
        for message, context, comments in _messages(file):
            catalog.add(message, context=context, auto_comments=comments, locations=[(_name(file), 0)])
    return catalog


def _messages(file: Path) -> Iterator[tuple[str | tuple[str, ...], str | None, list[str]]]:
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        # What is left of the markup looks like indented code to Python's tokenizer.
        text = "\n".join(line.lstrip() for line in templatize(text, origin=str(file)).splitlines())
    for _line, message, comments, context in extract.extract("python", BytesIO(text.encode()), KEYWORDS):
        yield message, context, comments


def _name(file: Path) -> str:
    return file.relative_to(PORTAL).as_posix()


def catalogue_path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The catalogue of a language as it is in the tree; empty if there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project="Kolonne", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> int:
    """Takes over new words and drops those that are gone; a translation is never guessed from a similar word."""
    template = extracted()
    for language in (SOURCE, *TRANSLATED):
        catalog = read(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy = False
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=120, sort_output=True, omit_header=False, include_lineno=False)
        _steady_header(path)
        print(f"{path.relative_to(ROOT)}: {len(catalog)} messages, {sum(1 for _ in missing(catalog))} to translate")
    return 0


def _steady_header(path: Path) -> None:
    """Dates and tool versions would change the file at every run."""
    volatile = (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid-Bugs-To",
        "Project-Id-Version",
    )
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(tuple(f'"{word}' for word in volatile))]
    path.write_text("".join(line for line in kept if not line.startswith("# ")), encoding="utf-8")


def missing(catalog: Catalog) -> Iterator[str]:
    """Words without a translation, or with one that somebody should look at."""
    for message in catalog:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or not all(forms):
            yield message.id if isinstance(message.id, str) else message.id[0]


def check() -> int:
    """Complains about every word that is missing, uncertain, or not used any more."""
    wanted = {(message.id, message.context) for message in extracted() if message.id}
    complaints = []
    for language in TRANSLATED:
        catalog = read(language)
        known = {(message.id, message.context) for message in catalog if message.id}
        complaints += [f"{language}: not in the catalogue: {_shown(entry)}" for entry in wanted - known]
        complaints += [f"{language}: not used any more: {_shown(entry)}" for entry in known - wanted]
        complaints += [f"{language}: not translated: {message!r}" for message in missing(catalog)]
        complaints += [f"{language}: {problem}" for problem in _wrong_placeholders(catalog)]
    for complaint in sorted(complaints):
        print(complaint)
    if complaints:
        print(f"{len(complaints)} complaints: run `python tools/messages.py update` and translate")
    return 1 if complaints else 0


def _wrong_placeholders(catalog: Catalog) -> Iterator[str]:
    """Translations that lack a `{name}` of their original; `%(name)s` is Babel's own check."""
    for message in catalog:
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string:
            lost = [part for part in _braces(message.id) if part not in message.string]
            if lost:
                yield f"{message.id!r} lost {', '.join(lost)}"
        for error in message.check(catalog):
            yield f"{message.id!r}: {error}"


def _braces(text: str) -> list[str]:
    return ["{" + part.split("}")[0] + "}" for part in text.split("{")[1:] if "}" in part]


def _shown(entry: tuple[object, str | None]) -> str:
    message, context = entry
    return f"{message!r} ({context})" if context else repr(message)


def compile_catalogues() -> int:
    """Writes `.mo` files beside the catalogues."""
    for language in (SOURCE, *TRANSLATED):
        with catalogue_path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, read(language))
    return 0


def main(arguments: list[str]) -> int:
    """The exit status: 1 if `check` complains, 2 if the word is none of ours."""
    commands = {"update": update, "check": check, "compile": compile_catalogues}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__)
        return 2
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    settings.configure(USE_I18N=False)
    django.setup()
    return commands[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
