from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import Membership
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope, user_scope


def forget_member(actor: Actor, user: User) -> None:
    """Ends all memberships of somebody who is erased, with the access rights and requests that hang on them."""
    with user_scope(user.pk):
        companies = list(
            Membership.objects.filter(user=user).order_by("company_id").values_list("company_id", flat=True)
        )
    for company in companies:
        with company_scope([company]):
            Membership.objects.filter(user=user, company_id=company).delete()
            audit.record(actor, "companies.member.removed", on=user, company_id=company)
