"""CO-01: numbers of registers and tax offices, as people write them and as they are kept."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from stdnum.de.handelsregisternummer import GERMAN_COURTS

from kolonne.portal.companies import legal
from kolonne.portal.companies.models import Company, CompanyVersion
from kolonne.portal.lib.errors import Invalid

MARKETS = ("no", "de", "se", "at", "gr", "ch", "us", "zz")
TYPED = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"[A-Za-z. ()]{0,20} ?(HRA|HRB|hrb|VR|GnR|PR) ?[0-9]{1,7} ?[A-Za-z]{0,3}", fullmatch=True),
    st.from_regex(r"(NO|DE|SE|ATU|EL)?[ .]?[0-9]{8,12}( ?MVA)?", fullmatch=True),
)


def checked(market: str, form: str, register: str = "", vat: str = "") -> legal.LegalData:
    return legal.checked(market, legal_form=form, register_number=register, vat_number=vat)


def errors(market: str, form: str, register: str = "", vat: str = "") -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        checked(market, form, register, vat)
    return caught.value.errors


@pytest.mark.parametrize(
    ("market", "form", "typed", "kept"),
    [
        ("no", "as", "123 456 785", "123456785"),
        ("no", "enk", "123.456.785", "123456785"),
        ("de", "gmbh", "hamburg hrb 12345", "Hamburg HRB 12345"),
        ("de", "gmbh", "HRB 12345 b, Amtsgericht Charlottenburg", "Berlin (Charlottenburg) HRB 12345 B"),
        ("de", "ev", "Amtsgericht München VR 77", "München VR 77"),
        ("de", "eg", "Köln gnr 9", "Köln GnR 9"),
        ("de", "kg", "Ludwigshafen am Rhein HRA 60000", "Ludwigshafen HRA 60000"),
        ("de", "gbr", "", ""),
        ("se", "limited", "556000-4615", "556000-4615"),
        ("us", "sole", "", ""),
    ],
)
def test_a_register_number_is_kept_in_one_spelling(market: str, form: str, typed: str, kept: str) -> None:
    assert checked(market, form, typed).register_number == kept


@pytest.mark.parametrize(
    ("market", "form", "register", "typed", "kept"),
    [
        ("no", "as", "123456785", "NO 123 456 785 MVA", "123456785MVA"),
        ("no", "as", "123456785", "123456785", "123456785MVA"),
        ("no", "as", "123456785", "", ""),
        ("de", "gbr", "", "de 123 456 788", "DE123456788"),
        ("se", "limited", "556000-4615", "556000461501", "SE556000461501"),
        ("at", "limited", "FN 1234 x", "atu13585627", "ATU13585627"),
        ("gr", "sole", "", "094259216", "EL094259216"),
    ],
)
def test_a_vat_number_is_kept_in_one_spelling(market: str, form: str, register: str, typed: str, kept: str) -> None:
    assert checked(market, form, register, typed).vat_number == kept


@pytest.mark.parametrize(
    ("market", "form", "register", "vat", "field", "words"),
    [
        ("no", "as", "", "", "register_number", "stands in a register"),
        ("no", "as", "123456786", "", "register_number", "check digit"),
        ("no", "as", "12345", "", "register_number", "Nine digits"),
        ("no", "as", "123456785", "995525828MVA", "vat_number", "another company"),
        ("no", "gmbh", "123456785", "", "legal_form", "Choose"),
        ("de", "gmbh", "HRB 12345", "", "register_number", "Hamburg HRB 12345"),
        ("de", "gmbh", "Entenhausen HRB 1", "", "register_number", "Hamburg HRB 12345"),
        ("de", "gmbh", "Hamburg HRA 12345", "", "register_number", "HRB, not under HRA"),
        ("de", "gbr", "Hamburg HRA 12345", "", "register_number", "in no register"),
        ("de", "gbr", "", "DE123456789", "vat_number", "check digit"),
        ("de", "gbr", "", "FR123", "vat_number", "DE and nine digits"),
        ("at", "limited", "none", "", "register_number", "as it stands"),
        ("at", "sole", "", "DE123456788", "vat_number", "letters of the country"),
        ("us", "sole", "", "!", "vat_number", "VAT number"),
    ],
)
def test_a_wrong_number_is_named_with_its_remedy(  # a table
    market: str, form: str, register: str, vat: str, field: str, words: str
) -> None:
    with translation.override("en"):
        found = errors(market, form, register, vat)
    assert list(found) == [field]
    assert words in found[field]


def test_all_errors_are_said_at_once() -> None:
    assert set(errors("no", "as", "1", "2")) == {"register_number", "vat_number"}


@given(market=st.sampled_from(MARKETS), register=TYPED, vat=TYPED, data=st.data())
def test_odd_input_is_refused_or_kept_once_and_for_all(
    market: str, register: str, vat: str, data: st.DataObject
) -> None:
    """What is kept fits the columns, can be read and is kept the same when it is checked again."""
    form = data.draw(st.sampled_from([form.code for form in legal.country(market).forms]))
    try:
        kept = checked(market, form, register, vat)
    except Invalid:
        found = errors(market, form, register, vat)
        assert set(found) <= {"register_number", "vat_number"}
        assert all(found.values())
        return
    assert len(kept.register_number) <= legal.MAX_REGISTER
    assert len(kept.vat_number) <= legal.MAX_VAT
    assert (kept.register_number + kept.vat_number).isprintable()
    assert checked(market, form, kept.register_number, kept.vat_number) == kept


def test_every_german_court_fits_beside_its_number() -> None:
    for court in GERMAN_COURTS:
        kept = checked("de", "gmbh", f"{court} HRB 123456 ABC").register_number
        assert len(kept) <= legal.MAX_REGISTER
        assert checked("de", "gmbh", kept).register_number == kept


def test_what_is_kept_fits_the_columns() -> None:
    for model in (Company, CompanyVersion):
        assert model._meta.get_field("register_number").max_length == legal.MAX_REGISTER
        assert model._meta.get_field("vat_number").max_length == legal.MAX_VAT
        length = model._meta.get_field("legal_form").max_length or 0
        assert all(len(form.code) <= length for market in MARKETS for form in legal.country(market).forms)
