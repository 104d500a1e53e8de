"""The demonstration's sign-in page: whom one can be, by organisation, and the password that all share."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from kolonne.portal.conftest import person
from kolonne.portal.identity.demo import sign_in_token
from kolonne.portal.identity.models import PrivateProfile, State, User
from kolonne.portal.site import personas

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demonstration(tmp_path: Path) -> Iterator[None]:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "password").write_text("taro-mile-nuko-vase\n")
    with override_settings(DEMO=True, CONFIG=replace(settings.CONFIG, data=tmp_path)):
        yield


def names() -> dict[str, list[str]]:
    return {group.company.name if group.company else "": [p.name for p in group.people] for group in personas.groups()}


def test_people_are_grouped_by_organisation_and_private_ones_come_last(alice: User, bob: User, charlie: User) -> None:
    maja = person("maja")
    PrivateProfile.objects.create(user=maja, name="Maja Private")
    assert names() == {
        "Fjordbud AS": ["Alice Test", "Bob Test"], "Nordlys Service GmbH": ["Charlie Test"], "": ["Maja Private"],
    }  # fmt: skip
    page = Client().get("/accounts/login/").content.decode()
    for words in ("Alice Test", "Fleet manager", "Maja Private", "taro-mile-nuko-vase", "/dev/mail/"):
        assert words in page


@pytest.mark.parametrize("state", [State.INVITED, State.LOCKED, State.BLOCKED, State.DELETED])
def test_nobody_looks_around_as_somebody_who_does_not_get_in(alice: User, bob: User, state: State) -> None:
    User.objects.filter(pk=bob.pk).update(state=state)
    assert names() == {"Fjordbud AS": ["Alice Test"]}
    assert Client().get(f"/dev/sign-in/{sign_in_token(bob)}/").status_code == 404


def test_a_link_does_not_get_around_the_renewal_after_a_reset(alice: User, bob: User) -> None:
    """ID-08"""
    User.objects.filter(pk=bob.pk).update(renewal_until=timezone.now())
    assert names() == {"Fjordbud AS": ["Alice Test"]}
    assert Client().get(f"/dev/sign-in/{sign_in_token(bob)}/").status_code == 404


def test_elsewhere_nothing_of_it_is_shown(alice: User) -> None:
    with override_settings(DEMO=False):
        page = Client().get("/accounts/login/").content.decode()
        assert personas.shared("password") == ""
    assert "Alice Test" not in page
    assert "/dev/mail/" not in page
