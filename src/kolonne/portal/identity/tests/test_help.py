"""ID-07, B2-05: whoever cannot sign in is led to help, and learns nothing about anybody by asking."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import person
from kolonne.portal.identity.actions import help as help_requests
from kolonne.portal.identity.models import HelpRequest, HelpState, Market, State, User
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.identity.tests.solving import solved
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import user_scope

pytestmark = pytest.mark.django_db
PAGE = "/accounts/help/request/"
HELPER = Actor(label="Mona Helper")
NOBODY = Actor(label="self-service")


@pytest.fixture
def ida() -> User:
    cache.clear()
    return person("ida")


@pytest.fixture
def post(ida: User) -> PostOffice:
    return PostOffice()


def typed(**changes: str) -> dict[str, str]:
    facts = {
        "user_id_given": "ida", "first_name": "Ida", "last_name": "Test", "email": "ida@example.com",
        "company_name": "Fjordbud AS", "company_address": "Kaia 1, 0150 Oslo",
    }  # fmt: skip
    return facts | changes


def request_of(**changes: str) -> HelpRequest:
    return help_requests.ask_for_help(actor=NOBODY, data=help_requests.HelpData(**typed(**changes)), language="de")


def test_the_guide_leads_on_and_ends_at_the_support_of_ones_country(ida: User) -> None:
    Market.objects.filter(pk="de").update(support_email="hilfe@example.com", support_phone="+49 30 1234")
    page = Client().get("/accounts/help/", {"market": "de"}).content.decode()
    for word in ("/accounts/password/reset/", PAGE, "hilfe@example.com", "tel:+49301234"):
        assert word in page
    for market in ("no", "xx", "'", ""):
        assert "hilfe@example.com" not in Client().get("/accounts/help/", {"market": market}).content.decode()


def test_a_request_reaches_the_helpers_and_the_accounts_own_address(ida: User, post: PostOffice) -> None:
    answer = Client().post(PAGE, typed() | {"challenge": solved()})
    assert answer["Location"] == "/accounts/help/request/sent/"
    assert Client().get("/accounts/help/request/sent/").status_code == 200
    assert all("ida" not in str(job.args) for job in post.queued())
    (message,) = post.run()
    assert message.to == [ida.email]
    request = HelpRequest.objects.get()
    assert (request.user, request.market_id, request.state) == (ida, "no", HelpState.OPEN)
    assert request.company_address == "Kaia 1, 0150 Oslo"
    with user_scope(ida.pk):
        assert Entry.objects.filter(target=f"identity.user:{ida.pk}", verb="identity.help.asked").count() == 1


def test_a_stranger_gets_the_same_answer(ida: User, post: PostOffice) -> None:
    answer = Client().post(PAGE, typed(user_id_given="who", email="who@example.com") | {"challenge": solved()})
    assert answer["Location"] == "/accounts/help/request/sent/"
    assert post.run() == []
    assert HelpRequest.objects.get().user is None


@pytest.mark.parametrize(
    "field", ["user_id_given", "first_name", "last_name", "email", "company_name", "company_address"]
)
def test_every_field_is_needed_and_nothing_typed_is_lost(ida: User, post: PostOffice, field: str) -> None:
    answer = Client().post(PAGE, typed(**{field: " "}) | {"challenge": solved()})
    page = answer.content.decode()
    assert "k-error" in page
    assert all(f'value="{value}"' in page for name, value in typed().items() if name != field)
    assert post.queued() == []


def test_a_robot_is_refused_and_nothing_typed_is_lost(ida: User, post: PostOffice) -> None:
    answer = solved()
    assert Client().post(PAGE, typed() | {"challenge": answer}).status_code == 302
    page = Client().post(PAGE, typed() | {"challenge": answer}).content.decode()
    assert "sent before" in page
    assert 'value="Kaia 1, 0150 Oslo"' in page


def test_one_network_address_may_not_ask_for_ever(ida: User) -> None:
    for _ in range(10):
        assert Client().post(PAGE, typed() | {"challenge": solved()}).status_code == 302
    answer = Client().post(PAGE, typed() | {"challenge": solved()})
    assert answer.status_code == 429
    assert 'value="Kaia 1, 0150 Oslo"' in answer.content.decode()


def test_who_is_meant_is_found_by_user_id_then_by_address(ida: User) -> None:
    eve = person("eve")
    assert request_of(user_id_given="IDA", email="eve@example.com").user == ida
    assert request_of(user_id_given="forgotten", email="EVE@example.com").user == eve
    User.objects.filter(pk=eve.pk).update(state=State.DELETED)
    request = request_of(user_id_given="eve", email="eve@example.com")
    assert (request.user, request.market_id) == (None, "de")


def test_an_empty_address_means_nobody(ida: User) -> None:
    User.objects.filter(pk=ida.pk).update(email="")
    assert request_of(user_id_given="x", email="").user is None


def test_three_mails_a_day_to_one_account(ida: User, post: PostOffice) -> None:
    for _ in range(5):
        request_of()
    assert len(post.run()) == 3
    assert HelpRequest.objects.count() == 5


def test_the_first_helper_answers(ida: User) -> None:
    request = request_of()
    help_requests.answer(actor=HELPER, request=request, state=HelpState.DONE)
    assert (request.state, request.handled_by) == (HelpState.DONE, "Mona Helper")
    with pytest.raises(Conflict):
        help_requests.answer(actor=Actor(label="Other"), request=request, state=HelpState.REFUSED)
    with user_scope(ida.pk):
        assert Entry.objects.filter(target=f"identity.user:{ida.pk}", verb="identity.help.done").exists()


def test_what_nobody_needs_any_more_is_forgotten(ida: User) -> None:
    now = timezone.now()
    open_one, answered, strange = request_of(), request_of(), request_of(user_id_given="who", email="w@example.com")
    help_requests.answer(actor=HELPER, request=answered, state=HelpState.REFUSED)
    assert help_requests.forget_old(now=now + timedelta(days=29)) == 0
    assert help_requests.forget_old(now=now + timedelta(days=31)) == 2
    assert list(HelpRequest.objects.values_list("pk", flat=True)) == [open_one.pk]
    assert strange.pk
