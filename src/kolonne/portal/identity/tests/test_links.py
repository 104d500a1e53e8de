"""ID-04, ID-14: links in mails that are altered, swapped, used twice or too old open nothing, and say why."""

from datetime import timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import override_settings

from kolonne.portal.conftest import person
from kolonne.portal.identity import links
from kolonne.portal.identity.actions import note_sign_in
from kolonne.portal.identity.models import State, User

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_link_opens_for_its_person(sam: User) -> None:
    assert links.user_of("test", links.make("test", sam), DAY) == sam


def test_a_link_for_one_purpose_opens_nothing_else(sam: User) -> None:
    with pytest.raises(links.LinkBroken):
        links.user_of("other", links.make("test", sam), DAY)


def test_every_altered_character_breaks_it(sam: User) -> None:
    token = links.make("test", sam)
    for place in range(len(token)):
        altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(links.LinkBroken):
            links.user_of("test", altered, DAY)


@pytest.mark.parametrize("token", ["", ".", "..", "1-2.3.4", "ä", "\0", "x" * 10_000])
def test_nonsense_is_broken(db: None, token: str) -> None:
    with pytest.raises(links.LinkBroken):
        links.user_of("test", token, DAY)


def test_parts_of_two_peoples_links_make_no_third(sam: User) -> None:
    mine, other = links.make("test", sam), links.make("test", person("eve"))
    head, time, signature = mine.split(".")
    other_head, other_time, other_signature = other.split(".")
    for mix in (f"{other_head}.{time}.{signature}", f"{head}.{other_time}.{other_signature}"):
        if mix not in {mine, other}:
            with pytest.raises(links.LinkBroken):
                links.user_of("test", mix, DAY)


def test_an_old_link_is_expired(sam: User) -> None:
    with pytest.raises(links.LinkExpired):
        links.user_of("test", links.make("test", sam), timedelta(seconds=-1))


@pytest.mark.parametrize(
    "change", [{"password": "x"}, {"email": "new@example.com"}, {"state": State.LOCKED}, {"life_cycle_step": "warned"}]
)
def test_what_its_use_changes_makes_it_used(sam: User, change: dict[str, str]) -> None:
    token = links.make("test", sam)
    User.objects.filter(pk=sam.pk).update(**change)
    with pytest.raises(links.LinkUsed):
        links.user_of("test", token, DAY)


def test_signing_in_makes_it_used(sam: User) -> None:
    token = links.make("test", sam)
    note_sign_in(sam)
    with pytest.raises(links.LinkUsed):
        links.user_of("test", token, DAY)


def test_it_outlives_a_new_secret_key(sam: User) -> None:
    with override_settings(SECRET_KEY="older"):
        token = links.make("test", sam)
    with override_settings(SECRET_KEY="newer", SECRET_KEY_FALLBACKS=["older"]):
        assert links.user_of("test", token, DAY) == sam
    with override_settings(SECRET_KEY="newer"), pytest.raises(links.LinkBroken):
        links.user_of("test", token, DAY)


def test_pages_with_a_token_tell_nobody_their_address() -> None:
    @links.keep_address_private
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert page(RequestFactory().get("/"))["Referrer-Policy"] == "strict-origin"
