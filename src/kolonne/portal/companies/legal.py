"""What a company is by law, country by country: legal forms as data, numbers of registers and tax offices.

Numbers are checked by python-stdnum and kept in one spelling, so that equal numbers are equal texts (CO-01, CO-02).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import stdnum.de.handelsregisternummer as german_register
import stdnum.de.vat as german_vat
import stdnum.no.mva as norwegian_vat
import stdnum.no.orgnr as norwegian_register
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum.eu import vat as european_vat
from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError
from stdnum.util import get_cc_module

from kolonne.portal.lib.errors import Invalid

Words = str | Promise
MAX_REGISTER = 40
MAX_VAT = 20
_BRANCHES = {
    "Arnstadt Zweigstelle Ilmenau": "Ilmenau",
    "Pößneck Zweigstelle Bad Lobenstein": "Bad Lobenstein",
    "Rudolstadt Zweigstelle Saalfeld": "Saalfeld",
}
_COURTS = _BRANCHES | {"Ludwigshafen a.Rhein (Ludwigshafen)": "Ludwigshafen"}
"""Courts with names so long that the number would not fit beside them, and what we keep instead."""
_FOREIGN = re.compile(r"[A-Z0-9]{4,20}")


@dataclass(frozen=True)
class LegalForm:
    """One that a company of a country can have."""

    code: str
    """As stored; never changes."""
    name: Words
    register: str = ""
    """Where it stands, e.g. HRB in Germany; empty when it stands in no register."""


@dataclass(frozen=True)
class Country:
    """What is asked about a company of a market, in the words used there."""

    forms: tuple[LegalForm, ...]
    register_label: Words
    register_help: Words
    vat_label: Words
    vat_help: Words
    time_zone: str
    check_register: Callable[[str, LegalForm], str]
    """The number in the spelling that is kept. Raises ValidationError or ValueError with words for people."""
    check_vat: Callable[[str, str], str]
    """(number, register number): the same."""

    def form(self, code: str) -> LegalForm | None:
        return next((form for form in self.forms if form.code == code), None)


@dataclass(frozen=True)
class LegalData:
    """A legal form with its numbers, as they are kept."""

    legal_form: str
    register_number: str
    vat_number: str


def _norwegian_register(number: str, form: LegalForm) -> str:
    return str(norwegian_register.validate(re.sub(r"[\s.]", "", number)))


def _norwegian_vat(number: str, register: str) -> str:
    compact = str(norwegian_vat.compact(re.sub(r"[\s.]", "", number)))
    number = str(norwegian_vat.validate(compact if compact.endswith("MVA") else f"{compact}MVA"))
    if register and number != f"{register}MVA":
        raise ValueError(_("This VAT number belongs to another company: it begins with the organisation number."))
    return number


def _german_register(number: str, form: LegalForm) -> str:
    """`Hamburg HRB 12345`, whatever order and case it was typed in."""
    plain = re.sub(r"^\s*(Amtsgericht|AG)\s+", "", number, flags=re.IGNORECASE)
    plain = re.sub(r",?\s+(Amtsgericht|AG)\s+", " ", plain, flags=re.IGNORECASE)
    for long, short in _BRANCHES.items():
        if "zweigstelle" not in plain.lower():
            plain = re.sub(rf"(^|\s){short}(?=,|\s|$)", rf"\g<1>{long}", plain, flags=re.IGNORECASE)
    kept = str(german_register.validate(plain))
    court, kind, rest = re.split(rf"\s({'|'.join(german_register.REGISTRY_TYPES)})\s", kept, flags=re.IGNORECASE)
    kind = next(known for known in german_register.REGISTRY_TYPES if known.lower() == kind.lower())
    if form.register and kind != form.register:
        text = _("A company of this legal form stands under %(right)s, not under %(wrong)s. Look at an extract of it.")
        raise ValueError(text % {"right": form.register, "wrong": kind})
    return f"{_COURTS.get(court, court)} {kind} {rest.upper()}"


def _german_vat(number: str, register: str) -> str:
    return "DE" + str(german_vat.validate(number))


def _any_register(number: str, form: LegalForm) -> str:
    plain = " ".join(number.upper().split())
    if len(plain) < 2 or not plain.isprintable() or not any(sign.isdigit() for sign in plain):
        raise ValueError(_("This is no register number. Copy it as it stands in the register of your country."))
    return plain


def _vat_of(market: str) -> Callable[[str, str], str]:
    """By the rules of the country, as far as they are known."""
    prefix = {"gr": "EL"}.get(market, market.upper())

    def check(number: str, register: str) -> str:
        plain = re.sub(r"[\s.,/-]", "", number).upper()
        if market in european_vat.MEMBER_STATES:
            return str(european_vat.validate(plain if plain.startswith(prefix) else prefix + plain))
        module = get_cc_module(market, "vat")
        if module is not None:
            return str(module.validate(plain))
        if not _FOREIGN.fullmatch(plain):
            raise ValueError(_("This is no VAT number. It has 4 to 20 letters and digits."))
        return plain

    return check


_NORWAY = Country(
    forms=(
        LegalForm("as", "AS – aksjeselskap", "orgnr"),
        LegalForm("asa", "ASA – allmennaksjeselskap", "orgnr"),
        LegalForm("enk", "ENK – enkeltpersonforetak", "orgnr"),
        LegalForm("ans", "ANS – ansvarlig selskap", "orgnr"),
        LegalForm("da", "DA – selskap med delt ansvar", "orgnr"),
        LegalForm("sa", "SA – samvirkeforetak", "orgnr"),
        LegalForm("nuf", "NUF – norskregistrert utenlandsk foretak", "orgnr"),
        LegalForm("sti", "Stiftelse", "orgnr"),
        LegalForm("foren", "Forening eller lag", "orgnr"),
        LegalForm("offentlig", "Offentlig virksomhet", "orgnr"),
    ),
    register_label=gettext_lazy("Organisation number"),
    register_help=gettext_lazy("Nine digits, as in Brønnøysund, e.g. 123 456 785."),
    vat_label=gettext_lazy("VAT number"),
    vat_help=gettext_lazy("The organisation number with MVA behind it. Leave it empty if the company has none."),
    time_zone="Europe/Oslo",
    check_register=_norwegian_register,
    check_vat=_norwegian_vat,
)
_GERMANY = Country(
    forms=(
        LegalForm("gmbh", "GmbH", "HRB"),
        LegalForm("ug", "UG (haftungsbeschränkt)", "HRB"),
        LegalForm("gmbh_co_kg", "GmbH & Co. KG", "HRA"),
        LegalForm("ag", "AG", "HRB"),
        LegalForm("se", "SE", "HRB"),
        LegalForm("kgaa", "KGaA", "HRB"),
        LegalForm("ek", "e. K., e. Kfm., e. Kfr.", "HRA"),
        LegalForm("kg", "KG", "HRA"),
        LegalForm("ohg", "OHG", "HRA"),
        LegalForm("eg", "eG", "GnR"),
        LegalForm("ev", "e. V.", "VR"),
        LegalForm("partg", "PartG, PartG mbB", "PR"),
        LegalForm("gbr", "GbR"),
        LegalForm("einzel", "Einzelunternehmen, Freiberufler"),
        LegalForm("oeffentlich", "Öffentliche Einrichtung"),
    ),
    register_label=gettext_lazy("Number in the commercial register"),
    register_help=gettext_lazy(
        "Court, section and number, e.g. Hamburg HRB 12345. Empty for companies that stand in no register."
    ),
    vat_label=gettext_lazy("VAT number"),
    vat_help=gettext_lazy("DE and nine digits, e.g. DE123456788. Leave it empty if the company has none."),
    time_zone="Europe/Berlin",
    check_register=_german_register,
    check_vat=_german_vat,
)
_COUNTRIES = {"no": _NORWAY, "de": _GERMANY}
_ELSEWHERE = (
    LegalForm("limited", gettext_lazy("Limited company"), "any"),
    LegalForm("partnership", gettext_lazy("Partnership"), "any"),
    LegalForm("cooperative", gettext_lazy("Cooperative"), "any"),
    LegalForm("association", gettext_lazy("Association or foundation"), "any"),
    LegalForm("public", gettext_lazy("Public body")),
    LegalForm("sole", gettext_lazy("Sole trader")),
)
_TIME_ZONES = {
    "at": "Europe/Vienna", "be": "Europe/Brussels", "ch": "Europe/Zurich", "cz": "Europe/Prague",
    "dk": "Europe/Copenhagen", "es": "Europe/Madrid", "fi": "Europe/Helsinki", "fr": "Europe/Paris",
    "gb": "Europe/London", "ie": "Europe/Dublin", "it": "Europe/Rome", "lu": "Europe/Luxembourg",
    "nl": "Europe/Amsterdam", "pl": "Europe/Warsaw", "pt": "Europe/Lisbon", "se": "Europe/Stockholm",
}  # fmt: skip


def country(market: str) -> Country:
    """The rules of a market; of one that we have none for, those that fit everywhere."""
    return _COUNTRIES.get(market) or Country(
        forms=_ELSEWHERE,
        register_label=gettext_lazy("Register number"),
        register_help=gettext_lazy(
            "As it stands in the register of your country. Empty for companies that stand in no register."
        ),
        vat_label=gettext_lazy("VAT number"),
        vat_help=gettext_lazy("With the letters of the country in front. Leave it empty if the company has none."),
        time_zone=_TIME_ZONES.get(market, "UTC"),
        check_register=_any_register,
        check_vat=_vat_of(market),
    )


def form_name(market: str, code: str) -> str:
    """For people; empty for a company that has none yet."""
    form = country(market).form(code)
    return str(form.name) if form else ""


def checked(market: str, *, legal_form: str, register_number: str, vat_number: str) -> LegalData:
    """All three in the spelling that is kept. Raises Invalid with words for each field in the reader's language."""
    rules, errors = country(market), dict[str, str]()
    form = rules.form(legal_form)
    if form is None:
        raise Invalid("no_legal_form", "not of this country", {"legal_form": _("Choose the legal form.")})
    register = _register(rules, form, register_number, errors)
    vat = ""
    if vat_number.strip():
        try:
            vat = rules.check_vat(vat_number, register)
        except (ValidationError, ValueError) as error:
            errors["vat_number"] = _said(error, rules.vat_help)
    if len(vat) > MAX_VAT:
        errors["vat_number"] = _said(ValueError(), rules.vat_help)
    if errors:
        raise Invalid("wrong_numbers", "the numbers are not those of a company", errors)
    return LegalData(legal_form, register, vat)


def _register(rules: Country, form: LegalForm, number: str, errors: dict[str, str]) -> str:
    if not number.strip():
        if form.register:
            errors["register_number"] = _("A company of this legal form stands in a register: enter its number there.")
        return ""
    if not form.register:
        errors["register_number"] = _(
            "A company of this legal form stands in no register: leave this empty, or choose another legal form."
        )
        return ""
    try:
        found = rules.check_register(number, form)
    except (ValidationError, ValueError) as error:
        errors["register_number"] = _said(error, rules.register_help)
        return ""
    if len(found) > MAX_REGISTER:
        errors["register_number"] = _said(ValueError(), rules.register_help)
        return ""
    return found


def _said(error: Exception, remedy: Words) -> str:
    """What is wrong, and how it looks when it is right."""
    if isinstance(error, ValidationError):
        if isinstance(error, InvalidChecksum):
            return _("A digit of this number is wrong: its check digit does not fit. Compare it with your papers.")
        if isinstance(error, InvalidComponent):
            return _("This number is not known in this form. %(remedy)s") % {"remedy": remedy}
        return _("This number does not look right. %(remedy)s") % {"remedy": remedy}
    return str(error) or _("This number does not look right. %(remedy)s") % {"remedy": remedy}
