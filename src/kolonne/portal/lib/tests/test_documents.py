"""PR-04: documents are text, the same for the same data, readable for programs, and quick."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from kolonne.portal.lib import documents
from kolonne.portal.lib.documents import Busy, Document, render

TEMPLATE = b"= #w.title\n#d.name\n#listing((1fr, 1fr), (left, right), (w.a, w.b), d.rows)"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def document(name: str, rows: Any = (), language: str = "de") -> Document:
    words = {"title": "Ein Titel", "a": "Links", "b": "Rechts", "page": "Seite {n} von {all}"}
    data = {"name": name, "rows": [list(row) for row in rows]}
    return Document(TEMPLATE, "Ein Titel", "Kolonne", "Oben", "Unten", language, NOON, words, data)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    "name",
    ["#panic()", "*fett*", "$x^2$", "@label", "\\u{41}", "<b>", "// weg", '#import "x"', "= Titel", "`raw`", "{n}"],
)
def test_markup_in_a_name_is_text(name: str) -> None:
    assert name.replace(" ", "") in text_of(render(document(name))).replace(" ", "").replace("\n", "")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_every_name_can_be_printed(name: str) -> None:
    render(document(name, [[name, [name, name]]]))


@pytest.mark.parametrize(
    "name", ["W" * 10_000, "ש" * 300, "🚐🏽‍🔧 Bäcker", "\0\ud800\u202eevil", "a " * 5000, "الشركة"]
)
def test_odd_and_endless_names_stay_on_the_paper(name: str) -> None:
    reader = PdfReader(io.BytesIO(render(document(name, [[name, "1"]]))))
    assert "Rechts" in reader.pages[0].extract_text() + reader.pages[-1].extract_text()


def test_ten_thousand_letters_are_all_there() -> None:
    assert text_of(render(document("W" * 10_000))).count("W") == 10_000


def test_hidden_signs_do_not_reach_the_paper() -> None:
    assert documents.printable("a\0b\u202ec\ud800d") == "abcd"


def test_equal_data_are_equal_bytes() -> None:
    assert render(document("Fjordbud AS")) == render(document("Fjordbud AS")) != render(document("Fjordbud A/S"))


def test_a_document_has_title_language_tags_and_a_date() -> None:
    """NF-06: programs that read aloud find what they need; PDF/UA-1 is declared."""
    reader = PdfReader(io.BytesIO(render(document("Fjordbud AS"))))
    root: Any = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("de", True)
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.creation_date) == ("Ein Titel", NOON)


def test_two_thousand_lines_take_seconds_and_repeat_their_heads() -> None:
    began = time.monotonic()
    pdf = render(document("Fjordbud AS", [[f"EL {n:05}", "69,00"] for n in range(2000)]))
    assert time.monotonic() - began < 10
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) > 20
    assert all("Links" in page for page in pages)
    assert f"Seite {len(pages)} von {len(pages)}" in pages[-1]


def test_several_threads_draw_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _n: render(document("Fjordbud AS", [["a", "b"]] * 50)), range(8)))
    assert len(found) == 1


def test_whoever_waits_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "PATIENCE", 0.05)
    for _place in range(documents.AT_ONCE):
        documents._places.acquire()
    try:
        with pytest.raises(Busy):
            render(document("Fjordbud AS"))
    finally:
        for _place in range(documents.AT_ONCE):
            documents._places.release()
