"""VE-01: an unverified company, and a person whose data changed since, are told why something waits."""

from collections.abc import Iterator

import pytest
from django.template import Context, Template
from django.utils import timezone

from kolonne.portal.companies import actions
from kolonne.portal.companies.gate import blocked, require_verified
from kolonne.portal.companies.models import Company, Kind, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(ours: House) -> Iterator[Company]:
    """Our company, which nobody verified."""
    ours.company.verification, ours.company.verified_at = Verification.UNVERIFIED, None
    with company_scope(ours.scope):
        ours.company.save()
        yield ours.company


def test_an_unverified_company_is_told_why_and_its_administrator_where_to_go(
    waiting: Company, alice: User, bob: User
) -> None:
    for user, way in ((alice, "/verification/"), (bob, "")):
        found = blocked(actor_of(user), waiting)
        assert found is not None
        assert waiting.name in found.text
        assert found.url == way
        with pytest.raises(Conflict) as refused:
            require_verified(actor_of(user), waiting)
        assert refused.value.code == "unverified"


def test_the_operator_and_a_verified_company_are_not_held_up(ours: House, alice: User, waiting: Company) -> None:
    assert blocked(Actor.system("test"), waiting) is None
    waiting.verification = Verification.VERIFIED
    assert blocked(actor_of(alice), waiting) is None
    require_verified(actor_of(alice), waiting)


def test_only_fleet_companies_are_checked(db: None) -> None:
    dealer = actions.create_company(actor=SYSTEM, name="Bergen Varebil AS", market="no", kind=Kind.DEALER)
    dealer.verification = Verification.UNVERIFIED
    assert blocked(actor_of(person("dagny", dealer, Role.ADMINISTRATOR)), dealer) is None


def test_a_person_whose_name_changed_waits_while_the_others_go_on(ours: House, alice: User, bob: User) -> None:
    """CO-03"""
    alice.verified_at = timezone.now()
    alice.save()
    assert blocked(actor_of(alice), ours.company)
    with pytest.raises(Conflict):
        require_verified(actor_of(alice), ours.company)
    assert blocked(actor_of(bob), ours.company) is None
    alice.verification = Verification.VERIFIED
    alice.save()
    assert blocked(actor_of(alice), ours.company) is None


def test_a_person_whom_a_dealer_refused_waits(ours: House, bob: User) -> None:
    bob.verification = Verification.REFUSED
    bob.save()
    found = blocked(actor_of(bob), ours.company)
    assert found is not None
    assert found.url == ""


def test_who_acts_in_another_name_is_measured_by_the_other(ours: House, alice: User, sam: User) -> None:
    alice.verification = Verification.REFUSED
    alice.save()
    helper = Actor("sam", sam.pk, rights=actor_of(alice).rights, acting_for=ActingFor(alice.pk, "alice", 1))
    assert blocked(helper, ours.company)


def test_the_button_looks_disabled_and_explains_itself(waiting: Company, alice: User) -> None:
    page = Template("{% include 'companies/_blocked.html' with label='Invite' %}")
    words = page.render(Context({"blocked": blocked(actor_of(alice), waiting)}))
    assert 'aria-disabled="true" aria-describedby="gate-why"' in words
    assert 'href="/verification/"' in words
