"""PR-03: only the terms of what is wanted are accepted, and what was accepted can be proved word by word."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import ProgrammingError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.commerce.actions import end_product
from kolonne.portal.commerce.actions.terms import accept, tell_of_new_terms
from kolonne.portal.commerce.models import TermsAcceptance, TermsText
from kolonne.portal.commerce.terms import Document, TermsError, check, in_force, library, newest, shown, versions
from kolonne.portal.commerce.terms.queries import accepted_of, asked_for, missing_at_all, missing_for
from kolonne.portal.commerce.terms.render import html
from kolonne.portal.commerce.terms.steps import acceptances_of, next_step
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def put(root: Path, place: str, *, title: str = "Rules", day: str = "2026-01-01", body: str = "Be kind.") -> None:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\ntitle: {title}\nvalid_from: {day}\n---\n{body}\n", encoding="utf-8")


@pytest.fixture
def ours_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Terms of an operator: general ones in two languages, and one document for remote access."""
    root = tmp_path / "terms"
    for language in ("en", "nb"):
        put(root, f"all/{language}/general.2026-01.md", title=f"General {language}")
        put(root, f"no/{language}/remote-access.2026-01.md", title=f"Remote {language}")
    monkeypatch.setenv("KOLONNE_TERMS", str(root))
    library.cache_clear()
    yield root
    monkeypatch.undo()
    library.cache_clear()


def publish(root: Path, day: str = "2027-01-01") -> None:
    """A new version of the general terms."""
    for language in ("en", "nb"):
        put(root, f"all/{language}/general.2027-01.md", title=f"General {language} 2", day=day, body="Be kinder.")
    library.cache_clear()


def found(document: Document | None) -> Document:
    assert document is not None
    return document


def codes(documents: list[Document]) -> list[str]:
    return [f"{document.code} {document.version}" for document in documents]


def test_what_comes_with_kolonne_has_every_document_in_every_language() -> None:
    for market in ("no", "de", "se"):
        assert "general" in library().codes(market)
        for code in library().codes(market):
            texts = {language: newest(market, code, language) for language in ("en", "de", "nb")}
            assert {language: text.language for language, text in texts.items() if text} == {
                language: language for language in texts
            }
    assert "Norwegian law" in found(newest("no", "general", "en")).body
    assert "German law" in found(newest("de", "general", "en")).body


def test_a_markets_own_document_comes_before_that_for_all(ours_in_files: Path) -> None:
    put(ours_in_files, "no/en/general.2026-02.md", title="Ours")
    library.cache_clear()
    assert [one.title for one in versions("no", "general", "nb")] == ["Ours"]
    assert [one.title for one in versions("de", "general", "nb")] == ["General nb"]
    assert [one.title for one in versions("de", "general", "de")] == ["General en"]


def test_a_version_is_in_force_from_its_day_on(ours_in_files: Path) -> None:
    publish(ours_in_files)
    before, after = NOW.date(), NOW.date().replace(year=2027, month=1, day=1)
    assert found(in_force("no", "general", "en", before)).version == "2026-01"
    assert found(in_force("no", "general", "en", after)).version == "2027-01"
    assert in_force("no", "general", "en", before.replace(year=2025)) is None
    assert found(newest("no", "general", "en")).version == "2027-01"


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("all/en/general.md", "", "all/en/general.md: general.md is no name for terms; write document.version.md"),
        ("all/fr/general.2026-01.md", "", "all/fr/general.2026-01.md: fr is no language; use one of en, de, nb"),
        ("nor/en/general.2026-01.md", "", "nor/en/general.2026-01.md: nor is no market; use its two small letters"),
        ("all/en/areas.2026-01.md", "Be kind.", "its head is not complete; begin it with three lines"),
        ("all/en/areas.2026-01.md", "---\ntitle: A\n---\nB\n", "its head is not complete"),
        (
            "all/en/areas.2026-01.md",
            "---\ntitle: A\nvalid_from: soon\n---\nB\n",
            "valid_from: soon is no day; write it",
        ),
        ("all/en/areas.2026-01.md", "---\ntitle: A\nvalid_from: 2026-01-01\n---\n \n", "has no title or no text"),
        ("all/en/areas.2026-01.md", "---\ntitle: [\n---\nB\n", "cannot be read"),
        ("no/en/remote-access.2026-02.md", "---\ntitle: A\nvalid_from: 2026-02-01\n---\nB\n", "is missing in nb"),
    ],
)
def test_each_mistake_in_terms_is_named_with_place_and_remedy(
    ours_in_files: Path, place: str, text: str, said: str
) -> None:
    (ours_in_files / place).parent.mkdir(parents=True, exist_ok=True)
    (ours_in_files / place).write_text(text, encoding="utf-8")
    with pytest.raises(TermsError, match=said.replace("(", r"\(")):
        check(ours_in_files)


def test_days_of_versions_are_in_order_and_the_same_in_every_language(ours_in_files: Path) -> None:
    publish(ours_in_files, day="2025-01-01")
    with pytest.raises(TermsError, match="a later version begins earlier"):
        check(ours_in_files)
    put(ours_in_files, "all/en/general.2027-01.md", day="2027-02-01")
    with pytest.raises(TermsError, match="has different days in valid_from"):
        check(ours_in_files)
    with pytest.raises(TermsError, match="is no directory"):
        check(ours_in_files / "nowhere")


@pytest.mark.parametrize(
    ("source", "never"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("a <b onclick=x>b</b>", "<b"),
        ("[go](javascript:alert(1))", "href"),
        ("[go](JaVaScRiPt:alert(1))", "href"),
        ("[go](data:text/html,hi)", "href"),
        ("![x](https://spy.example/p.png)", "<img"),
        ('[go](https://a.example "x\\" onmouseover=y")', '" onmouseover'),
    ],
)
def test_markdown_of_terms_holds_no_code(source: str, never: str) -> None:
    assert never not in html(source)


def test_markdown_of_terms_is_readable() -> None:
    made = html("# One\n\n- a [link](https://a.example) and *more*\n")
    assert made == '<h2>One</h2>\n<ul>\n<li>a <a href="https://a.example">link</a> and <em>more</em></li>\n</ul>\n'


@pytest.mark.django_db
def test_only_the_terms_of_what_is_wanted_must_be_accepted(our_scope: House, ours_in_files: Path, alice: User) -> None:
    company, actor = our_scope.company, actor_of(alice)
    assert codes(missing_for(company, ["maintenance"], "nb", now=NOW)) == ["general 2026-01"]
    wanted = missing_for(company, ["remote-access"], "nb", now=NOW)
    assert [one.title for one in wanted] == ["General nb", "Remote nb"]
    accept(actor=actor, company=company, documents=wanted[:1])
    assert codes(missing_for(company, ["remote-access"], "en", now=NOW)) == ["remote-access 2026-01"]
    accept(actor=actor, company=company, documents=wanted)
    assert missing_for(company, ["remote-access"], "de", now=NOW) == []


@pytest.mark.django_db
def test_what_was_accepted_is_proved_word_by_word(our_scope: House, ours_in_files: Path, alice: User) -> None:
    """Also after the file was changed; and nobody can change the proof."""
    (general,) = missing_for(our_scope.company, [], "nb", now=NOW)
    accept(actor=actor_of(alice), company=our_scope.company, documents=[general], now=NOW)
    before = general.text
    put(ours_in_files, "all/nb/general.2026-01.md", body="Something else.")
    row = accepted_of(our_scope.company).get()
    assert (row.accepted_by, row.accepted_at, row.order) == ("Alice Test", NOW, None)
    assert row.text.text == before
    assert row.text_id == sha256(before.encode()).hexdigest()
    assert (row.text.code, row.text.version, row.text.language) == ("general", "2026-01", "nb")
    (exported,) = acceptances_of(our_scope.company)
    assert (exported["sha256"], exported["text"], exported["accepted_by"]) == (row.text_id, before, "Alice Test")
    assert Entry.objects.filter(verb="commerce.terms.accepted", company_id=our_scope.company.pk).count() == 1
    for change in (
        lambda: TermsText.objects.update(text="nothing"),
        lambda: TermsText.objects.all()._raw_delete("default"),
        lambda: TermsAcceptance.objects.update(accepted_at=NOW.replace(year=2020)),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()


@pytest.mark.django_db
def test_twice_is_once_in_whatever_language(our_scope: House, ours_in_files: Path, alice: User) -> None:
    company, actor = our_scope.company, actor_of(alice)
    assert len(accept(actor=actor, company=company, documents=missing_for(company, [], "nb"))) == 1
    assert accept(actor=actor, company=company, documents=versions("no", "general", "en")) == []


@pytest.mark.django_db
def test_who_may_not_accept_is_refused(
    our_scope: House, ours_in_files: Path, alice: User, bob: User, charlie: User
) -> None:
    """SU-03: nobody accepts in another's name."""
    documents = missing_for(our_scope.company, [], "nb")
    for stranger in (actor_of(bob), actor_of(charlie)):
        with pytest.raises(NotAllowed):
            accept(actor=stranger, company=our_scope.company, documents=documents)
    rights = {our_scope.company.pk: frozenset({"commerce.product:write"})}
    helper = Actor(label="Dealer", user_id=1, rights=rights, acting_for=ActingFor(alice.pk, "Alice", 1))
    with pytest.raises(Conflict, match="another's name"):
        accept(actor=helper, company=our_scope.company, documents=documents)
    with pytest.raises(Invalid):
        accept(actor=actor_of(alice), company=our_scope.company, documents=[])


@pytest.mark.django_db
def test_a_text_that_is_not_published_any_more_is_not_accepted(
    our_scope: House, ours_in_files: Path, alice: User
) -> None:
    old = missing_for(our_scope.company, [], "nb")
    put(ours_in_files, "all/nb/general.2026-01.md", body="Something else.")
    library.cache_clear()
    assert shown([old[0].sha256]) == []
    with pytest.raises(Conflict, match="not published"):
        accept(actor=actor_of(alice), company=our_scope.company, documents=old)


@pytest.mark.django_db
def test_a_new_version_asks_again_in_time_and_mails_once(our_scope: House, ours_in_files: Path, alice: User) -> None:
    company, actor = our_scope.company, actor_of(alice)
    publish(ours_in_files)
    assert asked_for(company, "en") == []
    assert next_step(actor, company) is None
    accept(actor=actor, company=company, documents=missing_for(company, ["remote-access"], "en", now=NOW))
    assert codes(asked_for(company, "en")) == ["general 2027-01"]
    assert missing_for(company, ["remote-access"], "en", now=NOW) == []
    step = next_step(actor, company)
    assert step is not None
    assert "1 document has a new version" in step.text
    mails = ProcrastinateJob.objects.filter(task_name="identity.send_mail", args__mail="new_terms")
    for _ in range(3):
        tell_of_new_terms(actor=SYSTEM, now=NOW)
    assert [job.args["facts"]["titles"] for job in mails] == [["General en 2 (1 January 2027)"]]
    with pytest.raises(NotAllowed):
        tell_of_new_terms(actor=actor, now=NOW)
    later = NOW.replace(year=2027, month=2)
    assert codes(missing_for(company, ["remote-access"], "en", now=later)) == ["general 2027-01"]
    accept(actor=actor, company=company, documents=asked_for(company, "en"))
    assert missing_for(company, ["remote-access"], "en", now=later) == []
    assert next_step(actor, company) is None


@pytest.mark.django_db
def test_nobody_is_asked_for_products_that_ended(our_scope: House, ours_in_files: Path, alice: User) -> None:
    company, actor = our_scope.company, actor_of(alice)
    accept(actor=actor, company=company, documents=missing_for(company, ["remote-access"], "en", now=NOW))
    for language in ("en", "nb"):
        put(ours_in_files, f"no/{language}/remote-access.2027-01.md", day="2027-01-01")
    library.cache_clear()
    assert codes(asked_for(company, "en")) == ["remote-access 2027-01"]
    end_product(actor=SYSTEM, vehicle=our_scope.vehicle, product="remote-access")
    assert asked_for(company, "en") == []


@pytest.mark.django_db
def test_accept_all_covers_everything_that_is_offered(our_scope: House, ours_in_files: Path, alice: User) -> None:
    company = our_scope.company
    publish(ours_in_files)
    accept(actor=actor_of(alice), company=company, documents=missing_at_all(company, "en", now=NOW))
    assert missing_at_all(company, "en", now=NOW) == []
    assert missing_for(company, ["remote-access"], "de", now=NOW.replace(year=2027, month=2)) == []


@pytest.mark.django_db
def test_midnight_is_the_companys(our_scope: House, ours_in_files: Path) -> None:
    publish(ours_in_files)
    just_before = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    assert codes(missing_for(our_scope.company, [], "en", now=just_before)) == ["general 2026-01"]
    just_after = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert codes(missing_for(our_scope.company, [], "en", now=just_after)) == ["general 2027-01"]
