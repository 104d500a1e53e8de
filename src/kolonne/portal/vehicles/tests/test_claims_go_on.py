"""VH-02, VH-09: nobody gets rid of a claim, and nobody bothers an owner with it, by passing things around."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from kolonne.portal.companies.models import Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, build_house, person
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.actions import Finding
from kolonne.portal.vehicles.models import Claim, ClaimState, OwnershipRequest
from kolonne.portal.vehicles.tests.hands import claim_theirs, facts_of, mails_to, present, state_of, verified

pytestmark = pytest.mark.django_db
GRANT = Finding(granted=True, proof="purchase", proof_date=date(2026, 1, 2))


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def friend(db: None) -> House:
    """A second company of the owner's."""
    house = build_house("Nordlys Zwei GmbH", "WK0TEST0000000003", "TEST000000003")
    verified(house)
    return house


@pytest.fixture
def frida(friend: House) -> User:
    return person("frida", friend, Role.ADMINISTRATOR)


def open_request(house: House, vin: str) -> OwnershipRequest:
    with company_scope(house.scope):
        found = OwnershipRequest.objects.select_related("vehicle").filter(vehicle__vin=vin, state__in=["open"])
        return found.get()


def test_nobody_gets_rid_of_a_claim_by_handing_the_van_to_a_friend(
    alice: User, charlie: User, kari: User, frida: User, ours: House, theirs: House, friend: House
) -> None:
    """VH-09: neither before a dealer has the claim nor after; the claimant learns nothing of it."""
    claim, asked = claim_theirs(alice, ours, theirs)
    vin = theirs.vehicle.vin
    code = actions.offer_van(actor=actor_of(charlie), vehicle=theirs.vehicle)[1]
    van = actions.take_over(actor=actor_of(frida), company=friend.company, code=code)
    assert (state_of(claim), mails_to(alice)) == (ClaimState.ASKED, [])
    assert facts_of(frida, "van_claimed")["company"] == ours.company.name
    with pytest.raises(Conflict):
        actions.release_van(actor=actor_of(charlie), request=asked)
    actions.object_to_claim(actor=actor_of(frida), request=open_request(friend, vin))
    actions.take_to_dealer(actor=actor_of(alice), claim=claim, dealer_id=ours.company.partner_id)
    back = actions.offer_van(actor=actor_of(frida), vehicle=van)[1]
    actions.take_over(actor=actor_of(charlie), company=theirs.company, code=back)
    actions.decide_claim(actor=actor_of(kari), claim=claim, finding=GRANT)
    assert present(theirs, vin) is None
    actions.add_claimed(actor=actor_of(alice), claim=claim)
    assert present(ours, vin)


def test_nor_by_releasing_it_to_a_friend_who_claims_it_too(
    alice: User, charlie: User, kari: User, frida: User, ours: House, theirs: House, friend: House
) -> None:
    claim, asked = claim_theirs(alice, ours, theirs)
    data, vin = actions.VehicleData(), theirs.vehicle.vin
    actions.ask_owner(actor=actor_of(frida), company=friend.company, vin=vin, data=data)
    with company_scope(theirs.scope):
        friends = OwnershipRequest.objects.select_related("vehicle").get(claimant=friend.company.pk)
    actions.object_to_claim(actor=actor_of(charlie), request=asked)
    actions.take_to_dealer(actor=actor_of(alice), claim=claim, dealer_id=ours.company.partner_id)
    actions.release_van(actor=actor_of(charlie), request=friends)
    assert state_of(claim) == ClaimState.AT_DEALER
    actions.decide_claim(actor=actor_of(kari), claim=claim, finding=GRANT)
    assert mails_to(frida)[-1] == "claim_lapsed"
    with pytest.raises(Conflict):
        actions.add_vehicle(actor=SYSTEM, company=friend.company, vin=vin)
    actions.add_claimed(actor=actor_of(alice), claim=claim)


def test_who_has_a_released_van_answers_those_who_claim_it_still(
    alice: User, charlie: User, frida: User, ours: House, theirs: House, friend: House
) -> None:
    claim, _asked = claim_theirs(alice, ours, theirs)
    vin = theirs.vehicle.vin
    second = actions.ask_owner(actor=actor_of(frida), company=friend.company, vin=vin, data=actions.VehicleData())
    actions.remove_vehicle(actor=actor_of(charlie), vehicle=theirs.vehicle)
    assert (state_of(claim), state_of(second)) == (ClaimState.RELEASED, ClaimState.ASKED)
    actions.add_claimed(actor=actor_of(alice), claim=claim)
    actions.release_van(actor=actor_of(alice), request=open_request(ours, vin))
    assert state_of(second) == ClaimState.RELEASED


def test_a_reservation_that_is_over_stands_in_nobodys_way(
    alice: User, charlie: User, frida: User, ours: House, theirs: House, friend: House
) -> None:
    """Also on the day on which the job that ends it did not run yet."""
    claim, asked = claim_theirs(alice, ours, theirs)
    vin = theirs.vehicle.vin
    actions.release_van(actor=actor_of(charlie), request=asked)
    with company_scope(ours.scope):
        Claim.objects.filter(pk=claim.pk).update(until=timezone.now() - timedelta(hours=1))
    actions.add_vehicle(actor=SYSTEM, company=theirs.company, vin=vin)
    second = actions.ask_owner(actor=actor_of(frida), company=friend.company, vin=vin, data=actions.VehicleData())
    actions.release_van(actor=actor_of(charlie), request=open_request(theirs, vin))
    assert (state_of(claim), state_of(second)) == (ClaimState.LAPSED, ClaimState.RELEASED)


def test_an_owner_is_not_asked_for_the_same_van_again_and_again(
    alice: User, charlie: User, ours: House, theirs: House
) -> None:
    claim, _asked = claim_theirs(alice, ours, theirs)
    data, vin = actions.VehicleData(), theirs.vehicle.vin
    for _ in range(2):
        actions.withdraw_claim(actor=actor_of(alice), claim=claim)
        claim = actions.ask_owner(actor=actor_of(alice), company=ours.company, vin=vin, data=data)
    actions.withdraw_claim(actor=actor_of(alice), claim=claim)
    with pytest.raises(Conflict) as refusal:
        actions.ask_owner(actor=actor_of(alice), company=ours.company, vin=vin, data=data)
    assert refusal.value.code == "too_many_claims"
    assert mails_to(charlie).count("van_claimed") == 3
