"""ID-05, ID-06, ID-14: an injected clock walks people through warning, lock, notice and deletion."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity import actions
from kolonne.portal.identity.actions import life_cycle
from kolonne.portal.identity.models import HelpRequest, Market, PrivateProfile, State, User
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db
MAILS = ("life_cycle_warned", "life_cycle_locked", "life_cycle_noticed", "life_cycle_deleted")
ALL_FOUR = list(zip((60, 90, 150, 180), MAILS, strict=True))


def make(username: str = "ida.solberg", market: str = "no", state: State = State.ACTIVE) -> User:
    person = actions.PersonData(username, f"{username}@example.com", "Ida", "Solberg", "de")
    return actions.create_user(
        actor=SYSTEM, person=person, market=market, password="a long plain sentence", state=state
    )


def mails_of(user: User) -> Counter[str]:
    """What is queued for a person, by the name of the mail."""
    mine = [
        job.args["mail"]
        for job in ProcrastinateJob.objects.filter(task_name="identity.send_mail")
        if job.args["user_id"] == user.pk
    ]
    farewells = ProcrastinateJob.objects.filter(task_name="identity.send_farewell")
    return Counter(mine) + Counter(job.args["mail"] for job in farewells)


class Clock:
    """Days since the person's last sign-in, and the mails with the day on which each was queued."""

    def __init__(self, user: User) -> None:
        self.user, self.start = user, user.last_sign_in_at
        self.mails: list[tuple[int, str]] = []
        self.seen = mails_of(user)

    def at(self, day: float) -> datetime:
        return self.start + timedelta(days=day)

    def run(self, first: int, last: int, standstill: range = range(0)) -> list[tuple[int, str]]:
        """The job, daily at noon; not at all during the standstill."""
        for day in range(first, last + 1):
            if day in standstill:
                continue
            if not life_cycle.advance(now=self.at(day) + timedelta(minutes=1)):
                continue
            self.mails += [(day, mail) for mail in (mails_of(self.user) - self.seen).elements()]
            self.seen = mails_of(self.user)
        self.user.refresh_from_db()
        return self.mails


def test_an_account_is_warned_locked_announced_and_deleted_with_exactly_these_mails() -> None:
    user = make()
    clock = Clock(user)
    assert clock.run(0, 59) == []
    assert clock.run(60, 89) == ALL_FOUR[:1]
    assert user.state == State.ACTIVE
    clock.run(90, 90)
    assert user.state == State.LOCKED
    assert not user.is_active
    clock.run(91, 179)
    assert user.state == State.LOCKED
    assert clock.run(180, 400) == ALL_FOUR
    assert user.state == State.DELETED


# Standing still for 40 days from `first` on: each mail still comes, and after each the time that it promises.
@pytest.mark.parametrize(
    ("first", "days"),
    [
        (10, [60, 90, 150, 180]),
        (50, [90, 120, 180, 210]),
        (70, [60, 110, 170, 200]),
        (85, [60, 125, 185, 215]),
        (130, [60, 90, 170, 200]),
        (150, [60, 90, 190, 220]),
        (175, [60, 90, 150, 215]),
    ],
)
def test_after_forty_days_of_standstill_everybody_gets_every_mail_and_the_promised_time(
    first: int, days: list[int]
) -> None:
    clock = Clock(make())
    assert clock.run(0, 400, range(first, first + 40)) == list(zip(days, MAILS, strict=True))


def test_a_server_that_was_away_for_a_year_deletes_nobody_at_once() -> None:
    clock = Clock(make())
    assert clock.run(365, 600) == list(zip((365, 395, 455, 485), MAILS, strict=True))


def test_signing_in_on_day_89_keeps_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make()
    clock = Clock(user)
    clock.run(0, 88)
    monkeypatch.setattr(timezone, "now", lambda: clock.at(89))
    actions.note_sign_in(user)
    clock.run(89, 148)
    assert user.state == State.ACTIVE
    assert clock.mails == [(60, "life_cycle_warned")]
    assert clock.run(149, 178)[1:] == [(149, "life_cycle_warned")]
    assert clock.run(179, 179)[2:] == [(179, "life_cycle_locked")]


def test_a_private_drivers_sign_in_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make()
    PrivateProfile.objects.create(user=user, name="Ida")
    clock = Clock(user)
    clock.run(0, 89)
    monkeypatch.setattr(timezone, "now", lambda: clock.at(89.5))
    life_cycle.seen(user)
    clock.run(90, 149)
    assert user.state == State.ACTIVE
    assert clock.mails == [(60, "life_cycle_warned")]


def test_being_seen_is_written_once_a_day_and_opens_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make()
    start = user.last_sign_in_at
    for hours, expected in ((5, 0), (25, 25), (30, 25), (50, 50)):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: start + timedelta(hours=hours))
        life_cycle.seen(user)
        user.refresh_from_db()
        assert user.last_sign_in_at == start + timedelta(hours=expected)
    User.objects.filter(pk=user.pk).update(state=State.LOCKED)
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(days=9))
    life_cycle.seen(user)
    actions.note_sign_in(user)
    assert user.state == State.LOCKED
    assert user.last_sign_in_at == start + timedelta(hours=50)


def test_a_market_with_other_periods_keeps_them() -> None:
    Market.objects.filter(pk="de").update(warn_days=10, lock_days=15, notice_days=16, delete_days=30)
    german, norwegian = Clock(make("german", market="de")), Clock(make("norwegian"))
    assert german.run(0, 40) == list(zip((10, 15, 16, 30), MAILS, strict=True))
    assert norwegian.mails == []


def test_running_twice_on_a_day_changes_nothing() -> None:
    clock = Clock(make())
    for day in (60, 90, 150, 180):
        now = clock.at(day) + timedelta(minutes=1)
        assert sum(life_cycle.advance(now=now).values()) == 1
        assert sum(life_cycle.advance(now=now).values()) == 0


def test_a_step_whose_mail_cannot_be_queued_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step, mail and entry are one transaction; what fails for one person keeps nobody else from his step."""
    first, second = make("first"), make("second")
    clock = Clock(first)
    User.objects.filter(pk=first.pk).update(language="xx")  # no such language: the date has no words
    assert life_cycle.advance(now=clock.at(61)) == {"failed": 1, "warn": 1}
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.life_cycle_step, second.life_cycle_step) == ("", "warned")
    assert mails_of(first) == {}
    User.objects.filter(pk=first.pk).update(language="nb")
    assert life_cycle.advance(now=clock.at(62)) == {"warn": 1}


def test_blocked_and_invited_people_are_told_and_deleted_but_promised_no_sign_in() -> None:
    for state in (State.BLOCKED, State.INVITED):
        clock = Clock(make(state.value, state=state))
        assert clock.run(0, 400) == [(150, "life_cycle_noticed"), (180, "life_cycle_deleted")]
        assert clock.user.state == State.DELETED
        ProcrastinateJob.objects.all().delete()


def test_whoever_is_blocked_after_the_warning_is_still_told_before_he_is_deleted() -> None:
    clock = Clock(make())
    clock.run(0, 70)
    User.objects.filter(pk=clock.user.pk).update(state=State.BLOCKED, state_since=clock.at(120))
    assert clock.run(121, 400)[1:] == [(180, "life_cycle_noticed"), (210, "life_cycle_deleted")]


def test_an_unblocked_person_is_warned_before_he_is_locked() -> None:
    clock = Clock(make(state=State.BLOCKED))
    clock.run(0, 160)
    User.objects.filter(pk=clock.user.pk).update(state=State.ACTIVE, state_since=clock.at(161))
    assert clock.run(161, 200)[1:] == [(161, "life_cycle_warned"), (191, "life_cycle_locked")]


def test_revived_people_start_anew() -> None:
    clock = Clock(make())
    clock.run(0, 100)
    assert clock.user.state == State.LOCKED
    actions.revive(actor=SYSTEM, user=clock.user)
    assert (clock.user.state, clock.user.life_cycle_step) == (State.ACTIVE, "")
    assert clock.user.last_sign_in_at > clock.start


def test_deletion_leaves_a_number_and_nothing_else() -> None:
    user = make()
    TOTP.activate(user, generate_totp_secret())
    PrivateProfile.objects.create(user=user, name="Ida Solberg", mobile="+47 1")
    HelpRequest.objects.create(user_id_given="x", email=user.email, market_id="no")
    clock = Clock(user)
    clock.run(0, 180)
    assert user.state == State.DELETED
    assert user.username.startswith(f"deleted-{user.pk}-")
    assert (user.email, user.first_name, user.last_name, str(user)) == ("", "", "", user.username)
    assert not user.has_usable_password()
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not PrivateProfile.objects.filter(pk=user.pk).exists()
    assert not HelpRequest.objects.exists()
    assert not Authenticator.objects.filter(user=user).exists()
    # The last mail finds its address, and no job holds it in words that somebody else can read.
    job = ProcrastinateJob.objects.get(task_name="identity.send_farewell")
    assert "ida" not in str(job.args).lower()
    # The user id and the address are free again.
    assert make().pk != user.pk


def test_every_step_stands_in_the_audit() -> None:
    user = make()
    Clock(user).run(0, 180)
    with user_scope(user.pk):
        verbs = Entry.objects.filter(target=f"identity.user:{user.pk}").order_by("pk").values_list("verb", flat=True)
        assert list(verbs) == [
            "identity.user.created",
            "identity.user.warned",
            "identity.user.locked",
            "identity.user.deletion_announced",
            "identity.user.deleted",
        ]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sign_ins=st.sets(st.integers(1, 260), max_size=4),
    standstills=st.lists(st.tuples(st.integers(0, 260), st.integers(1, 60)), max_size=3),
)
def test_no_lock_without_its_warning_and_no_mail_twice(sign_ins: set[int], standstills: list[tuple[int, int]]) -> None:
    """Whatever people and servers do: the time between two mails is that of the market, and none comes twice."""
    # Nobody who is left over from one example may get mails in the next.
    with transaction.atomic():
        _live(sign_ins, standstills)
        transaction.set_rollback(True)


def _live(sign_ins: set[int], standstills: list[tuple[int, int]]) -> None:
    user = make()
    clock = Clock(user)
    away = {day for first, length in standstills for day in range(first, first + length)}
    periods: list[list[tuple[int, str]]] = [[]]
    for day in range(300):
        if day in sign_ins and user.state == State.ACTIVE:
            again = {"last_sign_in_at": clock.at(day), "life_cycle_step": "", "life_cycle_at": None}
            User.objects.filter(pk=user.pk).update(**again)
            periods.append([])
        elif day % 5 == 0 and day not in away:
            before = len(clock.mails)
            clock.run(day, day)
            periods[-1] += clock.mails[before:]
    for mails in periods:
        days = [day for day, _ in mails]
        assert [mail for _, mail in mails] == list(MAILS[: len(mails)])
        assert all(later - earlier >= gap for earlier, later, gap in zip(days, days[1:], (30, 60, 30), strict=False))
    assert (user.state != State.ACTIVE) == ("life_cycle_locked" in [mail for _, mail in clock.mails])
