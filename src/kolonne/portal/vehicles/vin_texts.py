"""The words for what a VIN says by itself."""

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kolonne.portal.vehicles.vin import LENGTH, Explained, Problem, Wrong

Fact = tuple[str, str]


def facts(explained: Explained) -> list[Fact]:
    """What is known, as label and value; only what the VIN says."""
    found = []
    if explained.maker:
        found.append((_("Maker"), explained.maker))
    if explained.country:
        found.append((_("Country of the maker's code"), country_name(explained.country)))
    if explained.model_year:
        found.append((_("Model year"), str(explained.model_year)))
    if explained.is_checked:
        found.append((_("Check digit"), _("correct")))
    return found


def summary(explained: Explained) -> str:
    """The same on one line; empty if nothing is known."""
    return " · ".join(value for _label, value in facts(explained)[:3])


def problems(explained: Explained) -> list[str]:
    """What is wrong and how to mend it, at most three at once."""
    return [of_problem(explained, wrong) for wrong in explained.wrong[:3]]


def of_problem(explained: Explained, wrong: Wrong) -> str:
    match wrong.problem:
        case Problem.LETTER:
            words = _("Character %(position)s is “%(sign)s”, which no VIN has in it: look whether it is a %(meant)s.")
        case Problem.SIGN:
            words = _("Character %(position)s is “%(sign)s”: a VIN has only digits and the letters A to Z.")
        case Problem.CHECK_DIGIT:
            words = _(
                "The check digit, character 9, does not fit the others, so at least one of them is wrong: compare them "
                "with field E of the registration document."
            )
        case Problem.LENGTH:
            words = _("“%(vin)s” has %(count)s characters, a VIN has 17: look at field E of the registration document.")
        case _:
            words = _("Type the VIN: field E of the registration document.")
    facts = {"position": wrong.position, "sign": wrong.sign, "meant": wrong.meant}
    return words % (facts | {"vin": explained.vin, "count": len(explained.vin)})


def so_far(explained: Explained) -> str:
    """For who is still typing: that the VIN is not complete is no mistake yet."""
    if len(explained.vin) >= LENGTH or not explained.vin:
        return ""
    return _("%(count)s of %(all)s characters") % {"count": len(explained.vin), "all": LENGTH}


def country_name(code: str) -> str:
    """In the reader's language."""
    locale = Locale.parse(get_language() or "en", sep="-")
    return str(locale.territories.get(code, code))
