"""ID-11, ASVS 7.3, 7.4: people see where they are signed in, end it, and are told of devices that are new."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity import actions
from kolonne.portal.identity.middleware import SINCE
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db
PASSWORD = "a long and plain sentence"
NEW_PASSWORD = "drei blaue Busse essen Radiergummi"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
_SITE = Client().handler


@pytest.fixture
def ida() -> Iterator[User]:
    cache.clear()
    data = actions.PersonData("ida.solberg", "ida@fjordbud.example", first_name="Ida")
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield actions.create_user(actor=SYSTEM, person=data, market="no", password=PASSWORD)


def browser(password: str = PASSWORD, **cookies: str) -> Client:
    client = Client(headers={"User-Agent": FIREFOX})
    client.handler = _SITE
    client.cookies.load(cookies)
    client.post("/accounts/login/", {"login": "ida.solberg", "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/accounts/sessions/").status_code == 200


def queued() -> list[tuple[str, dict[str, str]]]:
    jobs = ProcrastinateJob.objects.filter(task_name="identity.send_mail").order_by("id")
    return [(job.args["mail"], job.args["facts"]) for job in jobs]


def verbs_of(user: User) -> list[str]:
    with user_scope(user.pk):
        return list(Entry.objects.order_by("id").values_list("verb", flat=True))


def test_the_page_names_devices_in_words_and_marks_this_one(ida: User) -> None:
    browser()
    page = browser().get("/accounts/sessions/").content.decode()
    assert page.count("Firefox, Windows") >= 2
    assert page.count("This device<") == 1


def test_one_other_device_is_signed_out(ida: User) -> None:
    lost, here = browser(), browser()
    row = UserSession.objects.get(session_key=lost.session.session_key)
    here.post("/accounts/sessions/", {"session": row.pk})
    assert (is_in(lost), is_in(here)) == (False, True)
    assert verbs_of(ida)[-1] == "identity.session.ended"


def test_nobody_ends_a_strangers_session(ida: User) -> None:
    here = browser()
    data = actions.PersonData("eve", "eve@example.com")
    eve = actions.create_user(actor=SYSTEM, person=data, market="no", password=PASSWORD)
    stranger = Client()
    stranger.force_login(eve)
    row = UserSession.objects.get(session_key=here.session.session_key)
    assert stranger.post("/accounts/sessions/", {"session": row.pk}).status_code == 404
    assert is_in(here)


def test_sign_out_everywhere_else_keeps_this_device_only(ida: User) -> None:
    other, here = browser(), browser()
    answer = here.post("/accounts/sessions/", follow=True)
    assert "1 other device was signed out" in answer.content.decode()
    assert (is_in(other), is_in(here)) == (False, True)
    assert verbs_of(ida)[-1] == "identity.user.signed_out_everywhere"


def test_a_new_password_ends_the_other_devices_and_tells_by_mail(ida: User) -> None:
    other, here = browser(), browser()
    fields = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    here.post("/accounts/password/change/", fields)
    assert (is_in(other), is_in(here)) == (False, True)
    assert queued()[-1][0] == "password_changed"
    assert "identity.password.changed" in verbs_of(ida)
    assert is_in(browser(NEW_PASSWORD))


def test_an_easy_password_is_refused_with_its_remedy_beside_the_field(ida: User) -> None:
    fields = {"oldpassword": PASSWORD, "password1": "kolonnekolonnekolonne", "password2": "kolonnekolonnekolonne"}
    page = browser().post("/accounts/password/change/", fields).content.decode()
    assert "too easy to guess" in page
    assert 'aria-describedby="id_password1_helptext id_password1_error"' in page or "id_password1_error" in page


def test_a_session_ends_after_its_idle_and_its_absolute_time(ida: User) -> None:
    idle, old, fresh = browser(), browser(), browser()
    long_ago = timezone.now() - timedelta(hours=2, minutes=1)
    UserSession.objects.filter(session_key=idle.session.session_key).update(last_seen_at=long_ago)
    kept = old.session
    kept[SINCE] = (timezone.now() - timedelta(hours=12, minutes=1)).timestamp()
    kept.save()
    fresh.get("/accounts/sessions/")
    assert (is_in(idle), is_in(old), is_in(fresh)) == (False, False, True)


def test_a_browser_that_was_not_seen_before_is_told_by_mail_but_not_the_first(ida: User) -> None:
    first = browser()
    assert queued() == []
    first.post("/accounts/logout/")
    first.post("/accounts/login/", {"login": "ida.solberg", "password": PASSWORD})
    assert queued() == []
    browser()
    assert queued() == [("new_device", {"device": "Firefox, Windows", "address": "127.0.0.1"})]
    browser(**{"kolonne-device": f"{ida.pk}:forged:cookie"})
    assert len(queued()) == 2


def test_a_new_address_is_used_when_its_code_was_typed_and_not_before(ida: User) -> None:
    """ID-01: `User.email` and the verified address stay in step; the old address is told."""
    here = browser()
    mail.outbox.clear()
    here.post("/accounts/email/", {"action_add": "1", "email": "Ida.New@example.com"})
    ida.refresh_from_db()
    assert ida.email == "ida@fjordbud.example"
    code = mail.outbox[-1].subject.split()[0]
    assert mail.outbox[-1].to == ["ida.new@example.com"]
    here.post("/accounts/confirm-email/", {"code": code})
    ida.refresh_from_db()
    rows = list(EmailAddress.objects.filter(user=ida).values_list("email", "verified", "primary"))
    assert (ida.email, rows) == ("ida.new@example.com", [("ida.new@example.com", True, True)])
    assert mail.outbox[-1].to == ["ida@fjordbud.example"]
    assert "ida.new@example.com" in str(mail.outbox[-1].body)
    assert "identity.email.changed" in verbs_of(ida)


def test_the_address_of_somebody_else_is_not_taken_and_not_betrayed(ida: User) -> None:
    """The page is the same as for a free one; the code goes to the mailbox, and even with it nothing changes."""
    actions.create_user(actor=SYSTEM, person=actions.PersonData("eve", "eve@example.com"), market="no")
    here = browser()
    mail.outbox.clear()
    page = here.post("/accounts/email/", {"action_add": "1", "email": "eve@example.com"}, follow=True)
    assert "Type the code" in page.content.decode()
    here.post("/accounts/confirm-email/", {"code": mail.outbox[-1].subject.split()[0]})
    ida.refresh_from_db()
    assert ida.email == "ida@fjordbud.example"
    assert not EmailAddress.objects.filter(user=ida, email="eve@example.com").exists()


def test_the_only_address_cannot_be_removed(ida: User) -> None:
    browser().post("/accounts/email/", {"action_remove": "1", "email": "ida@fjordbud.example"})
    ida.refresh_from_db()
    assert ida.email == "ida@fjordbud.example"
