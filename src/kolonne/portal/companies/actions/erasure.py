"""What organisations keep of a person, and what becomes of it when he is erased (CO-11)."""

from collections.abc import Iterator

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.models import (
    ApplicationGrant,
    Company,
    CompanyExport,
    CompanyVersion,
    Invitation,
    Leaving,
    Membership,
    Recovery,
    VerificationCase,
)
from kolonne.portal.identity.actions.traces import Gone, replace_labels
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import all_companies, company_scope, user_scope


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


def forget_checks(actor: Actor, user: User) -> None:
    """What dealers found about the person. That a company is verified stands at the company."""
    with company_scope(all_companies()):
        VerificationCase.objects.filter(person=user).delete()
        Recovery.objects.filter(person=user).delete()


def invitations_of(user: User) -> Iterator[tuple[int, str]]:
    """Audit entries about invitations that were for the person: their label is his address."""
    with company_scope(all_companies()):
        addresses = [address for address in (user.email.lower(), user.mobile) if address]
        his = Invitation.objects.filter(accepted_by=user) | Invitation.objects.filter(address__in=addresses)
        yield from [(company, f"companies.invitation:{pk}") for company, pk in his.values_list("company_id", "pk")]


def forget_labels(gone: Gone, company_id: int) -> None:
    """Who changed, declared, opened and ordered something in the company."""
    replace_labels(Company, company_id, gone, "declared_by")
    replace_labels(CompanyVersion, company_id, gone, "changed_by")
    replace_labels(ApplicationGrant, company_id, gone, "granted_by")
    replace_labels(VerificationCase, company_id, gone, "opened_by", "closed_by")
    replace_labels(Recovery, company_id, gone, "opened_by", "stopped_by")
    replace_labels(Leaving, company_id, gone, "ordered_by")
    replace_labels(CompanyExport, company_id, gone, "asked_label")
