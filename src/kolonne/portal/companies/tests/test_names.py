"""CO-03: an administrator corrects the names of his people; nobody else does, and nothing but the names."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions.names import correct_names
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import PrivateProfile, User, Verification
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
SENT = {"first_name": "Dorothea", "last_name": "Test", "initial-first_name": "Dora", "initial-last_name": "Test"}


def test_an_administrator_corrects_a_name_and_the_person_is_told(
    ours: House, alice: User, dora: User, signed_in: SignIn
) -> None:
    client = signed_in(alice)
    assert f"/people/{dora.pk}/names/" in client.get(f"/people/{dora.pk}/").content.decode()
    assert client.post(f"/people/{dora.pk}/names/", SENT).headers["Location"] == f"/people/{dora.pk}/"
    dora.refresh_from_db()
    assert dora.first_name == "Dorothea"
    assert ProcrastinateJob.objects.get(args__mail="names_corrected").args["facts"] == {"helper": "Alice Test"}
    with company_scope(ours.scope):
        assert Entry.objects.get(verb="identity.user.data_changed").facts == {"fields": ["first_name"]}


def test_a_corrected_name_asks_the_dealer_anew(ours: House, alice: User, dora: User, signed_in: SignIn) -> None:
    User.objects.filter(pk=dora.pk).update(verification=Verification.VERIFIED, verified_at=timezone.now())
    client = signed_in(alice)
    assert "has to be done again" in client.get(f"/people/{dora.pk}/names/").content.decode()
    client.post(f"/people/{dora.pk}/names/", SENT)
    dora.refresh_from_db()
    assert dora.verification == Verification.UNVERIFIED


def test_nothing_but_the_names_can_be_sent(ours: House, alice: User, dora: User, signed_in: SignIn) -> None:
    more = {"birth_date": "1985-03-21", "mobile": "+4791234567", "username": "eve", "email": "eve@example.com"}
    signed_in(alice).post(f"/people/{dora.pk}/names/", {**SENT, **more})
    dora.refresh_from_db()
    assert (dora.birth_date, dora.mobile, dora.username, dora.email) == (None, "", "dora", "dora@example.com")


def test_neither_a_colleague_nor_an_agent_nor_the_person_himself(
    ours: House, alice: User, bob: User, dora: User, sigrid: User, charlie: User
) -> None:
    for actor, user in ((bob, dora), (sigrid, dora), (charlie, dora), (alice, alice)):
        with pytest.raises(NotAllowed):
            correct_names(actor=actor_of(actor), user=user, seen=("Dora", "Test"), names=("Eve", "Test"))


def test_not_of_somebody_whose_account_opens_more_than_the_company(ours: House, alice: User, dora: User) -> None:
    PrivateProfile.objects.create(user=dora)
    with pytest.raises(NotAllowed):
        correct_names(actor=actor_of(alice), user=dora, seen=("Dora", "Test"), names=("Eve", "Test"))


def test_a_wrong_name_and_an_older_state_are_refused(ours: House, alice: User, dora: User, signed_in: SignIn) -> None:
    with pytest.raises(Invalid):
        correct_names(actor=actor_of(alice), user=dora, seen=("Dora", "Test"), names=("\u202e", "Test"))
    with pytest.raises(Conflict):
        correct_names(actor=actor_of(alice), user=dora, seen=("Eve", "Test"), names=("Eva", "Test"))
    page = signed_in(alice).post(f"/people/{dora.pk}/names/", {**SENT, "first_name": "12"})
    assert 'id="id_first_name_error"' in page.content.decode()
