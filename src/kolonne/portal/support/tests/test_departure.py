"""ID-14, CO-11: what somebody gets of it when he asks for his data, and what is left when he goes."""

from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.companies import hooks
from kolonne.portal.companies.actions import leaving
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.actions.erasure import delete_user
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.support import departure
from kolonne.portal.support.models import ActingSession, Ended, SupportPassword

pytestmark = pytest.mark.django_db


@pytest.fixture
def _helped(bob: User, kari: User, bobs_password: str, at_the_desk: Callable[[User], Client]) -> None:
    at_the_desk(kari).post("/support/", {"login": "bob", "secret": bobs_password})


@pytest.mark.usefixtures("_helped")
def test_the_person_gets_who_helped_and_no_secret(bob: User, ours: House, bobs_password: str) -> None:
    data = departure.of_person(bob)
    assert data["sessions_in_my_name"][0]["agent_label"] == "Kari Test"
    assert "argon2" not in str(data)
    with company_scope(ours.scope):
        (row,) = hooks.exports()["support_sessions"](ours.company)
    assert row["organisation_label"] == "Bilforhandler Oslo AS"


@pytest.mark.usefixtures("_helped")
def test_with_the_person_go_password_and_sessions(bob: User, ours: House) -> None:
    delete_user(actor=SYSTEM, user=bob)
    departure.forget_person(SYSTEM, bob)
    assert not SupportPassword.objects.filter(user=bob).exists()
    with company_scope(ours.scope):
        assert not ActingSession.objects.exists()


@pytest.mark.usefixtures("_helped")
def test_a_helper_who_goes_leaves_a_number(kari: User, ours: House) -> None:
    departure.forget_person(SYSTEM, kari)
    with company_scope(ours.scope):
        assert ActingSession.objects.get().agent_label == f"person {kari.pk}"


@pytest.mark.usefixtures("_helped")
def test_with_the_company_go_its_sessions(ours: House) -> None:
    with company_scope(ours.scope):
        assert departure.erase_company(SYSTEM, ours.company)
        assert not ActingSession.objects.exists()


@pytest.mark.usefixtures("_helped")
def test_with_the_order_to_delete_the_company_helpers_stop_at_once(alice: User, ours: House) -> None:
    """CO-07: a map that a helper has open shows nothing more, without waiting for his next page."""
    leaving.order_deletion(actor=actor_of(alice), company=ours.company, typed_name=ours.company.name)
    with company_scope(ours.scope):
        row = ActingSession.objects.get()
    assert (row.ended_at is not None, row.ended_by) == (True, Ended.COMPANY)
