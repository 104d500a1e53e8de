"""VH-01, VH-02: many vans at once from a file: preview, job, report; no way round the limit on taken VINs."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.audit.queries import first_broken_entry
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import State, User, Verification
from kolonne.portal.lib.errors import Conflict, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions as vehicles
from kolonne.portal.vehicles.actions import importing, imports
from kolonne.portal.vehicles.imports_departure import DEPARTURE
from kolonne.portal.vehicles.models import Claim, ClaimState, ImportLine, RefusedVin, VanImport, Vehicle
from kolonne.portal.vehicles.queries.imports import counts

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
TAKEN_A_DAY = 10


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def vin(number: int, kind: str = "CSVT") -> str:
    return f"WK0{kind}{number:010}"


def file_of(*rows: str, headings: str = "VIN;Plate;Name") -> bytes:
    return "\n".join((headings, *rows)).encode()


def begin(user: User, house: House, content: bytes, *, updates: bool = True) -> VanImport:
    """As far as the click that begins it."""
    actor = actor_of(user)
    made = imports.read_vans(actor=actor, company=house.company, file_name="vans.csv", content=content)
    imports.begin_import(actor=actor, company=house.company, pk=made.pk, updates=updates)
    return made


def bring(user: User, house: House, content: bytes, *, updates: bool = True) -> dict[str, int]:
    """The whole import, with its job; lines by outcome, without those that nothing became of."""
    made = begin(user, house, content, updates=updates)
    importing.work_off(actor=SYSTEM, company_id=house.company.pk, import_id=made.pk)
    return outcomes(house, made)


def outcomes(house: House, made: VanImport) -> dict[str, int]:
    with company_scope(house.scope):
        return {outcome: count for outcome, count in counts(made).items() if count}


def vans_of(house: House) -> dict[str, Vehicle]:
    with company_scope(house.scope):
        return {van.vin: van for van in Vehicle.objects.filter(company=house.company)}


def upload(client: Client, content: bytes, name: str = "vans.csv") -> Any:
    return client.post("/vans/import/", {"file": SimpleUploadedFile(name, content)})


def many(good: int, bad: int) -> bytes:
    """Good and bad lines, mixed."""
    every = (good + bad) // bad
    rows = []
    for number in range(good + bad):
        is_bad = number % every == 0 and number // every < bad
        rows.append(f"{'WK0NOVIN' if is_bad else vin(number)};EL {number};Van {number}")
    return file_of(*rows)


def work_many(user: User, house: House, good: int, bad: int) -> None:
    """The good ones come in, the report has the bad ones, and the same file again changes nothing."""
    content = many(good, bad)
    before = len(vans_of(house))
    assert bring(user, house, content) == {"added": good, "refused": bad}
    assert len(vans_of(house)) == before + good
    with company_scope(house.scope):
        entries = Entry.objects.filter(company_id=house.company.pk)
        added = entries.filter(verb="vehicles.vehicle.added", user_id=user.pk)
        assert added.count() == len({entry.facts["vin"] for entry in added}) == good
        assert entries.get(verb="vehicles.import.done").facts == {"added": good, "refused": bad}
        assert first_broken_entry(house.company.pk) is None
        count = entries.count()
    assert bring(user, house, content) == {"same": good, "refused": bad}
    with company_scope(house.scope):
        assert entries.count() == count + 2  # begun and done, nothing else


def test_the_good_lines_of_a_file_come_in_and_the_same_file_again_changes_nothing(alice: User, ours: House) -> None:
    work_many(alice, ours, good=1000, bad=50)


@pytest.mark.long
def test_ten_thousand_vans_come_in_with_five_hundred_bad_lines(alice: User, ours: House) -> None:
    work_many(alice, ours, good=10_000, bad=500)


def test_a_file_goes_from_the_upload_to_the_report(alice: User, ours: House, signed_in: SignIn) -> None:
    client = signed_in(alice)
    address = upload(client, file_of(f"{vin(1)};EL 1;One", "WK0;EL 2;Two", f"{vin(1)};EL 3;Three")).headers["Location"]
    page = client.get(address).content.decode()
    assert "3 vans in the file" in page
    assert "Line 2 has the same VIN" in page
    assert vin(1) not in vans_of(ours)
    assert client.post(address).headers["Location"] == address
    assert "0 of 3" not in client.get(address).content.decode()
    assert "2 of 3 lines" in client.get(address).content.decode()
    with company_scope(ours.scope):
        made = VanImport.objects.get(company=ours.company)
    importing.work_off(actor=SYSTEM, company_id=ours.company.pk, import_id=made.pk)
    assert "1 van was added" in client.get(address).content.decode()
    report = client.get(f"{address}report.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(report)))
    assert rows[0] == ["Line", "VIN", "Column", "Value", "What to do"]
    assert [(row[0], row[2], row[3]) for row in rows[1:]] == [("3", "VIN", "WK0"), ("4", "VIN", vin(1))]


def test_nothing_in_the_report_is_run_by_a_spreadsheet(alice: User, ours: House, signed_in: SignIn) -> None:
    client = signed_in(alice)
    address = upload(client, file_of('"=HYPERLINK(""http://x"")"', "+1", "-1", "@SUM(A1)")).headers["Location"]
    report = client.get(f"{address}report.csv").content.decode("utf-8-sig")
    values = [row[3] for row in csv.reader(io.StringIO(report))][1:]
    assert len(values) == 4
    assert all(value.startswith("'") for value in values)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"), (b"Plate\nX", "no heading"), (b"PK\x03\x04", "no CSV file"),
        (b"x" * 5_000_001, "larger than 5 MB"), (b"VIN;FIN\nX;Y", "“VIN” is there twice"),
        (b"VIN\n" + b"x\n" * 25_001, "more than 25000 vans"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_the_field(
    alice: User, ours: House, signed_in: SignIn, content: bytes, words: str
) -> None:
    assert words in upload(signed_in(alice), content).content.decode()
    with company_scope(ours.scope):
        assert not VanImport.objects.filter(company=ours.company).exists()


def test_without_a_file_the_page_asks_for_one(alice: User, ours: House, signed_in: SignIn) -> None:
    assert "Choose a file" in signed_in(alice).post("/vans/import/", {}).content.decode()


def test_plates_and_names_of_own_vans_follow_the_file_and_nothing_else(alice: User, ours: House) -> None:
    content = file_of(f"{ours.vehicle.vin};NEW 1;;Other", headings="VIN;Plate;Name;Make")
    before = vans_of(ours)[ours.vehicle.vin]
    assert bring(alice, ours, content, updates=False) == {"same": 1}
    assert bring(alice, ours, content) == {"updated": 1}
    van = vans_of(ours)[ours.vehicle.vin]
    assert (van.plate, van.name, van.make) == ("NEW 1", before.name, before.make)
    with company_scope(ours.scope):
        entry = Entry.objects.get(company_id=ours.company.pk, verb="vehicles.vehicle.changed")
    assert entry.facts == {"vin": van.vin, "plate": [before.plate, "NEW 1"]}
    assert bring(alice, ours, content) == {"same": 1}


def test_the_preview_says_what_will_be_changed(alice: User, ours: House, signed_in: SignIn) -> None:
    client = signed_in(alice)
    address = upload(client, file_of(f"{ours.vehicle.vin};NEW 1", vin(1))).headers["Location"]
    assert "Change number plate and name of 1 van that is there already" in client.get(address).content.decode()
    assert client.post(address, {"discard": "1"}).headers["Location"] == "/vans/import/"
    assert client.get(address).status_code == 404


def test_vans_of_an_unverified_company_wait_for_the_dealer_and_so_do_refused_ones(alice: User, ours: House) -> None:
    with company_scope(ours.scope):
        RefusedVin.objects.create(company=ours.company, vin=vin(1))
    bring(alice, ours, file_of(vin(1), vin(2)))
    assert vans_of(ours)[vin(1)].verification == Verification.UNVERIFIED
    assert vans_of(ours)[vin(2)].verification == Verification.VERIFIED
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(verification=Verification.UNVERIFIED, verified_at=None)
    bring(alice, ours, file_of(vin(3)))
    assert vans_of(ours)[vin(3)].verification == Verification.UNVERIFIED


def taken(theirs: House, count: int) -> list[str]:
    vins = [vin(number, "THEM") for number in range(count)]
    for one in vins:
        vehicles.add_vehicle(actor=SYSTEM, company=theirs.company, vin=one)
    return vins


def test_a_taken_vin_is_told_without_its_owner_and_the_others_come_in(alice: User, ours: House, theirs: House) -> None:
    [other] = taken(theirs, 1)
    made = begin(alice, ours, file_of(vin(1), other, vin(2)))
    importing.work_off(actor=SYSTEM, company_id=ours.company.pk, import_id=made.pk)
    assert outcomes(ours, made) == {"added": 2, "refused": 1}
    with company_scope(ours.scope):
        line = ImportLine.objects.get(van_import=made, outcome="refused")
    assert line.problems == [{"field": "vin", "value": other, "code": "taken", "facts": {}}]


def test_a_van_that_is_kept_for_another_company_is_taken_and_an_own_claim_is_fulfilled(
    alice: User, ours: House, theirs: House
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    for house, one in ((theirs, vin(1)), (ours, vin(2))):
        with company_scope(house.scope):
            Claim.objects.create(company=house.company, vin=one, state=ClaimState.RELEASED, until=tomorrow)
    assert bring(alice, ours, file_of(vin(1), vin(2))) == {"added": 1, "refused": 1}
    assert vin(1) not in vans_of(ours)
    with company_scope(ours.scope):
        assert Claim.objects.get(vin=vin(2)).state == ClaimState.DONE


def test_after_ten_taken_vins_a_file_tells_nothing_more_that_day(alice: User, ours: House, theirs: House) -> None:
    """Not even which of the others are free: what comes behind the tenth stays untried, free or not."""
    others = taken(theirs, TAKEN_A_DAY + 2)
    first = [vin(1), *others[:TAKEN_A_DAY], vin(2), others[-1], vin(3)]
    made = begin(alice, ours, file_of(*first, f"{ours.vehicle.vin};NEW 1"))
    importing.work_off(actor=SYSTEM, company_id=ours.company.pk, import_id=made.pk)
    assert outcomes(ours, made) == {"added": 1, "refused": TAKEN_A_DAY, "later": 3, "updated": 1}
    with company_scope(ours.scope):
        assert Entry.objects.filter(company_id=ours.company.pk, verb="vehicles.vin.tried").count() == 1
    assert bring(alice, ours, file_of(vin(4))) == {"later": 1}
    assert bring(alice, ours, file_of(others[0])) == {"later": 1}
    with pytest.raises(Conflict) as refused:
        vehicles.add_by_hand(
            actor=actor_of(alice), company=ours.company, vin=vin(5), data=vehicles.VehicleData(drive="diesel")
        )
    assert refused.value.code == "too_many_vins"
    cache.clear()  # the next day
    assert bring(alice, ours, file_of(vin(1), vin(2), vin(3))) == {"same": 1, "added": 2}


def test_a_batch_that_was_cut_off_leaves_nothing_and_the_next_job_goes_on(
    alice: User, ours: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 20)
    made = begin(alice, ours, many(good=95, bad=5))
    note, written = importing._note, []

    def die(*arguments: Any) -> None:
        written.append(arguments)
        if len(written) == 8:  # in the middle of a batch, when its vans were written already
            raise KeyboardInterrupt
        note(*arguments)

    monkeypatch.setattr(importing, "_note", die)
    with pytest.raises(KeyboardInterrupt):
        importing.work_off(actor=SYSTEM, company_id=ours.company.pk, import_id=made.pk)
    assert 0 < outcomes(ours, made)["waiting"] < 95
    monkeypatch.setattr(importing, "_note", note)
    importing.advance(actor=SYSTEM, now=timezone.now() + timedelta(minutes=3))
    assert outcomes(ours, made) == {"added": 95, "refused": 5}
    with company_scope(ours.scope):
        assert Entry.objects.filter(company_id=ours.company.pk, verb="vehicles.import.done").count() == 1
        assert first_broken_entry(ours.company.pk) is None


def demoted(user: User, house: House) -> None:
    with company_scope(house.scope):
        Membership.objects.filter(user=user, company=house.company).update(roles=[Role.DRIVER])


def dismissed(user: User, house: House) -> None:
    with company_scope(house.scope):
        Membership.objects.filter(user=user, company=house.company).delete()


def blocked(user: User, house: House) -> None:
    User.objects.filter(pk=user.pk).update(state=State.BLOCKED)


@pytest.mark.parametrize("end", [demoted, dismissed, blocked])
def test_a_file_stops_at_the_next_batch_when_whoever_began_it_may_add_no_more_vans(
    end: Callable[[User, House], None],
    alice: User,
    ours: House,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    made = begin(alice, ours, file_of(*map(vin, range(5))))
    assert importing._batch(ours.company.pk, made.pk)
    end(alice, ours)
    importing.work_off(actor=SYSTEM, company_id=ours.company.pk, import_id=made.pk)
    assert outcomes(ours, made) == {"added": 2, "waiting": 3}
    with company_scope(ours.scope):
        entry = Entry.objects.get(company_id=ours.company.pk, verb="vehicles.import.stopped")
    assert (entry.actor, entry.user_id) == ("import of vans", None)
    page = signed_in(person("anna", ours, Role.ADMINISTRATOR)).get(f"/vans/import/{made.pk}/").content.decode()
    assert "whoever began it may add vans no longer. 3 lines were not looked at" in page


def test_one_file_at_a_time_is_worked_off_and_each_once(alice: User, ours: House) -> None:
    actor = actor_of(alice)
    begin(alice, ours, file_of(vin(1)))
    second = imports.read_vans(actor=actor, company=ours.company, file_name="", content=file_of(vin(2)))
    with pytest.raises(Conflict) as refused:
        imports.begin_import(actor=actor, company=ours.company, pk=second.pk, updates=True)
    assert refused.value.code == "import_running"
    third = imports.read_vans(actor=actor, company=ours.company, file_name="", content=file_of(vin(3)))
    with company_scope(ours.scope):
        assert not VanImport.objects.filter(pk=second.pk).exists()  # a file that nobody began makes room
    imports.discard_import(actor=actor, company=ours.company, pk=third.pk)
    with pytest.raises(NotFound):
        imports.discard_import(actor=actor, company=ours.company, pk=third.pk)


def test_others_bring_no_files_and_see_none(
    alice: User, bob: User, charlie: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    made = begin(alice, ours, file_of("WK0"))
    for page in ("", "report.csv"):
        assert signed_in(charlie).get(f"/vans/import/{made.pk}/{page}").status_code == 404
        assert signed_in(bob).get(f"/vans/import/{made.pk}/{page}").status_code == 403
    assert signed_in(bob).get("/vans/import/").status_code == 403
    with pytest.raises(NotAllowed):
        imports.read_vans(actor=actor_of(charlie), company=ours.company, file_name="", content=b"VIN\nX")
    with pytest.raises(NotAllowed):
        importing.work_off(actor=actor_of(alice), company_id=ours.company.pk, import_id=made.pk)


def test_files_are_forgotten_in_time_and_with_their_company(alice: User, ours: House) -> None:
    imports.read_vans(actor=actor_of(alice), company=ours.company, file_name="", content=file_of("WK0"))
    assert imports.forget_old(now=timezone.now() + timedelta(days=29)) == 0
    assert imports.forget_old(now=timezone.now() + timedelta(days=31)) == 1
    imports.read_vans(actor=actor_of(alice), company=ours.company, file_name="", content=file_of("WK0"))
    assert DEPARTURE.erase is not None
    with company_scope(ours.scope):
        assert DEPARTURE.erase(SYSTEM, ours.company)
        assert not ImportLine.objects.filter(company=ours.company).exists()


def test_too_many_files_within_an_hour_are_refused(alice: User, ours: House, signed_in: SignIn) -> None:
    client = signed_in(alice)
    for _ in range(60):
        imports.read_vans(actor=actor_of(alice), company=ours.company, file_name="", content=file_of("WK0"))
    assert "too many files" in upload(client, file_of("WK0")).content.decode()


@pytest.mark.parametrize(("language", "heading"), [("en", "VIN,Number"), ("de", "FIN;Kenn"), ("nb", "VIN;Kjenne")])
def test_the_template_speaks_the_readers_language(
    alice: User, ours: House, signed_in: SignIn, language: str, heading: str
) -> None:
    alice.language = language
    alice.save()
    template = signed_in(alice).get("/vans/import/template.csv").content.decode("utf-8-sig")
    assert template.startswith(heading)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("WV1ZZZSYZM9012345", ["Volkswagen", "Germany", "2021"]),
        ("WV1Z", ["Volkswagen", "4 of 17 characters"]),
        ("WV1ZZZSYZO9012345", ["look whether it is a 0"]),
        ("LSKG4GL10MA012345", ["check digit"]),
        ("LSKG4GL11MA012345", ["Maxus", "China", "correct"]),
        ("W" * 18, ["has 18 characters"]),
    ],
)
def test_a_vin_is_explained_while_it_is_typed(
    alice: User, ours: House, signed_in: SignIn, typed: str, words: list[str]
) -> None:
    answer = signed_in(alice).get("/vans/vin/", {"vin": typed}).json()
    told = str([answer["facts"], answer["problems"], answer["hint"]])
    assert all(word in told for word in words)


def test_the_explanation_never_says_whether_a_vin_exists(
    alice: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    client = signed_in(alice)
    known, own, free = (client.get("/vans/vin/", {"vin": one}).content for one in
                        (theirs.vehicle.vin, ours.vehicle.vin, "WK0TEST0000000099"))  # fmt: skip
    assert known == own == free


def test_the_form_takes_make_and_year_from_the_vin(alice: User, ours: House, signed_in: SignIn) -> None:
    client = signed_in(alice)
    answer = client.post("/vans/add/", {"vin": "WV1ZZZSYZM9012345", "drive": "diesel"}, follow=True)
    assert "Its VIN says: Volkswagen · Germany · 2021." in answer.content.decode()
    van = vans_of(ours)["WV1ZZZSYZM9012345"]
    assert (van.make, van.model_year) == ("Volkswagen", 2021)
