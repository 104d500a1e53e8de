"""The words for files with vans: why one cannot be read, and what is wrong with a line and how to mend it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolonne.portal.vehicles import vin_texts
from kolonne.portal.vehicles.csv_import import MAX_BYTES, MAX_LINES
from kolonne.portal.vehicles.vin import Explained, Wrong, normalised
from kolonne.portal.vehicles.vin import Problem as VinProblem

COLUMNS = {
    "vin": gettext_lazy("VIN"),
    "plate": gettext_lazy("Number plate"),
    "name": gettext_lazy("Name"),
    "make": gettext_lazy("Make"),
    "model": gettext_lazy("Model"),
    "model_year": gettext_lazy("Model year"),
    "drive": gettext_lazy("Drive"),
    "": gettext_lazy("Line"),
}
_FILES = {
    "too_large": gettext_lazy("The file is larger than %(megabytes)s MB. Divide it into several files."),
    "too_many_lines": gettext_lazy("The file has more than %(lines)s vans. Divide it into several files."),
    "spreadsheet": gettext_lazy("This is no CSV file. In your spreadsheet choose “Save as” and then CSV."),
    "not_text": gettext_lazy("This is no text file. In your spreadsheet choose “Save as” and then CSV."),
    "empty": gettext_lazy("The file is empty. The template shows what it needs."),
    "no_vans": gettext_lazy("The file has headings, but no vans below them."),
    "no_vin": gettext_lazy(
        "The first line has no heading “VIN”. Name the columns in the first line, as in the template."
    ),
    "twice": gettext_lazy("The column “%(column)s” is there twice. Remove one of the two."),
    "broken": gettext_lazy(
        "From line %(line)s on the file cannot be read: probably a quotation mark is not closed there."
    ),
    "too_many_files": gettext_lazy("Your company brought too many files within an hour. Try again in an hour."),
    "import_running": gettext_lazy("Another file of your company is being worked off. Begin this one when it is done."),
}
_LINES = {
    "twin": gettext_lazy("Line %(line)s has the same VIN and was taken. Remove one of the two lines."),
    "example": gettext_lazy("This is the example of the template. Remove the line."),
    "taken": gettext_lazy(
        "This VIN is in use in Kolonne already. If the van is yours, add it singly: the page shows ways to get it."
    ),
    "later": gettext_lazy(
        "Could not be checked today, because too many VINs of today are in use elsewhere. Bring the same file again "
        "tomorrow: vans that are there already stay as they are."
    ),
    "too_long": gettext_lazy("%(count)s characters: shorten it to %(most)s."),
    "year": gettext_lazy("Write a year from %(first)s to %(newest)s with four digits, or leave it empty."),
    "drive": gettext_lazy("Write electric, diesel, petrol or hybrid."),
    "line_break": gettext_lazy("There is a line break in it: look for a quotation mark that is not closed."),
    "columns": gettext_lazy(
        "The line has %(found)s columns, the headings are %(count)s: put values with a comma or semicolon in quotation "
        "marks."
    ),
}


def of_file(code: str, facts: dict[str, Any]) -> str:
    """Why a file cannot be taken, and what to do."""
    known = {"megabytes": MAX_BYTES // 1_000_000, "lines": MAX_LINES} | facts
    if "column" in known:
        known["column"] = COLUMNS.get(known["column"], known["column"])
    return str(_FILES[code]) % known


def of_line(problem: dict[str, Any]) -> str:
    """What to do about one value."""
    code, facts = str(problem["code"]), dict[str, Any](problem["facts"])
    if code in _LINES:
        return str(_LINES[code]) % facts
    explained = Explained(normalised(problem["value"]), ())
    wrong = Wrong(VinProblem(code), facts.get("position", 0), facts.get("sign", ""), facts.get("meant", ""))
    return vin_texts.of_problem(explained, wrong)


def report_headings() -> list[str]:
    return [_("Line"), _("VIN"), _("Column"), _("Value"), _("What to do")]
