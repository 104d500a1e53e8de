"""An administrator makes another one, and asks to be taken out: nobody leaves a company by himself (CO-06, CO-10)."""

from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.actions.people import change_roles
from kolonne.portal.companies.models import Company, Membership, Role
from kolonne.portal.companies.queries.directory import require_at
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import OPEN_STATES
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotAllowed
from kolonne.portal.lib.scope import company_scope


@transaction.atomic
def hand_over(*, actor: Actor, to: Membership, leave: bool) -> Membership:
    """The other person administers the company too from now on; with `leave` he is asked to take the actor out.

    Raises NotAllowed; Conflict for oneself, and for somebody who cannot sign in: he could not act.
    """
    with company_scope([to.company_id]):
        company = Company.objects.select_related("company").get(pk=to.company_id)
        require_at(actor, WRITE, company.company)
        _check(actor, to)
        if Role.ADMINISTRATOR not in to.roles:
            to = change_roles(
                actor=actor, membership=to, roles=[*(Role(role) for role in to.roles), Role.ADMINISTRATOR]
            )
        if leave:
            audit.record(actor, "companies.member.leave_asked", on=to.user, company_id=company.pk)
            mails.post("leave_asked", to.user, person=actor.label, company=company.name)
    return to


def _check(actor: Actor, to: Membership) -> None:
    if actor.user_id == to.user_id:
        raise Conflict("own_role", "nobody hands over to himself")
    if to.user.state not in OPEN_STATES:
        raise Conflict("wrong_state", f"{to.user} cannot sign in", state=to.user.state)
    if actor.user_id is None or not Membership.objects.filter(company=to.company_id, user=actor.user_id).exists():
        raise NotAllowed(WRITE)
