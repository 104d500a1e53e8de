"""VH-02, VH-09: somebody claims a van whose VIN is taken; the owner answers, or a dealer decides."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.vehicles import actions
from kolonne.portal.vehicles.actions import Finding
from kolonne.portal.vehicles.models import LIVE, MOVES, Claim, ClaimState
from kolonne.portal.vehicles.queries import ownership
from kolonne.portal.vehicles.tests.hands import (
    claim_theirs,
    facts_of,
    mails_to,
    present,
    request_of,
    state_of,
    verbs,
    verified,
    words_in_audit,
)

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
GRANT = Finding(granted=True, proof="purchase", proof_date=date(2026, 1, 2))


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_every_state_can_be_reached() -> None:
    assert set(MOVES) | {ClaimState.ASKED} == set(ClaimState)
    assert all(set(before) <= set(LIVE) for before in MOVES.values())


def test_the_owner_is_asked_and_releases_and_the_claimant_adds_with_one_click(
    alice: User, charlie: User, ours: House, theirs: House
) -> None:
    claim, asked = claim_theirs(alice, ours, theirs)
    facts = facts_of(charlie, "van_claimed")
    assert (facts["company"], facts["vin"]) == (ours.company.name, theirs.vehicle.vin)
    actions.release_van(actor=actor_of(charlie), request=asked)
    assert state_of(claim) == ClaimState.RELEASED
    assert mails_to(alice) == ["claim_released"]
    assert present(theirs, theirs.vehicle.vin) is None
    van = actions.add_claimed(actor=actor_of(alice), claim=claim)
    assert (van.plate, van.company_id, van.pk != theirs.vehicle.pk) == ("EL 99999", ours.company.pk, True)
    assert state_of(claim) == ClaimState.DONE


def test_neither_audit_nor_mails_nor_pages_tell_the_claimant_who_has_the_van(
    alice: User, charlie: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    claim, asked = claim_theirs(alice, ours, theirs)
    actions.object_to_claim(actor=actor_of(charlie), request=asked)
    client = signed_in(alice)
    seen = client.get(f"/vans/claims/{claim.pk}/").content.decode() + client.get("/vans/changes/").content.decode()
    seen += words_in_audit(ours) + str([facts_of(alice, mail) for mail in mails_to(alice)])
    seen += client.get("/audit/").content.decode()
    for secret in (theirs.company.name, str(charlie), charlie.email, theirs.vehicle.plate):
        assert secret not in seen
    assert "vehicles.claim.objected" in verbs(ours)
    assert "vehicles.claim.objected" in verbs(theirs)
    assert str(alice) not in words_in_audit(theirs), "the company's name is enough for the owner"
    assert ours.company.name in words_in_audit(theirs)


def test_the_pages_lead_from_the_taken_vin_to_the_request(
    alice: User, charlie: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    verified(ours)
    client = signed_in(alice)
    assert client.get("/vans/taken/").headers["Location"] == "/vans/add/"
    session = client.session
    session["taken_vin"] = {"vin": theirs.vehicle.vin, "data": {"plate": "EL 1"}}
    session.save()
    page = client.get("/vans/taken/").content.decode()
    assert f"the name {ours.company.name}" in page
    assert theirs.company.name not in page
    claim_page = client.post("/vans/taken/").headers["Location"]
    assert "The owner was asked" in client.get(claim_page).content.decode()
    owner = signed_in(charlie)
    asked = request_of(theirs)
    assert ours.company.name in owner.get(f"/vans/requests/{asked.pk}/").content.decode()
    assert "Its services end now" in owner.get(f"/vans/requests/{asked.pk}/release/").content.decode()
    assert owner.post(f"/vans/requests/{asked.pk}/release/").headers["Location"] == "/vans/removed/"
    assert "kept for your company" in client.get(claim_page).content.decode()
    assert client.post(f"{claim_page}add/").headers["Location"] == "/vans/"
    assert present(ours, theirs.vehicle.vin)


def test_a_reserved_vin_is_nobody_elses(alice: User, charlie: User, ours: House, theirs: House) -> None:
    claim, asked = claim_theirs(alice, ours, theirs)
    actions.release_van(actor=actor_of(charlie), request=asked)
    vin = theirs.vehicle.vin
    with pytest.raises(Conflict) as refusal:
        actions.add_vehicle(actor=SYSTEM, company=theirs.company, vin=vin)
    assert refusal.value.code == "vin_taken"
    with pytest.raises(Conflict):
        actions.ask_owner(actor=actor_of(charlie), company=theirs.company, vin=vin, data=actions.VehicleData())
    later = timezone.now() + timedelta(days=settings.RESERVED_DAYS, minutes=1)
    assert actions.keep_deadlines(actor=SYSTEM, now=later) == 1
    assert state_of(claim) == ClaimState.LAPSED
    assert actions.add_vehicle(actor=SYSTEM, company=theirs.company, vin=vin).vin == vin


def test_the_day_of_the_deadline_is_kept_and_twice_is_once(
    alice: User, charlie: User, ours: House, theirs: House
) -> None:
    claim, _ = claim_theirs(alice, ours, theirs)
    ends = timezone.now() + timedelta(days=settings.CLAIM_DAYS)
    with pytest.raises(NotAllowed):
        actions.keep_deadlines(actor=actor_of(alice), now=ends)
    assert actions.keep_deadlines(actor=SYSTEM, now=ends - timedelta(minutes=1)) == 0
    assert actions.keep_deadlines(actor=SYSTEM, now=ends + timedelta(minutes=1)) == 1
    assert actions.keep_deadlines(actor=SYSTEM, now=ends + timedelta(minutes=1)) == 0
    assert (state_of(claim), mails_to(alice)) == (ClaimState.UNANSWERED, ["claim_unanswered"])
    with company_scope(ours.scope):
        until = Claim.objects.get(pk=claim.pk).until
    assert until
    assert actions.keep_deadlines(actor=SYSTEM, now=until + timedelta(days=300)) == 1, (
        "a worker that was away catches up"
    )
    assert state_of(claim) == ClaimState.LAPSED
    with pytest.raises(Conflict):
        actions.release_van(actor=actor_of(charlie), request=request_of(theirs))


def test_who_removes_the_van_without_looking_at_the_request_releases_it_too(
    alice: User, charlie: User, ours: House, theirs: House
) -> None:
    claim, _ = claim_theirs(alice, ours, theirs)
    actions.remove_vehicle(actor=actor_of(charlie), vehicle=theirs.vehicle)
    assert state_of(claim) == ClaimState.RELEASED


def test_a_dealer_decides_for_the_claimant_after_proof(
    alice: User, charlie: User, kari: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    claim, asked = claim_theirs(alice, ours, theirs)
    with pytest.raises(Conflict):
        actions.take_to_dealer(actor=actor_of(alice), claim=claim, dealer_id=ours.company.partner_id)
    actions.object_to_claim(actor=actor_of(charlie), request=asked)
    actions.take_to_dealer(actor=actor_of(alice), claim=claim, dealer_id=ours.company.partner_id)
    assert "claim_at_dealer" in mails_to(charlie)
    client = signed_in(kari)
    assert ours.company.name in client.get("/customers/vans/").content.decode()
    page = f"/customers/vans/{claim.pk}/"
    assert theirs.company.name in client.get(page).content.decode()
    form = {"decision": "grant", "proof": "purchase", "proof_date": "2026-01-02"}
    assert "taken out of" in client.post(page, form).content.decode()
    assert client.post(page, form | {"confirm": "1"}).headers["Location"] == "/customers/vans/"
    assert state_of(claim) == ClaimState.GRANTED
    assert present(theirs, theirs.vehicle.vin) is None
    assert mails_to(charlie)[-1] == "van_decided"
    assert "vehicles.claim.granted" in verbs(ours)
    assert verbs(theirs)[-1] == "vehicles.vehicle.removed"
    assert "Decided for you" in signed_in(alice).get(f"/vans/claims/{claim.pk}/").content.decode()
    actions.add_claimed(actor=actor_of(alice), claim=claim)


def test_a_refusal_has_a_reason_and_leaves_the_van_where_it_is(
    alice: User, charlie: User, kari: User, ours: House, theirs: House, signed_in: SignIn
) -> None:
    claim, asked = claim_theirs(alice, ours, theirs)
    actions.object_to_claim(actor=actor_of(charlie), request=asked)
    actions.take_to_dealer(actor=actor_of(alice), claim=claim, dealer_id=ours.company.partner_id)
    for wrong in (Finding(granted=False), Finding(granted=True), Finding(True, "purchase", date(2999, 1, 1))):
        with pytest.raises(Invalid):
            actions.decide_claim(actor=actor_of(kari), claim=claim, finding=wrong)
    actions.decide_claim(actor=actor_of(kari), claim=claim, finding=Finding(granted=False, reason="Not your papers"))
    assert present(theirs, theirs.vehicle.vin)
    assert "Not your papers" in signed_in(alice).get(f"/vans/claims/{claim.pk}/").content.decode()
    assert mails_to(charlie)[-1] == "claim_refused_owner"
    with pytest.raises(Conflict):
        actions.decide_claim(actor=actor_of(kari), claim=claim, finding=GRANT)


def test_only_the_chosen_arbiter_sees_and_decides(  # noqa: PLR0913, PLR0917  # everybody tries
    alice: User, charlie: User, kari: User, frode: User, sigrid: User, greta: User, ours: House, theirs: House,
    signed_in: SignIn,
) -> None:  # fmt: skip
    """VE-04, ID-09"""
    claim, asked = claim_theirs(alice, ours, theirs)
    page = f"/customers/vans/{claim.pk}/"
    assert signed_in(kari).get(page).status_code == 404, "while it is the owner's turn"
    actions.object_to_claim(actor=actor_of(charlie), request=asked)
    frodes = next(iter(actor_of(frode).company_ids))
    with pytest.raises(NotFound):
        actions.take_to_dealer(actor=actor_of(alice), claim=claim, dealer_id=frodes)
    actions.take_to_dealer(actor=actor_of(alice), claim=claim, dealer_id=None)
    for stranger in (kari, frode, greta, alice, charlie):
        assert signed_in(stranger).get(page).status_code == 404
        with pytest.raises(NotAllowed):
            actions.decide_claim(actor=actor_of(stranger), claim=claim, finding=GRANT)
    assert theirs.company.name in signed_in(sigrid).get(page).content.decode()
    actions.decide_claim(actor=actor_of(sigrid), claim=claim, finding=GRANT)
    assert state_of(claim) == ClaimState.GRANTED


def test_a_dealer_who_is_the_partner_no_more_decides_nothing(
    alice: User, charlie: User, kari: User, ours: House, theirs: House
) -> None:
    claim, asked = claim_theirs(alice, ours, theirs)
    actions.object_to_claim(actor=actor_of(charlie), request=asked)
    actions.take_to_dealer(actor=actor_of(alice), claim=claim, dealer_id=ours.company.partner_id)
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(partner=None)
    assert ownership.disputes_for(actor_of(kari)) == []


def test_a_claim_can_be_withdrawn_and_made_anew(alice: User, charlie: User, ours: House, theirs: House) -> None:
    claim, _ = claim_theirs(alice, ours, theirs)
    with pytest.raises(Conflict) as refusal:
        claim_theirs(alice, ours, theirs)
    assert refusal.value.code == "already_asked"
    actions.withdraw_claim(actor=actor_of(alice), claim=claim)
    assert mails_to(charlie) == ["van_claimed", "claim_withdrawn"]
    data = actions.VehicleData()
    actions.ask_owner(actor=actor_of(alice), company=ours.company, vin=theirs.vehicle.vin, data=data)


def test_own_free_and_too_many_vins_are_not_asked_for(alice: User, ours: House, theirs: House) -> None:
    verified(ours)
    actor, data = actor_of(alice), actions.VehicleData()
    for vin, code in ((ours.vehicle.vin, "own_vin"), ("WK0FREE0000000001", "vin_free")):
        with pytest.raises(Conflict) as refusal:
            actions.ask_owner(actor=actor, company=ours.company, vin=vin, data=data)
        assert refusal.value.code == code
    for _ in range(9):
        with pytest.raises(Conflict):
            actions.ask_owner(actor=actor, company=ours.company, vin="WK0FREE0000000001", data=data)
    with pytest.raises(Conflict) as refusal:
        actions.ask_owner(actor=actor, company=ours.company, vin=theirs.vehicle.vin, data=data)
    assert refusal.value.code == "too_many_claims"


def test_an_unverified_company_bothers_nobody(alice: User, ours: House, theirs: House) -> None:
    """VE-01"""
    with company_scope(ours.scope):
        Company.objects.filter(pk=ours.company.pk).update(verification="unverified")
        ours.company.refresh_from_db()
    with pytest.raises(Conflict) as refusal:
        actions.ask_owner(
            actor=actor_of(alice), company=ours.company, vin=theirs.vehicle.vin, data=actions.VehicleData()
        )
    assert refusal.value.code == "unverified"


def test_the_tenth_taken_vin_is_the_last_and_is_reported_once_a_day(
    alice: User, nora: User, ours: House, theirs: House
) -> None:
    actor, data = actor_of(alice), actions.VehicleData()
    codes = []
    for _ in range(13):
        with pytest.raises(Conflict) as refusal:
            actions.add_by_hand(actor=actor, company=ours.company, vin=theirs.vehicle.vin, data=data)
        codes.append(refusal.value.code)
    assert codes == ["vin_taken"] * 10 + ["too_many_vins"] * 3
    assert verbs(ours).count("vehicles.vin.tried") == 1
    assert mails_to(nora) == ["vins_tried"]
