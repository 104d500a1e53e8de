"""ID-06, ID-07, ID-09, ID-10, B2-02: who may do what to whom, and what becomes of it."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from kolonne.portal.audit.models import Entry
from kolonne.portal.audit.queries import first_broken_entry
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.actions import people as actions
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import actions as identity
from kolonne.portal.identity.models import PrivateProfile, State, User
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope, user_scope

pytestmark = pytest.mark.django_db
Act = Callable[[User, User], object]

ACTS: dict[str, Act] = {
    "block": lambda by, user: actions.block(actor=actor_of(by), user=user),
    "unblock": lambda by, user: actions.unblock(actor=actor_of(by), user=user),
    "revive": lambda by, user: actions.revive(actor=actor_of(by), user=user),
    "reset_password": lambda by, user: actions.reset_password(actor=actor_of(by), user=user),
    "reset_second_factor": lambda by, user: actions.reset_second_factor(actor=actor_of(by), user=user),
    "delete": lambda by, user: actions.delete_person(actor=actor_of(by), user=user),
}
HELP = {"revive", "reset_password"}


def set_state(user: User, state: State) -> User:
    User.objects.filter(pk=user.pk).update(state=state)
    user.refresh_from_db()
    return user


def membership_of(user: User) -> Membership:
    with user_scope(user.pk):
        return Membership.objects.get(user=user)


def fingerprint(user: User) -> list[object]:
    with user_scope(user.pk):
        roles = list(Membership.objects.filter(user=user).order_by("pk").values_list("company_id", "roles"))
    row = User.objects.values_list("username", "state", "password", "email", "session_epoch", "renewal_until")
    return [roles, row.get(pk=user.pk), Authenticator.objects.filter(user=user).count()]


def mails() -> set[str]:
    return {job.args["mail"] for job in ProcrastinateJob.objects.filter(task_name="identity.send_mail")}


@pytest.mark.parametrize("act", ACTS)
class TestNobodyTakesOver:
    def refused(self, act: str, by: User, user: User) -> None:
        before = fingerprint(user)
        with pytest.raises(NotAllowed):
            ACTS[act](by, user)
        user.refresh_from_db()
        assert fingerprint(user) == before

    def test_himself(self, act: str, alice: User) -> None:
        self.refused(act, alice, alice)

    def test_somebody_of_another_company(self, act: str, charlie: User, bob: User) -> None:
        self.refused(act, charlie, bob)

    def test_a_member_of_two_organisations(self, act: str, alice: User, bob: User, theirs: House) -> None:
        companies.add_member(actor=SYSTEM, company=theirs.company, user=bob, roles=[Role.DRIVER])
        self.refused(act, alice, bob)

    def test_somebody_with_a_private_account(self, act: str, alice: User, bob: User) -> None:
        PrivateProfile.objects.create(user=bob)
        self.refused(act, alice, bob)

    def test_a_private_person(self, act: str, alice: User, sam: User) -> None:
        self.refused(act, alice, sam)

    def test_a_helper_of_the_market(self, act: str, nora: User, sigrid: User) -> None:
        self.refused(act, nora, sigrid)

    def test_people_of_another_market(self, act: str, greta: User, alice: User) -> None:
        self.refused(act, greta, alice)

    def test_a_guest_from_another_market(self, act: str, nora: User, ours: House) -> None:
        guest = person("hans", ours, Role.DRIVER, market="de")
        self.refused(act, nora, guest)

    def test_as_fleet_manager(self, act: str, bob: User, dora: User) -> None:
        self.refused(act, bob, dora)


@pytest.mark.parametrize("act", sorted(set(ACTS) - HELP))
def test_a_support_agent_helps_and_does_nothing_else(act: str, sigrid: User, bob: User) -> None:
    with pytest.raises(NotAllowed):
        ACTS[act](sigrid, bob)


@pytest.mark.parametrize("helper", ["alice", "nora", "sigrid"])
def test_a_locked_person_is_revived_and_told(helper: str, bob: User, request: pytest.FixtureRequest) -> None:
    """ID-06."""
    by = request.getfixturevalue(helper)
    set_state(bob, State.LOCKED)
    assert actions.revive(actor=actor_of(by), user=bob).state == State.ACTIVE
    assert mails() == {"person_revived"}


@pytest.mark.parametrize("state", [State.ACTIVE, State.BLOCKED, State.INVITED, State.DELETED])
def test_only_a_lock_is_opened_by_a_reset_of_the_status(state: State, sigrid: User, bob: User) -> None:
    """A support agent cannot undo what an administrator decided."""
    set_state(bob, state)
    with pytest.raises(Conflict):
        actions.revive(actor=actor_of(sigrid), user=bob)
    bob.refresh_from_db()
    assert bob.state == state


@pytest.mark.parametrize("state", [State.BLOCKED, State.INVITED, State.DELETED])
def test_a_reset_of_the_password_lets_nobody_in_who_is_kept_out(state: State, sigrid: User, bob: User) -> None:
    set_state(bob, state)
    before = fingerprint(bob)
    with pytest.raises(Conflict):
        actions.reset_password(actor=actor_of(sigrid), user=bob)
    assert fingerprint(bob) == before


def test_a_reset_password_is_temporary_and_the_second_factor_stays(alice: User, bob: User) -> None:
    """ID-07, ID-08."""
    TOTP.activate(bob, generate_totp_secret())
    set_state(bob, State.LOCKED)
    password = actions.reset_password(actor=actor_of(alice), user=bob)
    bob.refresh_from_db()
    assert bob.check_password(password)
    assert bob.state == State.ACTIVE
    assert bob.renewal_until is not None
    assert Authenticator.objects.filter(user=bob).exists()
    assert mails() == {"person_password_reset"}
    job = ProcrastinateJob.objects.get(task_name="identity.send_mail")
    assert password not in str(job.args)


def test_nobody_reads_the_temporary_password_in_the_audit(alice: User, bob: User, ours: House) -> None:
    password = actions.reset_password(actor=actor_of(alice), user=bob)
    with company_scope(ours.scope):
        entries = list(Entry.objects.filter(target=f"identity.user:{bob.pk}").values())
    assert {"identity.password.reset"} <= {entry["verb"] for entry in entries}
    assert password not in str(entries)


def test_whoever_lost_the_factor_sets_up_anew(alice: User, bob: User) -> None:
    """ID-10."""
    TOTP.activate(bob, generate_totp_secret())
    actions.reset_second_factor(actor=actor_of(alice), user=bob)
    assert not Authenticator.objects.filter(user=bob).exists()
    assert mails() == {"person_factor_reset"}
    with pytest.raises(Conflict):
        actions.reset_second_factor(actor=actor_of(alice), user=bob)


def test_a_blocked_person_is_out_at_once_and_back_when_unblocked(
    alice: User, bob: User, signed_in: Callable[[User], Client]
) -> None:
    """B2-02."""
    client = signed_in(bob)
    assert client.get("/account/").status_code == 200
    actions.block(actor=actor_of(alice), user=bob, reason="Lost phone")
    assert client.get("/account/").status_code == 302
    with company_scope(actor_of(alice).company_ids):
        assert Entry.objects.get(verb="identity.user.blocked").facts == {"reason": "Lost phone"}
    User.objects.filter(pk=bob.pk).update(password="argon2$something")
    assert actions.unblock(actor=actor_of(alice), user=bob).state == State.ACTIVE
    assert mails() == {"person_blocked", "person_unblocked"}


def test_whoever_never_accepted_is_still_invited_after_a_block(alice: User, ours: House) -> None:
    data = identity.PersonData("ida", "ida@example.com")
    ida = identity.create_user(actor=SYSTEM, person=data, market="no", state=State.INVITED)
    companies.add_member(actor=SYSTEM, company=ours.company, user=ida, roles=[Role.DRIVER])
    actions.block(actor=actor_of(alice), user=ida)
    assert actions.unblock(actor=actor_of(alice), user=ida).state == State.INVITED


@pytest.mark.parametrize("act", ["block", "delete"])
def test_the_last_administrator_stays(act: str, nora: User, alice: User) -> None:
    with pytest.raises(Conflict, match="administrator"):
        ACTS[act](nora, alice)
    person_now = User.objects.get(pk=alice.pk)
    assert (person_now.username, person_now.state) == ("alice", State.ACTIVE)


def test_a_deleted_person_is_gone(alice: User, bob: User) -> None:
    assert actions.delete_person(actor=actor_of(alice), user=bob).state == State.DELETED
    with user_scope(bob.pk):
        assert not Membership.objects.filter(user=bob).exists()
    assert first_broken_entry(None) is None


def test_roles_are_changed_by_administrators_only(
    alice: User, bob: User, nora: User, sigrid: User, charlie: User, greta: User
) -> None:
    """ID-09."""
    member = membership_of(bob)
    for stranger in (bob, sigrid, charlie, greta):
        with pytest.raises((NotAllowed, Conflict)):
            actions.change_roles(actor=actor_of(stranger), membership=member, roles=[Role.ADMINISTRATOR])
    assert membership_of(bob).roles == [Role.FLEET_MANAGER]
    actions.change_roles(actor=actor_of(alice), membership=member, roles=[Role.DRIVER])
    actions.change_roles(actor=actor_of(nora), membership=member, roles=[Role.ADMINISTRATOR, Role.DRIVER])
    assert membership_of(bob).roles == [Role.ADMINISTRATOR, Role.DRIVER]
    assert mails() == {"person_roles_changed"}


def test_nobody_changes_his_own_roles(alice: User, nora: User) -> None:
    for himself in (alice, nora):
        with pytest.raises((NotAllowed, Conflict)):
            actions.change_roles(actor=actor_of(himself), membership=membership_of(himself), roles=[Role.SUPPORT_AGENT])


def test_a_market_administrator_makes_no_helpers(nora: User, sigrid: User, operator: Company) -> None:
    """His rights do not reach the organisation from which they come."""
    with pytest.raises(NotAllowed):
        actions.change_roles(actor=actor_of(nora), membership=membership_of(sigrid), roles=[Role.MARKET_ADMINISTRATOR])
    with pytest.raises(NotAllowed):
        companies.add_member(
            actor=actor_of(nora), company=operator, user=person("puppet"), roles=[Role.MARKET_ADMINISTRATOR]
        )


def test_roles_fit_the_organisation_and_the_last_administrator_keeps_his(alice: User, nora: User, bob: User) -> None:
    with pytest.raises(Invalid):
        actions.change_roles(actor=actor_of(alice), membership=membership_of(bob), roles=[Role.WORKSHOP_USER])
    with pytest.raises(Invalid):
        actions.change_roles(actor=actor_of(alice), membership=membership_of(bob), roles=[])
    with pytest.raises(Conflict, match="administrator"):
        actions.change_roles(actor=actor_of(nora), membership=membership_of(alice), roles=[Role.DRIVER])


def test_a_guest_is_removed_from_one_organisation_and_keeps_the_account(
    alice: User, bob: User, theirs: House, ours: House
) -> None:
    with pytest.raises(Conflict):
        actions.remove_member(actor=actor_of(alice), membership=membership_of(bob))
    companies.add_member(actor=SYSTEM, company=theirs.company, user=bob, roles=[Role.DRIVER])
    with user_scope(bob.pk):
        here = Membership.objects.get(user=bob, company=ours.company.pk)
    actions.remove_member(actor=actor_of(alice), membership=here)
    assert membership_of(bob).company_id == theirs.company.pk
    bob.refresh_from_db()
    assert bob.state == State.ACTIVE
