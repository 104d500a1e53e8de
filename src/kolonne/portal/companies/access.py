"""Fills in for Kolonne ID who may use an application, and whom to ask: `identity.access`."""

from kolonne.portal.companies import actions
from kolonne.portal.companies.models import AccessRequest, Company, Membership
from kolonne.portal.companies.queries import administrators, fits, rights_in_applications
from kolonne.portal.identity.access import Desk, Rights, Source
from kolonne.portal.identity.models import Application, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import NotFound
from kolonne.portal.lib.scope import company_scope, user_scope


def _rights_of(user: User, application: Application) -> list[Rights]:
    return [
        Rights(company.pk, company.name, company.kind, tuple(rights))
        for company, granted, rights in rights_in_applications(user)
        if granted == application
    ]


def _desks_of(user: User, application: Application) -> list[Desk]:
    with user_scope(user.pk):
        ids = list(Membership.objects.filter(user=user).values_list("company_id", flat=True))
    with company_scope(ids):
        companies = list(Company.objects.filter(pk__in=ids).select_related("company").order_by("name", "pk"))
        asked = AccessRequest.objects.filter(membership__user=user, application=application)
        waiting = set(asked.values_list("company_id", flat=True))
    return [
        _desk(company, user, is_asked=company.pk in waiting) for company in companies if fits(application, company.kind)
    ]


def _desk(company: Company, user: User, *, is_asked: bool) -> Desk:
    others = tuple(other for other in administrators(company.pk) if other != user and other.is_active)
    return Desk(company.pk, company.name, others, is_asked)


def _ask(actor: Actor, user: User, application: Application, organisation: int) -> None:
    with company_scope([organisation]):
        membership = Membership.objects.filter(user=user, company_id=organisation).first()
        if membership is None:
            raise NotFound("the organisation")
        actions.ask_for_access(actor=actor, membership=membership, application=application)


SOURCE = Source(rights_of=_rights_of, desks_of=_desks_of, ask=_ask)
