"""What administrators and helpers do to other people (ID-06, ID-07, ID-10, B2-02); nobody does it to himself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.actions.last_administrator import require_another
from kolonne.portal.companies.actions.organisations import checked_roles
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.companies.queries import rights_over
from kolonne.portal.companies.queries.directory import require_at
from kolonne.portal.companies.queries.people import HELP, READ, WRITE
from kolonne.portal.identity import actions as identity
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions.erasure import delete_user
from kolonne.portal.identity.models import Market, PrivateProfile, State, User
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope, user_scope

LOCKS = (State.LOCKED, State.PASSWORD_LOCKED)
MAX_REASON = 200


@transaction.atomic
def block(*, actor: Actor, user: User, reason: str = "") -> User:
    """Keeps a person out until somebody unblocks him. Raises NotAllowed, Conflict for the last administrator."""
    with acting_over(actor, user, WRITE) as (person, company_id):
        _leave_an_administrator(actor, person)
        facts = {"reason": reason[:MAX_REASON]} if reason else {}
        identity.move(
            actor=actor, user=person, to=State.BLOCKED, verb="identity.user.blocked", company_id=company_id, **facts
        )
        mails.post("person_blocked", person)
    return person


@transaction.atomic
def unblock(*, actor: Actor, user: User) -> User:
    """Lets a blocked person in again; one who never accepted the invitation is invited again. Raises Conflict."""
    with acting_over(actor, user, WRITE) as (person, company_id):
        if person.state != State.BLOCKED:
            raise Conflict("wrong_state", f"{person.username} is {person.state}", state=person.state)
        to = State.ACTIVE if person.has_usable_password() or person.last_login else State.INVITED
        identity.move(actor=actor, user=person, to=to, verb="identity.user.unblocked", company_id=company_id)
        if to == State.ACTIVE:
            identity.note_sign_in(person)
            mails.post("person_unblocked", person)
    return person


@transaction.atomic
def revive(*, actor: Actor, user: User) -> User:
    """ "Reset sign-in status" (ID-06). Raises NotAllowed; Conflict unless a lock is to be opened: what an
    administrator blocked, only an administrator unblocks."""
    with acting_over(actor, user, HELP) as (person, company_id):
        if person.state not in LOCKS:
            raise Conflict("not_locked", f"{person.username} is {person.state}", state=person.state)
        identity.revive(actor=actor, user=person, company_id=company_id)
        mails.post("person_revived", person)
    return person


@transaction.atomic
def reset_password(*, actor: Actor, user: User) -> str:
    """A password that works until `renewal_until` (ID-07), for the helper to pass on: it is returned this once.

    Raises NotAllowed; Conflict for somebody who never accepted the invitation, is blocked or deleted.
    """
    with acting_over(actor, user, HELP) as (person, company_id):
        if person.state == State.INVITED:
            raise Conflict("not_accepted", f"{person.username} has not accepted the invitation yet")
        password = identity.reset_password(actor=actor, user=person, company_id=company_id)
        mails.post("person_password_reset", person, helper=actor.label)
    user.refresh_from_db()
    return password


@transaction.atomic
def reset_second_factor(*, actor: Actor, user: User) -> User:
    """Takes all factors from somebody who lost them (ID-10). Raises NotAllowed, Conflict when there are none.

    Support agents may not: with the password too, one of them alone could be anybody in the market.
    """
    with acting_over(actor, user, WRITE) as (person, company_id):
        identity.reset_second_factor(actor=actor, user=person, company_id=company_id)
        mails.post("person_factor_reset", person, helper=actor.label)
    return person


@transaction.atomic
def delete_person(*, actor: Actor, user: User) -> User:
    """Ends the account for good. Raises NotAllowed, Conflict for the last administrator."""
    with acting_over(actor, user, WRITE) as (person, company_id):
        _leave_an_administrator(actor, person)
        return delete_user(actor=actor, user=person, company_id=company_id)


@transaction.atomic
def change_roles(*, actor: Actor, membership: Membership, roles: Iterable[Role]) -> Membership:
    """Other roles in one organisation; it is the organisation's to give, whatever else the person belongs to.

    Raises NotAllowed, Invalid, NotFound; Conflict for one's own roles, for the same ones, for the last administrator.
    """
    with _at(actor, membership) as (member, company):
        wanted, before = checked_roles(company, roles), sorted(member.roles)
        if wanted == before:
            raise Conflict("same_roles", f"{member.user} has these roles already")
        if Role.ADMINISTRATOR not in wanted:
            require_another(actor, company, member.user)
        member.roles = wanted
        member.save(update_fields=["roles"])
        notify.notify(notify.PEOPLE, str(member.user_id))  # an open stream asks anew what it may show
        audit.record(
            actor, "companies.member.roles_changed", on=member.user, company_id=company.pk, before=before, after=wanted
        )
    mails.post("person_roles_changed", member.user, company=company.name, roles=wanted)
    return member


@transaction.atomic
def remove_member(*, actor: Actor, membership: Membership) -> None:
    """Takes a person out of an organisation; the account stays, because it belongs to others too.

    Raises NotAllowed, NotFound; Conflict for oneself, for the last administrator, and for somebody who would then
    belong nowhere: his account is deleted instead.
    """
    with _at(actor, membership) as (member, company):
        person = member.user
        if not belongs_elsewhere(person, company.pk):
            raise Conflict("only_membership", f"{person} belongs to nothing else")
        require_another(actor, company, person)
        member.delete()
        identity.end_access(person)
        audit.record(actor, "companies.member.removed", on=person, company_id=company.pk)
    mails.post("person_removed", person, company=company.name)


def belongs_elsewhere(user: User, company_id: int) -> bool:
    """Whether the account is also somebody else's business: of another organisation, or the person's own."""
    with user_scope(user.pk):
        others = Membership.objects.filter(user=user).exclude(company_id=company_id).exists()
    return others or PrivateProfile.objects.filter(user=user).exists()


def note_look_at_people(actor: Actor) -> None:
    """Keeps in the audit that somebody read the list of people (NF-06)."""
    for company_id in actor.company_ids:
        if actor.may(READ, company_id):
            company = Company.objects.get(pk=company_id)
            audit.record_look(actor, "companies.people.viewed", on=company, company_id=company_id)
    for market in Market.objects.filter(pk__in=[code for code, rights in actor.markets.items() if READ in rights]):
        audit.record_look(actor, "companies.people.viewed", on=market, company_id=None)


def note_look_at_person(actor: Actor, user: User) -> None:
    """Keeps in the audit that somebody read the page about a person (NF-06)."""
    if actor.user_id != user.pk:
        company_id = _chain(actor, user)
        with company_scope([company_id] if company_id else []):
            audit.record_look(actor, "companies.person.viewed", on=user, company_id=company_id)


@contextmanager
def acting_over(actor: Actor, user: User, right: str) -> Iterator[tuple[User, int | None]]:
    """The person as he is now, locked until the transaction ends, and the company in whose audit the act stands.

    Raises NotAllowed.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if right not in rights_over(actor, person):
        raise NotAllowed(right)
    company_id = _chain(actor, person)
    with company_scope([company_id] if company_id else []):
        yield person, company_id


def _chain(actor: Actor, user: User) -> int | None:
    """The actor's own company if the person is in it, else the person's first, else none: a private account."""
    with user_scope(user.pk):
        found = list(Membership.objects.filter(user=user).order_by("company_id").values_list("company_id", flat=True))
    shared = [company_id for company_id in found if company_id in actor.rights]
    return next(iter(shared or found), None)


@contextmanager
def _at(actor: Actor, membership: Membership) -> Iterator[tuple[Membership, Company]]:
    """The membership as it is now, locked, with its company, if the actor manages its people."""
    with company_scope([membership.company_id]):
        company = Company.objects.select_related("company").get(pk=membership.company_id)
        require_at(actor, WRITE, company.company)
        if actor.user_id == membership.user_id:
            raise Conflict("own_role", "nobody changes his own roles")
        # The person first, as `acting_over` does: where else he belongs stays as it is until the act is done.
        list(User.objects.select_for_update(no_key=True).filter(pk=membership.user_id).values_list("pk"))
        rows = Membership.objects.select_for_update(of=("self",)).select_related("user")
        member = rows.filter(pk=membership.pk).first()
        if member is None:
            raise NotFound("membership")
        yield member, company


def _leave_an_administrator(actor: Actor, user: User) -> None:
    """Raises Conflict if one of the person's organisations would have none left."""
    with user_scope(user.pk):
        ids = list(Membership.objects.filter(user=user).order_by("company_id").values_list("company_id", flat=True))
    with company_scope(ids):
        for company in Company.objects.filter(pk__in=ids).order_by("pk"):
            require_another(actor, company, user)
