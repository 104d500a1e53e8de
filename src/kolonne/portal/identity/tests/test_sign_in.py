"""ID-01 and the demonstration's doors: who gets in, and by what."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.test.utils import override_settings

from kolonne.portal.conftest import SYSTEM
from kolonne.portal.identity import actions
from kolonne.portal.identity.demo import sign_in_token
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
PASSWORD = "a long and plain sentence"


@pytest.fixture
def ida() -> User:
    cache.clear()
    data = actions.PersonData("ida.solberg", "Ida@Fjordbud.example", first_name="Ida")
    return actions.create_user(actor=SYSTEM, person=data, market="no", password=PASSWORD)


def sign_in(login: str, password: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": login, "password": password})
    return client


@pytest.mark.parametrize("login", ["ida.solberg", "ida@fjordbud.example", "IDA@FJORDBUD.EXAMPLE"])
def test_user_id_and_verified_address_open_the_same_door(ida: User, login: str) -> None:
    assert sign_in(login, PASSWORD).session["_auth_user_id"] == str(ida.pk)


@pytest.mark.parametrize(
    ("login", "password"), [("ida.solberg", "wrong"), ("nobody", PASSWORD), ("", ""), ("ida.solberg\0", PASSWORD)]
)
def test_anything_else_stays_outside(ida: User, login: str, password: str) -> None:
    assert "_auth_user_id" not in sign_in(login, password).session


def test_a_blocked_person_stays_outside(ida: User) -> None:
    User.objects.filter(pk=ida.pk).update(state=State.BLOCKED)
    assert "_auth_user_id" not in sign_in("ida.solberg", PASSWORD).session


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(ida: User) -> None:
    answers = [
        Client().post("/accounts/login/", {"login": login, "password": "wrong"}).content.decode()
        for login in ("ida.solberg", "nobody.here")
    ]
    texts = [answer.split("<form", 1)[1].replace("ida.solberg", "X").replace("nobody.here", "X") for answer in answers]
    token_free = [text.split("csrfmiddlewaretoken")[0] for text in texts]
    assert token_free[0] == token_free[1]


def test_nobody_signs_himself_up() -> None:
    answer = Client().post("/accounts/signup/", {"username": "eve", "email": "eve@example.com", "password1": PASSWORD})
    assert not User.objects.filter(username="eve").exists()
    assert answer.status_code < 500


def test_two_people_share_neither_user_id_nor_address(ida: User) -> None:
    for username, email in (("IDA.SOLBERG", "x@example.com"), ("other", "IDA@fjordbud.example")):
        with pytest.raises(Conflict):
            actions.create_user(actor=SYSTEM, person=actions.PersonData(username, email), market="no")


def test_the_one_click_doors_exist_in_a_demonstration_only(ida: User) -> None:
    address = f"/dev/sign-in/{sign_in_token(ida)}/"
    assert Client().get(address).status_code == 404
    with override_settings(DEMO=True):
        assert Client().get("/dev/sign-in/forged/").status_code == 404
        client = Client()
        assert client.get(address).status_code == 302
        assert client.session["_auth_user_id"] == str(ida.pk)


def test_the_language_is_kept_in_the_account(ida: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(ida)
    client.post("/language/", {"language": "de", "next": "https://evil.example/"})
    ida.refresh_from_db()
    assert ida.language == "de"
    assert client.post("/language/", {"language": "xx", "next": "https://evil.example/"})["Location"] == "/"


@pytest.mark.parametrize("user_id", ["ida@fjordbud.example", "идa", "a", "ida solberg", "", "i" * 61, "ida\u200b"])
def test_no_user_id_looks_like_an_address_or_like_another(user_id: str, db: None) -> None:
    with pytest.raises(Invalid):
        actions.create_user(actor=SYSTEM, person=actions.PersonData(user_id, "x@example.com"), market="no")
