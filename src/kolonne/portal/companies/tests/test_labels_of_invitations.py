"""CO-11: what the audit keeps for good says of an invitation no address, also of people who never came."""

import json

import pytest
from django.core.cache import cache

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions import invitations
from kolonne.portal.companies.actions.invitations import Invitee
from kolonne.portal.companies.models import Channel, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("channel", "address", "label"),
    [(Channel.MAIL, "ida.berg@example.com", "i…@example.com"), (Channel.SMS, "+4791234567", "+47…67")],
)
def test_the_audit_of_an_invitation_that_nobody_accepted_holds_no_address(
    channel: Channel, address: str, label: str, alice: User, ours: House
) -> None:
    cache.clear()
    by = actor_of(alice)
    invitee = Invitee(channel, address, first_name="Ida", last_name="Berg")
    invitation = invitations.invite(actor=by, company=ours.company, invitee=invitee, roles=[Role.DRIVER])
    invitations.resend(actor=by, invitation=invitation)
    invitations.revoke(actor=by, invitation=invitation)
    with company_scope(ours.scope):
        said = Entry.objects.filter(target=f"companies.invitation:{invitation.pk}")
        labels, facts = set(said.values_list("target_label", flat=True)), json.dumps(list(said.values_list("facts")))
    assert labels == {label}
    assert not any(name in facts for name in (address, "Ida", "Berg"))
