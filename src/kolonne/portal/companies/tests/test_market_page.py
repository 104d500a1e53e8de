"""ID-05, ID-09: a market's periods, set by its own administrators who see beforehand what they do."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import House, person
from kolonne.portal.identity.models import Market, User
from kolonne.portal.lib.scope import platform_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
STORED = {
    "warn_days": 60,
    "lock_days": 90,
    "notice_days": 150,
    "delete_days": 180,
    "support_email": "",
    "support_phone": "",
}


def sent(**changes: object) -> dict[str, object]:
    return {**STORED, **changes, **{f"initial-{name}": value for name, value in STORED.items()}}


def norway() -> Market:
    return Market.objects.get(pk="no")


def test_other_periods_are_saved_only_after_their_effect_was_shown(nora: User, signed_in: SignIn) -> None:
    for number in range(3):
        user = person(f"idle{number}")
        long_ago = timezone.now() - timedelta(days=40)
        User.objects.filter(pk=user.pk).update(last_sign_in_at=long_ago, state_since=long_ago)
    client = signed_in(nora)
    answer = client.post("/market/", sent(warn_days=30))
    assert norway().warn_days == 60
    outlook = {words: (one.now, one.then) for words, one in answer.context["outlook"]}
    assert outlook["Get a warning"] == (0, 3)
    assert outlook["Are locked out"] == (0, 0)
    client.post("/market/", sent(warn_days=30, shown=answer.context["shown"]))
    assert norway().warn_days == 30
    with platform_scope():
        entry = Entry.objects.get(verb="identity.market.changed")
    assert entry.facts["warn_days"] == [60, 30]


def test_what_was_shown_for_other_numbers_counts_for_nothing(nora: User, signed_in: SignIn) -> None:
    answer = signed_in(nora).post("/market/", sent(warn_days=10, shown="30-90-150-180"))
    assert norway().warn_days == 60
    assert answer.context["shown"] == "10-90-150-180"


def test_the_address_of_the_support_is_saved_at_once(nora: User, signed_in: SignIn) -> None:
    answer = signed_in(nora).post("/market/", sent(support_email="hjelp@example.com", support_phone="+47 22 00 00 00"))
    assert answer.status_code == 302
    assert norway().support_email == "hjelp@example.com"


@pytest.mark.parametrize(
    ("field", "value"),
    [("warn_days", 0), ("warn_days", "x"), ("lock_days", 60), ("notice_days", 90), ("delete_days", 4000),
     ("delete_days", ""), ("support_email", "hjelp@"), ("support_phone", "1" * 31)],
)  # fmt: skip
def test_a_wrong_number_is_named_beside_its_field(field: str, value: object, nora: User, signed_in: SignIn) -> None:
    answer = signed_in(nora).post("/market/", sent(**{field: value}))
    assert answer.status_code == 200
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert norway().delete_days == 180


def test_what_somebody_else_changed_meanwhile_stays(nora: User, signed_in: SignIn) -> None:
    Market.objects.filter(pk="no").update(support_phone="+47 99")
    signed_in(nora).post("/market/", sent(support_email="hjelp@example.com"))
    assert norway().support_phone == "+47 99"


def test_another_market_is_not_his(nora: User, signed_in: SignIn) -> None:
    client = signed_in(nora)
    assert client.get("/market/?market=de").status_code == 404
    assert client.post("/market/?market=de", sent(support_phone="1")).status_code == 404
    assert Market.objects.get(pk="de").support_phone == ""


def test_a_support_agent_reads_only(sigrid: User, signed_in: SignIn) -> None:
    client = signed_in(sigrid)
    page = client.get("/market/").content.decode()
    assert "Check and save" not in page
    assert client.post("/market/", sent(support_phone="1")).status_code == 403


@pytest.mark.parametrize("who", ["alice", "bob", "wanda", "sam"])
def test_to_everybody_else_it_does_not_exist(
    who: str, ours: House, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get("/market/").status_code == 404
    assert client.post("/market/", sent(support_phone="1")).status_code == 404
