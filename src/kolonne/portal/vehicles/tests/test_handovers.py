"""VH-09: the seller hands a van over with a code."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.commerce.models import Assignment
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.models import ClaimState, Handover, Module, Vehicle
from kolonne.portal.vehicles.tests.hands import claim_theirs, mails_to, present, state_of, verbs

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def offer(charlie: User, theirs: House, number: str = "") -> str:
    return actions.offer_van(actor=actor_of(charlie), vehicle=theirs.vehicle, customer_number=number)[1]


def test_seller_and_buyer_do_it_on_their_pages(
    alice: User, charlie: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    seller, buyer = signed_in(charlie), signed_in(alice)
    page = seller.post(f"/vans/{theirs.vehicle.pk}/hand-over/", {"customer_number": ""}).content.decode()
    code = page.partition('translate="no">')[2].partition("<")[0]
    assert len(code) == 12
    assert code not in seller.get("/vans/changes/").content.decode()
    shown = buyer.post("/vans/take-over/", {"code": code.lower()}).content.decode()
    assert theirs.vehicle.vin in shown
    assert theirs.company.name in shown
    done = buyer.post("/vans/take-over/", {"code": code, "plate": "EL 77777", "confirm": "1"})
    assert done.headers["Location"] == "/vans/"
    van = present(ours, theirs.vehicle.vin)
    assert van
    assert (van.plate, van.make, van.driver) == ("EL 77777", "Kolonne", "")
    assert mails_to(charlie) == ["van_handed_over"]
    assert mails_to(alice) == ["van_taken_over"]
    assert "Used by Fjordbud AS" in seller.get("/vans/changes/").content.decode()


def test_what_is_taken_over_starts_at_zero(alice: User, charlie: User, ours: House, theirs: House) -> None:
    code = offer(charlie, theirs)
    van = actions.take_over(actor=actor_of(alice), company=ours.company, code=code)
    assert van.pk != theirs.vehicle.pk
    assert (van.plate, van.name) == ("", "")
    with company_scope(ours.scope):
        assert not Assignment.objects.filter(vehicle=van).exists()
        assert not Module.objects.filter(vehicle=van).exists()
    with company_scope(theirs.scope):
        assert Vehicle.ever.get(pk=theirs.vehicle.pk).removal == "handed_over"
    assert "vehicles.handover.used" in verbs(ours)
    assert "vehicles.vehicle.removed" in verbs(theirs)


def test_a_code_works_once_and_in_time_and_until_it_is_revoked(
    alice: User, charlie: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    first = offer(charlie, theirs)
    second = offer(charlie, theirs)
    for code in (first, "XXXXXXXXXX", ""):
        with pytest.raises(NotFound):
            actions.take_over(actor=actor_of(alice), company=ours.company, code=code)
    with company_scope(theirs.scope):
        Handover.objects.filter(revoked_at=None).update(expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(NotFound):
        actions.take_over(actor=actor_of(alice), company=ours.company, code=second)
    third = offer(charlie, theirs)
    with company_scope(theirs.scope):
        row = Handover.objects.get(revoked_at=None)
        assert third.encode() not in bytes(row.code_sha256)
    assert signed_in(alice).post(f"/vans/hand-overs/{row.pk}/revoke/").status_code == 404
    assert signed_in(charlie).post(f"/vans/hand-overs/{row.pk}/revoke/").status_code == 302
    with pytest.raises(NotFound):
        actions.take_over(actor=actor_of(alice), company=ours.company, code=third)
    fourth = offer(charlie, theirs)
    actions.take_over(actor=actor_of(alice), company=ours.company, code=fourth)
    with pytest.raises(NotFound):
        actions.take_over(actor=actor_of(alice), company=ours.company, code=fourth)


def test_a_code_can_be_for_one_customer(alice: User, charlie: User, ours: House, theirs: House) -> None:
    code = offer(charlie, theirs, "K-77")
    with pytest.raises(NotFound):
        actions.look_at_offer(actor=actor_of(alice), company=ours.company, code=code)
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(customer_number="K-77")
        ours.company.refresh_from_db()
    assert actions.look_at_offer(actor=actor_of(alice), company=ours.company, code=code).vin == theirs.vehicle.vin


def test_ten_wrong_codes_are_enough(alice: User, charlie: User, ours: House, theirs: House) -> None:
    code = offer(charlie, theirs)
    for _ in range(10):
        with pytest.raises(NotFound):
            actions.take_over(actor=actor_of(alice), company=ours.company, code="XXXXXXXXXX")
    with pytest.raises(Conflict) as refusal:
        actions.take_over(actor=actor_of(alice), company=ours.company, code=code)
    assert refusal.value.code == "too_many_tries"


def test_whoever_claims_the_van_and_gets_the_code_has_both(
    alice: User, charlie: User, ours: House, theirs: House
) -> None:
    claim, _ = claim_theirs(alice, ours, theirs)
    actions.take_over(actor=actor_of(alice), company=ours.company, code=offer(charlie, theirs))
    assert state_of(claim) == ClaimState.DONE


def test_only_the_owners_administrators_hand_over(
    alice: User, bob: User, kari: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    for user in (bob, kari):
        with pytest.raises(NotAllowed):
            actions.offer_van(actor=actor_of(user), vehicle=ours.vehicle)
    assert signed_in(alice).get(f"/vans/{theirs.vehicle.pk}/hand-over/").status_code == 404
    assert signed_in(bob).get("/vans/take-over/").status_code == 403
    code = actions.offer_van(actor=actor_of(alice), vehicle=ours.vehicle)[1]
    with pytest.raises(Conflict) as refusal:
        actions.take_over(actor=actor_of(alice), company=ours.company, code=code)
    assert refusal.value.code == "own_vin"
