"""ID-04: a new password by mail, without telling anybody who exists, and past neither lock nor second factor."""

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import SYSTEM, person
from kolonne.portal.identity import actions, links
from kolonne.portal.identity.actions import reset
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests.post import PostOffice, path_in
from kolonne.portal.identity.tests.solving import solved
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db
OLD = "yonder lamp of seven rivers"
NEW = "quiet otter under blue gravel"
PAGE = "/accounts/password/reset/"


@pytest.fixture
def ida() -> User:
    cache.clear()
    user = person("ida")
    user.set_password(OLD)
    user.save()
    return user


@pytest.fixture
def post(ida: User) -> PostOffice:
    return PostOffice()


def ask(email: str, client: Client | None = None) -> Client:
    client = client or Client()
    answer = client.post(PAGE, {"email": email, "challenge": solved()})
    assert answer["Location"] == "/accounts/password/reset/done/", answer.content.decode()
    return client


def link_to(user: User, post: PostOffice) -> str:
    ask(user.email)
    return path_in(post.run()[-1])


def choose(client: Client, password: str = NEW, again: str | None = None) -> str:
    data = {"password1": password, "password2": password if again is None else again}
    answer = client.post("/accounts/password/reset/choose/", data)
    return answer["Location"] if answer.status_code == 302 else answer.content.decode()


def can_sign_in(user: User, password: str) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": user.username, "password": password})
    return "_auth_user_id" in client.session


def test_the_whole_way(ida: User, post: PostOffice, signed_in: Callable[[User], Client]) -> None:
    elsewhere = signed_in(ida)
    client = Client()
    step = client.get(link_to(ida, post))
    assert step["Location"] == "/accounts/password/reset/choose/"
    assert choose(client) == "/accounts/password/reset/changed/"
    assert client.get("/accounts/password/reset/changed/").status_code == 200
    assert "_auth_user_id" not in client.session
    assert elsewhere.get("/account/").status_code == 302
    assert not can_sign_in(ida, OLD)
    assert can_sign_in(ida, NEW)
    told = post.run()[0]
    assert told.to == [ida.email]
    with user_scope(ida.pk):
        verbs = set(Entry.objects.filter(target=f"identity.user:{ida.pk}").values_list("verb", flat=True))
    assert verbs >= {"identity.password.reset_asked", "identity.password.changed"}


def test_known_and_unknown_addresses_get_one_answer_and_one_job_each(ida: User, post: PostOffice) -> None:
    answers = [ask(email).get("/accounts/password/reset/done/").content for email in (ida.email, "no@where.example")]
    texts = [re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", answer) for answer in answers]
    assert texts[0] == texts[1]
    jobs = post.queued()
    assert [job.task_name for job in jobs] == ["identity.answer_reset"] * 2
    assert all("@" not in str(job.args) for job in jobs)
    assert [message.to for message in post.run()] == [[ida.email]]


def test_the_address_counts_whatever_its_case(ida: User, post: PostOffice) -> None:
    ask(ida.email.upper())
    assert [message.to for message in post.run()] == [[ida.email]]


def test_without_the_challenge_nothing_happens_and_the_address_stays_in_its_field(ida: User, post: PostOffice) -> None:
    answer = Client().post(PAGE, {"email": ida.email})
    assert answer.status_code == 200
    assert "robot" in answer.content.decode()
    assert f'value="{ida.email}"' in answer.content.decode()
    assert post.queued() == []


def test_one_network_address_may_not_ask_for_ever(ida: User, post: PostOffice) -> None:
    for number in range(20):
        ask(f"x{number}@example.com")
    answer = Client().post(PAGE, {"email": ida.email, "challenge": solved()})
    assert answer.status_code == 429
    assert f'value="{ida.email}"' in answer.content.decode()


def test_one_account_gets_five_mails_an_hour_and_the_page_does_not_tell(ida: User, post: PostOffice) -> None:
    for _ in range(7):
        ask(ida.email)
    assert len(post.run()) == 5


@pytest.mark.parametrize(
    ("state", "word"), [(State.LOCKED, "locked"), (State.BLOCKED, "blocked"), (State.INVITED, "invitation")]
)
def test_whoever_may_not_come_in_is_told_what_to_do_instead(
    ida: User, post: PostOffice, state: State, word: str
) -> None:
    User.objects.filter(pk=ida.pk).update(state=state)
    ask(ida.email)
    (message,) = post.run()
    assert word in str(message.body)
    assert "/key/" not in str(message.body)
    assert "/accounts/help/" in str(message.body)


def test_nobody_writes_to_an_address_that_was_never_shown_to_be_the_persons(ida: User, post: PostOffice) -> None:
    EmailAddress.objects.filter(user=ida).update(verified=False)
    ask(ida.email)
    assert post.run() == []


def test_a_deleted_person_gets_no_mail(ida: User, post: PostOffice) -> None:
    User.objects.filter(pk=ida.pk).update(state=State.DELETED)
    ask(ida.email)
    assert post.run() == []


def test_a_link_works_once(ida: User, post: PostOffice) -> None:
    path = link_to(ida, post)
    client, other = Client(), Client()
    for browser in (client, other):
        browser.get(path)
    assert choose(client) == "/accounts/password/reset/changed/"
    assert "used already" in choose(other, "another password of some length")
    refused = Client().get(path)
    assert refused.status_code == 410
    assert "Send a new link" in refused.content.decode()
    assert can_sign_in(ida, NEW)


def test_opening_the_link_uses_nothing_up(ida: User, post: PostOffice) -> None:
    """Mail scanners open links, some with HEAD."""
    path = link_to(ida, post)
    for _ in range(3):
        assert Client().get(path).status_code == 302
        assert Client().head(path).status_code == 302
    client = Client()
    client.get(path)
    assert choose(client) == "/accounts/password/reset/changed/"


def test_an_altered_link_is_refused(ida: User, post: PostOffice) -> None:
    path = link_to(ida, post)
    for altered in (
        path[:-4] + "xyz/",
        path.replace("key/", "key/1"),
        "/accounts/password/reset/key/1-abc/",
        path[:-20] + "/",
    ):
        answer = Client().get(altered)
        assert answer.status_code == 404
        assert "not complete" in answer.content.decode()
        assert "Send a new link" in answer.content.decode()


def test_links_swapped_between_two_people_are_refused(ida: User, post: PostOffice) -> None:
    other = person("eve")
    mine, hers = link_to(ida, post), link_to(other, post)
    start = len("/accounts/password/reset/key/")
    (my_head, _, my_end), (her_head, _, her_end) = mine[start:].split("."), hers[start:].split(".")
    for mixed in (mine.replace(my_head, her_head), mine.replace(my_end, her_end)):
        assert Client().get(mixed).status_code == 404
    # One browser, two links: the password is that of the link opened last, never of the other.
    client = Client()
    client.get(mine)
    client.get(hers)
    choose(client)
    assert can_sign_in(other, NEW)
    assert can_sign_in(ida, OLD)


def test_a_link_for_something_else_opens_nothing_here(ida: User) -> None:
    token = links.make("keep", ida)
    assert Client().get(f"/accounts/password/reset/key/{token}/").status_code == 404


def test_an_old_link_is_refused(ida: User, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    path = link_to(ida, post)
    client = Client()
    client.get(path)
    later = time.time() + 3601
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert "too old" in Client().get(path).content.decode()
    assert "too old" in choose(client)


def test_the_page_with_the_form_has_no_secret_in_its_address(ida: User, post: PostOffice) -> None:
    path = link_to(ida, post)
    client = Client()
    assert client.get(path)["Referrer-Policy"] == "strict-origin"
    page = client.get("/accounts/password/reset/choose/").content.decode()
    assert path.split("/")[-2] not in page


def test_without_a_link_the_form_does_nothing(ida: User) -> None:
    assert "not complete" in choose(Client())
    assert can_sign_in(ida, OLD)


def test_a_bad_password_is_refused_with_words_and_the_link_stays_good(ida: User, post: PostOffice) -> None:
    client = Client()
    client.get(link_to(ida, post))
    for password, again in (("short", "short"), (NEW, "something else"), ("passwordpassword", "passwordpassword")):
        assert "k-error" in choose(client, password, again)
    assert choose(client) == "/accounts/password/reset/changed/"


def test_a_password_lock_is_lifted(ida: User, post: PostOffice) -> None:
    User.objects.filter(pk=ida.pk).update(state=State.PASSWORD_LOCKED, failed_sign_ins=100)
    client = Client()
    client.get(link_to(ida, post))
    choose(client)
    ida.refresh_from_db()
    assert (ida.state, ida.failed_sign_ins) == (State.ACTIVE, 0)


@pytest.mark.parametrize("state", [State.LOCKED, State.BLOCKED, State.DELETED])
def test_a_lock_between_mail_and_click_wins(ida: User, post: PostOffice, state: State) -> None:
    client = Client()
    client.get(link_to(ida, post))
    User.objects.filter(pk=ida.pk).update(state=state)
    assert "k-error" not in choose(client)
    ida.refresh_from_db()
    assert ida.check_password(OLD)
    with pytest.raises(Conflict):
        reset.choose_password(actor=SYSTEM, token=links.make(reset.PURPOSE, ida), password=NEW, origin={})


def test_the_second_factor_is_asked_for_as_always(ida: User, post: PostOffice) -> None:
    TOTP.activate(ida, generate_totp_secret())
    client = Client()
    client.get(link_to(ida, post))
    choose(client)
    answer = client.post("/accounts/login/", {"login": "ida", "password": NEW})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_after_a_helpers_reset_the_old_address_opens_nothing(ida: User, post: PostOffice) -> None:
    """ID-08: the mail from before must not be a way around the unique address."""
    before = link_to(ida, post)
    actions.reset_password(actor=SYSTEM, user=ida)
    assert Client().get(before).status_code == 410
    ask(ida.email)
    messages = post.run()
    assert all("/key/" not in str(message.body) for message in messages)
    User.objects.filter(pk=ida.pk).update(renewal_until=timezone.now() - timedelta(days=1))
    ask(ida.email)
    assert all("/key/" not in str(message.body) for message in post.run())
