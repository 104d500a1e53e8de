from dataclasses import replace

from django.db import transaction

from kolonne.portal.companies.actions.people import acting_over
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions.own_data import OwnData, change_person
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor


@transaction.atomic
def correct_names(*, actor: Actor, user: User, seen: tuple[str, str], names: tuple[str, str]) -> User:
    """First and last name of somebody else, as his document has them; he is told by mail. The other data are his own.

    Takes his verification, as his own change would (CO-03). Raises NotAllowed, Invalid, Conflict.
    """
    with acting_over(actor, user, WRITE) as (found, company_id):
        now = OwnData.of(found)
        person, changed = change_person(
            actor=actor,
            user=found,
            seen=replace(now, first_name=seen[0], last_name=seen[1]),
            data=replace(now, first_name=names[0], last_name=names[1]),
            company_id=company_id,
        )
        if changed:
            mails.post("names_corrected", person, helper=actor.label)
    return person
