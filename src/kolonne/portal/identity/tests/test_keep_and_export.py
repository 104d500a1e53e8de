"""ID-14: one click keeps an account, and whoever is about to be deleted takes his data along. ID-05: what mails say."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import IO, Any

import pytest
from django.core import mail as outbox
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import actions, links, mails
from kolonne.portal.identity.actions import export as export_actions
from kolonne.portal.identity.actions import life_cycle
from kolonne.portal.identity.models import Language, Market, PrivateProfile, State, User
from kolonne.portal.identity.tasks import send_farewell
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def ida(db: None) -> User:
    return person("ida")


def age(user: User, days: int) -> None:
    """The person was here so many days ago, and the life cycle runs each day since."""
    now = timezone.now()
    since = now - timedelta(days=days, minutes=1)
    User.objects.filter(pk=user.pk).update(last_sign_in_at=since, state_since=since)
    for day in range(1, days + 1):
        life_cycle.advance(now=since + timedelta(days=day, minutes=1))
    user.refresh_from_db()


def unpacked(file: IO[bytes]) -> dict[str, Any]:
    """The tables of the archive, by name; each is there as JSON and as CSV."""
    with zipfile.ZipFile(file) as archive:
        names = {name.removesuffix(".json") for name in archive.namelist() if name.endswith(".json")}
        assert {f"{name}.csv" for name in names} | {"README.txt"} <= set(archive.namelist())
        return {name: json.loads(archive.read(f"{name}.json")) for name in names}


def tables(answer: Any) -> dict[str, Any]:
    return unpacked(io.BytesIO(b"".join(answer.streaming_content)))


def last_mail(name: str, user: User) -> str:
    """The text of a queued mail, as the job sends it."""
    job = ProcrastinateJob.objects.filter(args__mail=name).latest("pk")
    mails.send(name, user, job.args["facts"])
    return str(outbox.outbox[-1].body)


def test_one_click_keeps_the_account_and_opening_the_link_does_nothing(ida: User) -> None:
    age(ida, 75)
    address = links.address("keep_account", "keep", ida).removeprefix("http://127.0.0.1")
    path = address[address.index("/accounts/") :]
    before = ida.last_sign_in_at
    browser = Client()
    page = browser.get(path)  # as a mail scanner does
    ida.refresh_from_db()
    assert (page.status_code, ida.last_sign_in_at) == (200, before)
    assert page["Referrer-Policy"] == "strict-origin"
    assert browser.post(path).status_code == 200
    ida.refresh_from_db()
    assert ida.last_sign_in_at > before + timedelta(days=74)
    assert ida.life_cycle_step == ""
    assert "_auth_user_id" not in browser.session  # it opens nothing
    with user_scope(ida.pk):
        assert Entry.objects.filter(verb="identity.user.kept", user_id=ida.pk).count() == 1
    # Used twice.
    assert browser.get(path).status_code == browser.post(path).status_code == 410


def test_a_keep_link_that_is_altered_foreign_old_or_late_is_refused_with_a_page(
    ida: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = person("olga")
    age(ida, 75)
    token = links.make("keep", ida)
    swapped = f"{olga.pk}-" + token.partition("-")[2]
    for bad in (token[:-1], token + "x", swapped, links.make("export", ida), "nothing"):
        answer = Client().post(f"/accounts/keep/{bad}/")
        assert answer.status_code == 410
        assert "not complete" in answer.content.decode()
    User.objects.filter(pk=ida.pk).update(state=State.LOCKED)
    answer = Client().post(f"/accounts/keep/{token}/")
    assert answer.status_code == 410
    ida.refresh_from_db()
    assert ida.state == State.LOCKED
    # Even a link made for a locked person opens no lock.
    assert Client().post(f"/accounts/keep/{links.make('keep', ida)}/").status_code == 410
    monkeypatch.setattr("time.time", lambda: timezone.now().timestamp() + 400 * 86400)
    assert "too old" in Client().get(f"/accounts/keep/{token}/").content.decode()


def test_a_locked_password_stays_locked_by_the_keep_link(ida: User) -> None:
    User.objects.filter(pk=ida.pk).update(state=State.PASSWORD_LOCKED, failed_sign_ins=100)
    ida.refresh_from_db()
    life_cycle.keep(user=ida)
    assert (ida.state, ida.failed_sign_ins) == (State.PASSWORD_LOCKED, 100)


def test_the_notice_offers_the_data_once_more_for_an_hour(ida: User, monkeypatch: pytest.MonkeyPatch) -> None:
    age(ida, 155)
    assert ida.life_cycle_step == "noticed"
    path = f"/accounts/export/{links.make('export', ida)}/"
    assert Client().get(path).status_code == 200
    answer = Client().post(path)
    assert answer["Content-Disposition"].startswith("attachment")
    assert tables(answer)["profile"][0]["username"] == "ida"
    assert tables(Client().post(path))  # a broken download may be repeated
    monkeypatch.setattr(export_actions, "TIME_TO_REPEAT", timedelta(0))
    assert Client().get(path).status_code == Client().post(path).status_code == 410
    assert Client().post("/accounts/export/altered/").status_code == 410


def test_the_export_holds_what_is_known_and_no_secrets(
    bob: User, ours: House, signed_in: Callable[[User], Client]
) -> None:
    bob.set_password("a long and plain sentence")
    bob.save()
    PrivateProfile.objects.create(user=bob, mobile="+47 99 99 99 99")
    actions.move(actor=SYSTEM, user=bob, to=State.BLOCKED, verb="identity.user.blocked")
    with export_actions.export_own(actor=SYSTEM, user=bob) as file:
        document = unpacked(file)
    assert document["email_addresses"] == [{"email": "bob@example.com", "verified": True, "primary": True}]
    assert document["organisations"][0]["organisation"] == ours.company.name
    assert document["organisations"][0]["roles"] == ["fleet_manager"]
    assert document["private_account"][0]["mobile"] == "+47 99 99 99 99"
    assert [entry["verb"] for entry in document["audit"]][-1] == "identity.user.blocked"
    with user_scope(bob.pk):
        receipt = Entry.objects.get(verb="identity.data.exported", user_id=None)
    assert receipt.facts["rows"]["audit"] == len(document["audit"])
    assert bob.password not in json.dumps(document)


def test_whoever_is_signed_in_downloads_his_data_after_proving_himself(
    bob: User, signed_in: Callable[[User], Client]
) -> None:
    assert Client().get("/account/export/").status_code == 302
    bob.set_password("a long and plain sentence")
    bob.save()
    browser = signed_in(bob)
    stale = browser.post("/account/export/")
    assert stale.status_code == 302
    assert "reauthenticate" in stale["Location"]
    cache.clear()
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/", {"login": "bob", "password": "a long and plain sentence"})
    assert browser.get("/account/export/").status_code == 200
    ready = browser.post("/account/export/")["Location"]
    assert browser.get(ready).status_code == 200
    answer = browser.post(ready)
    assert answer["Content-Disposition"] == 'attachment; filename="kolonne-my-data.zip"'
    assert tables(answer)["profile"][0]["username"] == "bob"
    assert ProcrastinateJob.objects.filter(args__mail="data_export", args__user_id=bob.pk).count() == 1


def test_the_link_to_ones_data_is_ones_own_and_ends(
    bob: User, alice: User, signed_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CO-11: for a day, for the same person, until the next "sign out everywhere"."""
    token = export_actions.ask_for_own(actor=SYSTEM, user=bob)
    page = f"/account/export/{token}/"
    assert Client().post(page).status_code == 302
    assert signed_in(alice).post(page).status_code == 410
    assert signed_in(bob).post(page[:-2] + "x/").status_code == 410
    assert tables(signed_in(bob).post(page))["profile"]
    actions.sign_out_everywhere(actor=SYSTEM, user=bob)
    answer = signed_in(bob).post(page)
    assert answer.status_code == 410
    assert "signed out everywhere" in answer.content.decode()
    fresh = export_actions.ask_for_own(actor=SYSTEM, user=bob)
    monkeypatch.setattr(export_actions, "LINK_LIFE", timedelta(seconds=-1))
    assert "too old" in signed_in(bob).get(f"/account/export/{fresh}/").content.decode()


def test_mails_say_when_what_happens_and_whom_to_ask(bob: User, alice: User) -> None:
    bob.language = Language.ENGLISH
    bob.save()
    Market.objects.filter(pk="no").update(support_email="help@kolonne.example", support_phone="+47 21 00 00 00")
    age(bob, 60)
    text = last_mail("life_cycle_warned", bob)
    in_30_days = f"{timezone.now() + timedelta(days=30):%-d %B %Y}"
    assert f"before {in_30_days}" in text
    assert "/accounts/keep/" in text
    assert "help@kolonne.example" in text
    assert "+47 21 00 00 00" in text
    age(bob, 30)  # the clock stands at 60 and is warned; 30 more
    User.objects.filter(pk=bob.pk).update(life_cycle_step="warned")
    bob.refresh_from_db()
    life_cycle.advance(now=bob.last_sign_in_at + timedelta(days=91))
    bob.refresh_from_db()
    assert bob.state == State.LOCKED
    text = last_mail("life_cycle_locked", bob)
    assert "Alice Test" in text
    assert "/accounts/" not in text


@pytest.mark.parametrize("language", Language.values)
@pytest.mark.parametrize("state", [State.LOCKED, State.BLOCKED, State.INVITED])
def test_every_mail_can_be_written_in_every_language(language: str, state: State, ida: User) -> None:
    facts = {"since": "1. mai", "lock_on": "2. mai", "notice_on": "3. mai", "delete_on": "4. mai", "link": "x://link"}
    facts |= {"on": "5. mai", "company": "Fjordbud AS", "person": "Ola", "name": "Ida", "username": "ida"}
    support = mails.support_of(Market(code="no"), language)
    for helpers in ([], ["Alice Test"]):
        for name in ("warned", "locked", "noticed", "deleted", "last_administrator"):
            more = {"user": ida, "helpers": helpers, "state": state, "step": "warn", **support}
            letter = mails.compose(f"life_cycle_{name}", language, {**facts, **more})
            assert letter.subject
            assert "mai" in letter.as_text
            assert "{" not in letter.as_text
            assert "  " not in letter.as_text


def test_the_last_mail_reaches_the_erased_address_in_its_language(ida: User) -> None:
    ida.language = Language.ENGLISH
    ida.save()
    age(ida, 181)
    assert ida.state == State.DELETED
    job = ProcrastinateJob.objects.get(task_name="identity.send_farewell")
    context = type("Context", (), {"job": job})()
    send_farewell(context, **job.args)
    assert outbox.outbox[-1].to == ["ida@example.com"]
    assert "was deleted" in outbox.outbox[-1].subject
    assert "user id ida" in outbox.outbox[-1].body
