"""What dishonest people of a fleet company cannot do (CO-05, VE-01, VE-04)."""

import pytest
from django.core.cache import cache

from kolonne.portal.companies.actions import invitations, joining
from kolonne.portal.companies.actions.desk import decide_case
from kolonne.portal.companies.actions.invitations import Invitee
from kolonne.portal.companies.models import Channel, Membership, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.desk import get_case_for
from kolonne.portal.companies.tests import desk
from kolonne.portal.companies.tests.desk import case_of, decision_of, opened
from kolonne.portal.conftest import House, person
from kolonne.portal.identity.models import User
from kolonne.portal.identity.tests.post import PostOffice, path_in
from kolonne.portal.lib.errors import Conflict
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def dagny(db: None) -> User:
    cache.clear()
    return person("dagny", desk.a_dealer("Bergen Varebil AS"), Role.DEALER_EMPLOYEE)


def test_an_invitation_opens_nothing_while_the_company_waits_for_a_dealer(ours: House, alice: User, sam: User) -> None:
    post = PostOffice()
    invitations.invite(
        actor=actor_of(alice),
        company=ours.company,
        roles=[Role.DRIVER],
        invitee=Invitee(Channel.MAIL, "ida@example.com"),
    )
    (mail,) = post.run()
    token = path_in(mail).strip("/").split("/")[-1]
    desk.unverify(ours.company)
    with pytest.raises(Conflict):
        joining.join(actor=actor_of(sam), token=token)


def test_the_cases_of_a_person_with_posts_at_a_dealer_and_a_customer_are_not_his(
    ours: House, alice: User, dagny: User
) -> None:
    case = opened(actor_of(dagny), case_of(alice, desk.unverify(ours.company)))
    with company_scope(ours.scope):
        Membership.objects.create(company=ours.company, user=dagny, roles=[Role.DRIVER])
    dealer = actor_of(dagny).within(case.dealer_id)
    view = get_case_for(dealer, case.pk)
    with pytest.raises(Conflict) as refused:
        decide_case(actor=dealer, case=view.case, seen=view.seen, decision=decision_of(view.case))
    assert refused.value.code == "own_case"
