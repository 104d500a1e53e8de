"""CO-07, CO-11: the pages that delete a company in steps, and those that hand over its data."""

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions import exports
from kolonne.portal.companies.models import CompanyExport, ExportState, Leaving
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.leaving_cast import fill
from kolonne.portal.site.tests.sweep import body_of

SignedIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "EXPORT_FOLDER", tmp_path / "exports")
    cache.clear()
    return tmp_path / "exports"


def fresh(browser: Client) -> Client:
    """As if the person had typed the password a moment ago."""
    session = browser.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [{"method": "password", "at": timezone.now().timestamp()}]
    session.save()
    return browser


def test_the_steps_say_what_happens_and_the_name_must_be_typed(
    alice: User, ours: House, signed_in: SignedIn, folder: Path
) -> None:
    fill(ours, alice)
    browser = fresh(signed_in(alice))
    first = body_of(browser.get("/company/delete/"))
    assert all(words in first for words in ("1 van", "1 communication module", "1 running contract", "1 open order"))
    assert "Collect all data" in body_of(browser.get("/company/delete/data/"))
    wrong = browser.post("/company/delete/confirm/", {"name": "Fjordbud"})
    assert "This is not the name" in body_of(wrong)
    done = browser.post("/company/delete/confirm/", {"name": f" {ours.company.name} "})
    assert (done.status_code, done["Location"]) == (302, "/company/leaving/")
    page = body_of(browser.get("/company/leaving/"))
    assert "is being deleted" in page
    assert browser.get("/company/delete/")["Location"] == "/company/leaving/"
    assert browser.get("/")["Location"] == "/company/leaving/"
    # An open map asks for this when its stream has ended, and reloads.
    assert browser.get("/api/v1/live/snapshot").status_code == 403
    assert browser.get("/vans/")["Location"] == "/company/leaving/"


def test_the_last_step_asks_who_it_is(alice: User, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    answer = browser.post("/company/delete/confirm/", {"name": "Fjordbud AS"})
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert "reauthenticate" in browser.post("/company/export/order/")["Location"]
    assert "reauthenticate" in browser.get("/company/export/1/")["Location"]


def test_withdrawing_brings_the_company_back(alice: User, ours: House, signed_in: SignedIn) -> None:
    browser = fresh(signed_in(alice))
    browser.post("/company/delete/confirm/", {"name": ours.company.name})
    assert "This stays ended" in body_of(browser.get("/company/leaving/withdraw/"))
    assert browser.post("/company/leaving/withdraw/")["Location"] == "/"
    with company_scope(ours.scope):
        assert not Leaving.objects.exists()
    assert browser.get("/vans/").status_code == 200


@pytest.mark.parametrize("who", ["bob", "dora", "sam", "nora"])
def test_nobody_else_gets_that_far(
    who: str, alice: User, ours: House, request: pytest.FixtureRequest, signed_in: SignedIn
) -> None:
    browser = fresh(signed_in(request.getfixturevalue(who)))
    for page in ("delete/", "delete/data/", "delete/confirm/", "export/", "leaving/withdraw/"):
        assert browser.get(f"/company/{page}").status_code == 403, page
    assert browser.post("/company/delete/confirm/", {"name": ours.company.name}).status_code == 403
    assert browser.post("/company/export/order/").status_code == 403


def test_a_driver_of_a_leaving_company_reads_what_happens(
    alice: User, dora: User, ours: House, signed_in: SignedIn
) -> None:
    fresh(signed_in(alice)).post("/company/delete/confirm/", {"name": ours.company.name})
    page = body_of(signed_in(dora).get("/", follow=True))
    assert "is being deleted" in page
    assert "Withdraw" not in page
    assert "Collect all data" not in page


@pytest.fixture
def made(alice: User, bob: User, ours: House, folder: Path) -> CompanyExport:
    fill(ours, alice)
    with company_scope(ours.scope):
        ours.vehicle.driver = "=HYPERLINK(1)"
        ours.vehicle.save()
        export = exports.ask_for_export(actor=actor_of(alice), company=ours.company)
        exports.make_export(actor=SYSTEM, company_id=ours.company.pk, export_id=export.pk)
        export.refresh_from_db()
    return export


def test_the_zip_holds_everything_and_no_secrets(made: CompanyExport, ours: House, folder: Path) -> None:
    assert made.state == ExportState.READY
    assert made.done == made.total > 10
    path = folder / made.file
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    with zipfile.ZipFile(path) as found:
        names = set(found.namelist())
        tables = (
            "company people sites generations invitations api_keys access_rights checks audit vans modules contracts"
            " terms"
        )
        expected = {f"{name}.{ext}" for name in f"{tables} orders services commands".split() for ext in ("json", "csv")}
        assert expected | {"README.txt"} <= names
        people = json.loads(found.read("people.json"))
        assert {row["username"] for row in people} == {"alice", "bob"}
        (van,) = json.loads(found.read("vans.json"))
        assert (van["vin"], van["driver"]) == (ours.vehicle.vin, "=HYPERLINK(1)")
        (row,) = csv.DictReader(io.StringIO(found.read("vans.csv").decode("utf-8-sig")))
        assert row["driver"] == "'=HYPERLINK(1)"
        assert json.loads(found.read("orders.json"))[0]["items"][0]["product"] == "live-map"
        everything = b"".join(found.read(name) for name in names)
    assert b"sha256" not in everything
    assert b"pin_sealed" not in everything


def test_the_file_is_for_administrators_and_for_a_day(
    made: CompanyExport, alice: User, charlie: User, ours: House, signed_in: SignedIn, folder: Path
) -> None:
    browser = fresh(signed_in(alice))
    answer = browser.get(f"/company/export/{made.pk}/")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer) == (folder / made.file).read_bytes()
    assert fresh(signed_in(charlie)).get(f"/company/export/{made.pk}/").status_code == 404
    with company_scope(ours.scope):
        assert Entry.objects.filter(verb="companies.export.fetched").count() == 1
        (receipt,) = Entry.objects.filter(verb="companies.export.made")
    assert receipt.facts["rows"]["vans"] == 1
    exports.forget_old(now=timezone.now() + timedelta(hours=23))
    assert (folder / made.file).is_file()
    exports.forget_old(now=timezone.now() + timedelta(hours=24, minutes=1))
    assert list(folder.iterdir()) == []
    assert browser.get(f"/company/export/{made.pk}/").status_code == 404


def test_a_day_that_is_over_counts_before_the_job_has_run(made: CompanyExport, alice: User, ours: House) -> None:
    with company_scope(ours.scope):
        CompanyExport.objects.filter(pk=made.pk).update(expires_at=timezone.now())
    with pytest.raises(NotFound):
        exports.fetch_export(actor=actor_of(alice), company=ours.company, pk=made.pk)


def test_one_export_at_a_time_and_only_for_those_who_may(alice: User, bob: User, ours: House, folder: Path) -> None:
    exports.ask_for_export(actor=actor_of(alice), company=ours.company)
    with pytest.raises(Conflict):
        exports.ask_for_export(actor=actor_of(alice), company=ours.company)
    with pytest.raises(NotAllowed):
        exports.ask_for_export(actor=actor_of(bob), company=ours.company)


def test_a_job_that_runs_twice_makes_one_file(made: CompanyExport, ours: House, folder: Path) -> None:
    exports.make_export(actor=SYSTEM, company_id=ours.company.pk, export_id=made.pk)
    assert [path.name for path in folder.iterdir()] == [made.file]


def test_a_file_whose_job_was_killed_before_it_could_tell_goes_too(made: CompanyExport, folder: Path) -> None:
    """CO-11: nobody fetches it, and it holds all of a company's data."""
    lost, young, now = folder / "lost.zip", folder / "young.zip", timezone.now()
    for file in (lost, young):
        file.write_bytes(b"everything")
    longer_ago = (now - exports.LONGEST - timedelta(minutes=1)).timestamp()
    for path in (lost, folder / made.file):
        os.utime(path, (longer_ago, longer_ago))
    exports.forget_old(now=now)
    assert {path.name for path in folder.iterdir()} == {young.name, made.file}


def test_a_company_that_is_erased_while_its_file_is_made_leaves_none(alice: User, ours: House, folder: Path) -> None:
    """CO-11"""
    with company_scope(ours.scope):
        export = exports.ask_for_export(actor=actor_of(alice), company=ours.company)
        part = exports._folder() / f"{export.pk}.part"
        counts = exports._write(export, part)
        exports.forget_exports(ours.company)
        part.write_bytes(b"what the job had open")
        exports._finish(SYSTEM, export, part, counts)
        assert list(folder.iterdir()) == []
        assert not Entry.objects.filter(verb="companies.export.made").exists()


def test_the_page_shows_how_far_it_is(alice: User, ours: House, signed_in: SignedIn, folder: Path) -> None:
    browser = fresh(signed_in(alice))
    assert browser.post("/company/export/order/", {"from": "delete"})["Location"] == "/company/delete/data/"
    with company_scope(ours.scope):
        CompanyExport.objects.update(done=3, total=20)
    page = body_of(browser.get("/company/export/"))
    assert "3 of 20 parts" in page
    assert 'data-export="waiting"' in page
