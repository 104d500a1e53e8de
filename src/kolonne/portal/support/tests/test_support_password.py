"""SU-01, SU-02: a person's support password and code, and what becomes of whoever guesses at them."""

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.queries import Wanted
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import Company, Role
from kolonne.portal.companies.queries import actor_of, chains
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User
from kolonne.portal.identity.queries import himself
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.support import actions
from kolonne.portal.support.models import SupportPassword
from kolonne.portal.support.tests.conftest import SECRET

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
PAGE = "/account/support-password/"
SIGN_IN_PASSWORD = "grey fjords sing softly"


def set_it(client: Client, password: str, again: str | None = None) -> int:
    return client.post(PAGE, {"password": password, "password_again": again or password}).status_code


def tried(helper: User, login: str, secret: str, **when: object) -> bool:
    return actions.prove(actor=actor_of(helper), login=login, secret=secret, **when) is not None  # type: ignore[arg-type]


def test_a_person_sets_changes_and_removes_it(bob: User, signed_in: SignIn) -> None:
    client = signed_in(bob)
    assert "None is set" in client.get(PAGE).content.decode()
    assert set_it(client, SECRET) == 302
    row = SupportPassword.objects.get(user=bob)
    assert row.password.startswith("argon2$")
    page = client.get(PAGE).content.decode()
    assert "Set on" in page
    assert SECRET not in page
    assert set_it(client, "another7") == 302
    assert client.post(PAGE + "remove/").status_code == 302
    assert SupportPassword.objects.get(user=bob).password == ""


@pytest.mark.parametrize("password", ["short", "x" * 21, "with space", "tab\tinside", "nbsp\u00a0inside", " leading"])
def test_what_it_must_be(password: str, bob: User, signed_in: SignIn) -> None:
    assert set_it(signed_in(bob), password) == 422
    assert not SupportPassword.objects.filter(user=bob).exists()
    with pytest.raises(Invalid):
        actions.set_password(actor=himself(bob), user=bob, password=password)


def test_it_is_typed_twice(bob: User, signed_in: SignIn) -> None:
    assert set_it(signed_in(bob), SECRET, "blaue-Ampel8") == 422


def test_it_is_not_the_sign_in_password(bob: User, signed_in: SignIn) -> None:
    bob.set_password("fjord-kite-7-moss")
    bob.save()
    assert set_it(signed_in(bob), "fjord-kite-7-moss") == 422


def test_the_sign_in_password_is_not_the_support_password(bob: User) -> None:
    actions.set_password(actor=himself(bob), user=bob, password="fjord-kite-7-moss")
    with pytest.raises(ValidationError, match="support password"):
        validate_password("fjord-kite-7-moss", bob)


def test_only_the_person_himself_sets_it(alice: User, bob: User) -> None:
    with pytest.raises(NotAllowed):
        actions.set_password(actor=actor_of(alice), user=bob, password=SECRET)


def test_others_do_not_see_whether_one_is_set(alice: User, bob: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    before = client.get(f"/people/{bob.pk}/").content
    actions.set_password(actor=himself(bob), user=bob, password=SECRET)
    after = client.get(f"/people/{bob.pk}/").content
    assert b"upport password" not in after
    assert len(before) == len(after)


def test_the_markets_administrator_does_not_read_of_it_either(bob: User, nora: User) -> None:
    actions.set_password(actor=himself(bob), user=bob, password=SECRET)
    actions.make_code(actor=himself(bob), user=bob)
    actions.remove_password(actor=himself(bob), user=bob)
    read = chains.read(actor_of(nora), chains.Chain(None), Wanted())
    assert read.entries
    assert [entry.verb for entry in read.entries if entry.verb.startswith("support.")] == []
    his = [entry.verb for entry in chains.read_about(bob, Wanted()).entries]
    assert {"support.password.set", "support.code.made", "support.password.removed"} <= set(his)


def test_it_signs_nobody_in(bob: User, bobs_password: str) -> None:
    bob.set_password(SIGN_IN_PASSWORD)
    bob.save()
    code, _until = actions.make_code(actor=himself(bob), user=bob)
    for secret in (bobs_password, code):
        client = Client()
        client.post("/accounts/login/", {"login": "bob", "password": secret})
        assert "_auth_user_id" not in client.session
    assert not Authenticator.objects.filter(user=bob).exists()


def test_a_code_works_once_and_for_a_quarter_of_an_hour(bob: User, kari: User, signed_in: SignIn) -> None:
    page = signed_in(bob).post(PAGE + "code/").content.decode()
    shown = page.partition('s-digits k-num">')[2].partition("<")[0]
    code = shown.replace(" ", "")
    assert len(code) == 8
    assert code.isdigit()
    row = SupportPassword.objects.get(user=bob)
    assert code not in row.code
    late = timezone.now() + settings.SUPPORT_CODE_LIFE + timedelta(seconds=1)
    assert timedelta(minutes=15) == settings.SUPPORT_CODE_LIFE
    assert not tried(kari, "bob", code, now=late)
    assert tried(kari, "bob", code)
    assert not tried(kari, "bob", code)
    assert shown not in signed_in(bob).get(PAGE).content.decode()


def test_after_five_wrong_tries_nothing_opens_until_a_new_one_is_set(
    bob: User, kari: User, bobs_password: str, signed_in: SignIn
) -> None:
    post = PostOffice()
    for number in range(5):
        assert not tried(kari, "bob", f"wrong-{number}")
    assert not tried(kari, "bob", bobs_password)
    with pytest.raises(Conflict):
        actions.make_code(actor=himself(bob), user=bob)
    (mail,) = post.run()
    assert mail.to == ["bob@example.com"]
    assert "frozen" in mail.subject
    assert "Kari Test" in mail.body
    assert "After 5 wrong tries" in signed_in(bob).get(PAGE).content.decode()
    actions.set_password(actor=himself(bob), user=bob, password="another7")
    assert tried(kari, "bob", "another7")


def test_tries_of_an_older_day_do_not_count_but_are_reported(bob: User, kari: User, bobs_password: str) -> None:
    post, now = PostOffice(), timezone.now()
    for number in range(4):
        assert not tried(kari, "bob", f"wrong-{number}")
    assert actions.report_tries(now=now + timedelta(hours=23)) == 0
    assert actions.report_tries(now=now + timedelta(hours=25)) == 1
    (mail,) = post.run()
    assert "4 wrong support passwords" in mail.body
    assert not tried(kari, "bob", "wrong-again", now=now + timedelta(hours=26))
    assert tried(kari, "bob", bobs_password, now=now + timedelta(hours=26))


def test_a_stranger_can_neither_open_nor_freeze(frode: User, greta: User, bob: User, bobs_password: str) -> None:
    assert not tried(frode, "bob", bobs_password)
    for number in range(6):
        assert not tried(frode, "bob", f"wrong-{number}")
    assert SupportPassword.objects.get(user=bob).frozen_at is None
    with pytest.raises(NotAllowed):
        tried(greta, "bob", bobs_password)


def test_the_answer_tells_nothing(
    kari: User, frode: User, bob: User, dora: User, bobs_password: str, at_the_desk: SignIn
) -> None:
    """Unknown, nothing set, wrong, foreign: one page. Dora has set nothing."""
    answers = set()
    for helper, login, secret in [
        (kari, "nobody", "wrong-1"), (kari, "dora", "wrong-1"), (kari, "bob", "wrong-1"), (frode, "bob", bobs_password),
    ]:  # fmt: skip
        page = at_the_desk(helper).post("/support/", {"login": login, "secret": secret})
        assert page.status_code == 422
        answers.add(page.content.decode().partition('role="alert"')[2].partition("</div></div>")[0])
    assert len(answers) == 1


def test_time_tells_nothing(kari: User, bob: User, bobs_password: str) -> None:
    """The two comparisons take most of the time, and everybody pays for both."""

    def took(login: str) -> float:
        begun = time.perf_counter()
        tried(kari, login, "wrong-1")
        return time.perf_counter() - begun

    took("nobody")
    unknown, known = median(took("nobody") for _ in range(5)), median(took("bob") for _ in range(4))
    assert 0.4 < unknown / known < 2.5


def test_a_helper_who_guesses_is_slowed_down_himself(kari: User, bob: User, at_the_desk: SignIn) -> None:
    client = at_the_desk(kari)
    for number in range(10):
        client.post("/support/", {"login": f"nobody{number}", "secret": "wrong-1"})
    page = client.post("/support/", {"login": "nobody", "secret": "wrong-1"})
    assert "Too many wrong tries from you" in page.content.decode()


def test_nobody_helps_himself_a_colleague_a_helper_or_an_operator(
    kari: User, dealer: Company, sigrid: User, nora: User, ours: House
) -> None:
    colleague = person("colleague", dealer, Role.ADMINISTRATOR)
    companies.add_member(actor=SYSTEM, company=ours.company, user=colleague, roles=[Role.DRIVER])
    for user in (kari, nora, colleague):
        if user is not colleague:
            companies.add_member(actor=SYSTEM, company=ours.company, user=user, roles=[Role.DRIVER])
        actions.set_password(actor=himself(user), user=user, password=SECRET)
        helper = actor_of(kari).within(dealer.pk)
        assert actions.prove(actor=helper, login=user.username, secret=SECRET) is None
    for user in (kari, nora):
        assert not tried(sigrid, user.username, SECRET)
