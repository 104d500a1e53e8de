"""VH-09, NF-03: a code is worth what its maker may do when it is used."""

from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.cache import cache
from django.test import Client

from kolonne.portal.companies.actions import people
from kolonne.portal.companies.models import Membership, Role
from kolonne.portal.companies.queries import actor_of, who_may_still
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import State, User
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.actions.changing import TRANSFER
from kolonne.portal.vehicles.actions.module_claims import ClaimRefused
from kolonne.portal.vehicles.tests.hands import present
from kolonne.portal.vehicles.tests.yard import DEVICE, request_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
SERIAL = "CLAIMEDWORTH0001"


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ursula(theirs: House) -> User:
    """The other administrator of their company, who makes codes."""
    return person("ursula", theirs, Role.ADMINISTRATOR)


def membership(user: User, house: House) -> Membership:
    with company_scope(house.scope):
        return Membership.objects.get(user=user, company=house.company)


def block(by: User, user: User, house: House) -> None:
    people.block(actor=actor_of(by), user=user)


def dismiss(by: User, user: User, house: House) -> None:
    with company_scope(house.scope):
        Membership.objects.filter(user=user, company=house.company).delete()


def demote(by: User, user: User, house: House) -> None:
    people.change_roles(actor=actor_of(by), membership=membership(user, house), roles=[Role.FLEET_MANAGER])


ENDS = [block, dismiss, demote]
End = Callable[[User, User, House], None]


@pytest.mark.parametrize("end", ENDS)
def test_a_hand_over_is_worth_what_the_seller_may_still_do(
    end: End, alice: User, charlie: User, ursula: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    code = actions.offer_van(actor=actor_of(ursula), vehicle=theirs.vehicle)[1]
    seller, buyer = signed_in(charlie), signed_in(alice)
    assert "works until" in seller.get("/vans/changes/").content.decode()
    end(charlie, ursula, theirs)
    refused = buyer.post("/vans/take-over/", {"code": code, "confirm": "1"}).content.decode()
    assert "ask the seller for a new one" in refused
    with pytest.raises(NotFound):
        actions.take_over(actor=actor_of(alice), company=ours.company, code=code)
    assert present(theirs, theirs.vehicle.vin)
    page = seller.get("/vans/changes/").content.decode()
    assert "Opens nothing: Ursula Test may not hand over vans any more" in page
    new = actions.offer_van(actor=actor_of(charlie), vehicle=theirs.vehicle)[1]
    assert actions.take_over(actor=actor_of(alice), company=ours.company, code=new).vin == theirs.vehicle.vin


@pytest.mark.parametrize("end", ENDS)
def test_a_code_for_a_module_is_worth_what_its_maker_may_still_do(
    end: End, charlie: User, ursula: User, theirs: House, signed_in: SignIn
) -> None:
    with company_scope(theirs.scope):
        code = actions.make_module_claim(actor=actor_of(ursula), vehicle=theirs.vehicle)[1]
    address = f"/vans/{theirs.vehicle.pk}/modules/"
    assert "Good until" in signed_in(charlie).get(address).content.decode()
    end(charlie, ursula, theirs)
    request = request_of(Ed25519PrivateKey.generate())
    with pytest.raises(ClaimRefused):
        actions.enrol_by_claim(actor=DEVICE, code=code, serial=SERIAL, request=request)
    page = signed_in(charlie).get(address).content.decode()
    assert "Good until" not in page
    assert "Lets nothing in: whoever made it may not add modules any more" in page


def test_a_device_that_came_in_before_gets_its_lost_answer_nevertheless(
    charlie: User, ursula: User, theirs: House
) -> None:
    with company_scope(theirs.scope):
        code = actions.make_module_claim(actor=actor_of(ursula), vehicle=theirs.vehicle)[1]
    request = request_of(Ed25519PrivateKey.generate())
    first = actions.enrol_by_claim(actor=DEVICE, code=code, serial=SERIAL, request=request)
    block(charlie, ursula, theirs)
    assert actions.enrol_by_claim(actor=DEVICE, code=code, serial=SERIAL, request=request).pk == first.pk


def test_the_codes_of_whoever_was_blocked_by_mistake_are_good_again(
    alice: User, charlie: User, ursula: User, ours: House, theirs: House
) -> None:
    code = actions.offer_van(actor=actor_of(ursula), vehicle=theirs.vehicle)[1]
    block(charlie, ursula, theirs)
    User.objects.filter(pk=ursula.pk).update(state=State.ACTIVE)
    assert actions.look_at_offer(actor=actor_of(alice), company=ours.company, code=code).vin == theirs.vehicle.vin


def test_the_operators_own_codes_stay_good(alice: User, ours: House, theirs: House) -> None:
    code = actions.offer_van(actor=SYSTEM, vehicle=theirs.vehicle)[1]
    assert actions.take_over(actor=actor_of(alice), company=ours.company, code=code).vin == theirs.vehicle.vin


def test_a_right_in_another_company_makes_no_code_good(alice: User, charlie: User, ours: House, theirs: House) -> None:
    company = ours.company.pk
    assert who_may_still(TRANSFER, company, [alice.pk, charlie.pk, None]) == {alice.pk, None}
    User.objects.filter(pk=alice.pk).update(state=State.LOCKED)
    assert who_may_still(TRANSFER, company, [alice.pk]) == set()
