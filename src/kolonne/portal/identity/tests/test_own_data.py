"""CO-03: everybody changes his own data; name and date of birth, once compared with a document, ask for a new check."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import person
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions import own_data
from kolonne.portal.identity.actions.own_data import OwnData, change_own_data
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.actor import ActingFor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import platform_scope

pytestmark = pytest.mark.django_db
PASSWORD = "a long and plain sentence"
PAGE = "/account/data/"
BORN = date(1985, 3, 21)


@pytest.fixture
def ida(db: None) -> User:
    ida = person("ida")
    ida.set_password(PASSWORD)
    ida.save()
    return ida


@pytest.fixture
def verified(ida: User) -> User:
    ida.birth_date, ida.verification, ida.verified_at = BORN, Verification.VERIFIED, timezone.now()
    ida.save()
    return ida


def browser_of(user: User) -> Client:
    """Who has just proved who he is."""
    cache.clear()
    client = Client(raise_request_exception=False)
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return client


def form_of(user: User, /, **changes: Any) -> dict[str, Any]:
    now = {"first_name": user.first_name, "last_name": user.last_name, "mobile": user.mobile}
    now |= {"birth_date": user.birth_date.isoformat() if user.birth_date else ""}
    return {**now, **changes, **{f"initial-{name}": value for name, value in now.items()}}


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def changed(user: User, /, **changes: Any) -> User:
    seen = OwnData.of(user)
    return change_own_data(actor=himself(user), user=user, seen=seen, data=replace(seen, **changes))


def test_a_person_changes_names_birth_date_and_mobile_number(ida: User) -> None:
    sent = form_of(ida, first_name=" Ida  Marie ", birth_date="1985-03-21", mobile="91 23 45 67")
    assert browser_of(ida).post(PAGE, sent).headers["Location"] == "/account/"
    ida = fresh(ida)
    assert (ida.first_name, ida.birth_date, ida.mobile) == ("Ida Marie", BORN, "+4791234567")
    page = browser_of(ida).get(PAGE).content.decode()
    assert 'value="+47 91 23 45 67"' in page
    assert 'value="1985-03-21"' in page


def test_a_number_that_stays_is_no_change(ida: User) -> None:
    ida.mobile = "+4791234567"
    ida.save()
    shown = form_of(ida, mobile="+47 91 23 45 67")
    shown["initial-mobile"] = "+47 91 23 45 67"
    browser_of(ida).post(PAGE, shown)
    with platform_scope():
        assert not Entry.objects.filter(verb="identity.user.data_changed").exists()


def test_it_needs_a_recent_proof_of_who_it_is(ida: User, signed_in: Callable[[User], Client]) -> None:
    answer = signed_in(ida).post(PAGE, form_of(ida, first_name="Eve"))
    assert "reauthenticate" in answer.headers["Location"]
    assert fresh(ida).first_name == "Ida"
    assert Client().get(PAGE).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", ""), ("first_name", "123"), ("last_name", "x" * 151), ("last_name", "Te\u202est"),
     ("birth_date", "1985-13-01"), ("birth_date", "1885-03-21"), ("birth_date", "2999-01-01"), ("mobile", "12"),
     ("mobile", "+47 21 00 00 00"), ("mobile", "abc")],
)  # fmt: skip
def test_a_wrong_value_is_named_beside_its_field(field: str, value: str, ida: User) -> None:
    answer = browser_of(ida).post(PAGE, form_of(ida, **{field: value}))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert OwnData.of(fresh(ida)) == OwnData.of(ida)


@pytest.mark.parametrize(
    "wrong", [{"first_name": " "}, {"last_name": "\u202e"}, {"birth_date": date(2999, 1, 1)}, {"mobile": "12"}]
)
def test_the_action_refuses_what_the_form_would(wrong: dict[str, Any], ida: User) -> None:
    with pytest.raises(Invalid):
        changed(ida, **wrong)


def test_before_and_after_it_is_said_that_a_dealer_compares_anew(verified: User) -> None:
    """CO-03."""
    client, sent = browser_of(verified), form_of(verified, last_name="Nordmann")
    assert "has to be done again" in client.get(PAGE).content.decode()
    asked = client.post(PAGE, sent).content.decode()
    assert "You are no longer verified" in asked
    assert fresh(verified).verification == Verification.VERIFIED
    assert 'value="Nordmann"' in client.post(PAGE, {**sent, "back": "1"}).content.decode()
    after = client.post(PAGE, {**sent, "confirm": "1"}, follow=True).content.decode()
    assert "compare your data with your identity document again" in after
    assert (fresh(verified).last_name, fresh(verified).verification) == ("Nordmann", Verification.UNVERIFIED)
    assert fresh(verified).verified_at is not None


@pytest.mark.parametrize(
    ("change", "state"),
    [({"birth_date": date(1986, 3, 21)}, "unverified"), ({"birth_date": None}, "unverified"),
     ({"first_name": "Eva"}, "unverified"), ({"mobile": "+4791234567"}, "verified")],
)  # fmt: skip
def test_only_what_was_compared_asks_anew(change: dict[str, Any], state: str, verified: User) -> None:
    assert changed(verified, **change).verification == state


def test_nobody_changes_anothers_data_nor_in_anothers_name(ida: User, sam: User) -> None:
    seen = OwnData.of(ida)
    for actor in (himself(sam), replace(himself(ida), acting_for=ActingFor(ida.pk, "Ida", 1))):
        with pytest.raises(NotAllowed):
            change_own_data(actor=actor, user=ida, seen=seen, data=replace(seen, first_name="Eve"))


def test_who_saw_an_older_state_is_told(ida: User) -> None:
    sent = form_of(ida, last_name="Nordmann")
    changed(ida, last_name="Berg")
    page = browser_of(ida).post(PAGE, sent).content.decode()
    assert "changed meanwhile" in page
    assert fresh(ida).last_name == "Berg"
    with pytest.raises(Conflict):
        changed(ida, last_name="Nordmann")


def test_the_audit_says_which_fields_and_never_what_stood_in_them(verified: User) -> None:
    changed(verified, birth_date=date(1986, 3, 21), mobile="+4791234567")
    with platform_scope():
        entry = Entry.objects.get(verb="identity.user.data_changed")
    assert entry.facts == {"fields": ["birth_date", "mobile"]}


def test_a_mail_tells_the_person_what_kind_of_data_and_not_which(verified: User) -> None:
    changed(verified, first_name="Eva", birth_date=date(1986, 3, 21))
    job = ProcrastinateJob.objects.get(args__mail="own_data_changed")
    mails.send("own_data_changed", fresh(verified), job.args["facts"])
    text = str(outbox.outbox[-1].body)
    assert "Your date of birth in Kolonne was changed." in text
    assert "1986" not in text
    assert "mobile" not in text


def test_ages_are_counted_in_years_also_on_a_leap_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda: date(2028, 2, 29))
    assert own_data.day_years_ago(15) == date(2013, 2, 28)
    assert own_data.is_birth_date(date(2013, 2, 28))
    assert not own_data.is_birth_date(date(2013, 3, 1))
