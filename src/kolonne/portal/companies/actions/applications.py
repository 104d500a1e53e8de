from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.models import AccessRequest, ApplicationGrant, Company, Membership
from kolonne.portal.companies.queries import administrators, fits
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import Application
from kolonne.portal.lib.actor import Actor, require
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope

GRANT = "companies.application:grant"
ASKED = "companies.access.asked"
MAIL_EVERY = timedelta(days=1)
"""However often somebody asks for the same: the administrators get no more mails than that."""
MOST_MAILS = 10


@transaction.atomic
def grant_access(
    *, actor: Actor, membership: Membership, application: Application, rights: Iterable[str]
) -> ApplicationGrant:
    """The member may do exactly this in the application from now on (ID-12); a request for it is answered by that.

    Raises NotAllowed, Conflict for one's own rights and applications not meant for this kind of organisation, Invalid.
    """
    company = _company_to_grant_in(actor, membership)
    wanted = _checked_rights(company, application, rights)
    with company_scope([company.pk]):
        grant, _ = ApplicationGrant.objects.update_or_create(
            membership=membership,
            application=application,
            defaults={
                "company": company,
                "rights": wanted,
                "granted_by": actor.label,
                "granted_at": timezone.now(),
            },
        )
        AccessRequest.objects.filter(membership=membership, application=application).delete()
        _record(actor, "companies.access.granted", membership, application, rights=wanted)
    mails.post("access_granted", membership.user, **_facts(company, application), rights=wanted)
    return grant


@transaction.atomic
def revoke_access(*, actor: Actor, membership: Membership, application: Application) -> None:
    """The member may do nothing in the application any more. Raises NotAllowed, Conflict for one's own, NotFound."""
    company = _company_to_grant_in(actor, membership)
    with company_scope([company.pk]):
        taken, _ = ApplicationGrant.objects.filter(membership=membership, application=application).delete()
        if not taken:
            raise NotFound("the access right")
        _record(actor, "companies.access.taken", membership, application)
    mails.post("access_taken", membership.user, **_facts(company, application))


@transaction.atomic
def ask_for_access(*, actor: Actor, membership: Membership, application: Application) -> AccessRequest:
    """A member asks his own administrators (B2-01); asking again changes nothing.

    Raises NotAllowed for somebody else's membership, Conflict when he has access or the application is not for this
    kind of organisation.
    """
    if actor.user_id != membership.user_id:
        raise NotAllowed(GRANT)
    with company_scope([membership.company_id]):
        company = membership.company
        _check_kind(company, application)
        if ApplicationGrant.objects.filter(membership=membership, application=application).exists():
            raise Conflict("has_access", f"{membership.user} has access to {application} already")
        request, is_new = AccessRequest.objects.get_or_create(
            membership=membership, application=application, defaults={"company": company}
        )
        if is_new:
            is_quiet = _was_asked_lately(membership, application)
            _record(actor, ASKED, membership, application)
            if not is_quiet:
                _tell_administrators(membership, application)
    return request


@transaction.atomic
def answer_request(*, actor: Actor, request: AccessRequest, granted: bool) -> None:
    """Grants the first right of the application, or nothing. Raises NotAllowed, Conflict; NotFound when answered."""
    membership, application = request.membership, request.application
    company = _company_to_grant_in(actor, membership)
    with company_scope([company.pk]):
        if not AccessRequest.objects.filter(pk=request.pk).delete()[0]:
            raise NotFound("the request")
        if granted:
            grant_access(actor=actor, membership=membership, application=application, rights=application.rights[:1])
            return
        _record(actor, "companies.access.refused", membership, application)
    mails.post("access_refused", membership.user, **_facts(company, application))


def _company_to_grant_in(actor: Actor, membership: Membership) -> Company:
    require(actor, GRANT, membership.company_id)
    if actor.user_id == membership.user_id:
        raise Conflict("own_right", "nobody gives or takes a right of his own")
    with company_scope([membership.company_id]):
        return membership.company


def _check_kind(company: Company, application: Application) -> None:
    if not fits(application, company.kind):
        raise Conflict("unfit_application", f"{application} is not for a {company.kind}")


def _checked_rights(company: Company, application: Application, rights: Iterable[str]) -> list[str]:
    """In the application's own order."""
    _check_kind(company, application)
    wanted = set(rights)
    unknown = wanted - set(application.rights)
    if unknown or not wanted:
        remedy = "one or several of " + ", ".join(application.rights)
        text = f"{', '.join(sorted(unknown)) or 'nothing'} is no right in {application}"
        raise Invalid("unknown_right", text, {"rights": remedy})
    return [right for right in application.rights if right in wanted]


def _record(actor: Actor, verb: str, membership: Membership, application: Application, **facts: Any) -> None:
    company = membership.company_id
    audit.record(actor, verb, on=membership, company_id=company, application=application.code, **facts)


def _was_asked_lately(membership: Membership, application: Application) -> bool:
    since = timezone.now() - MAIL_EVERY
    entries = Entry.objects.filter(company_id=membership.company_id, verb=ASKED, user_id=membership.user_id)
    return entries.filter(facts__application=application.code, at__gte=since).exists()


def _tell_administrators(membership: Membership, application: Application) -> None:
    facts = _facts(membership.company, application)
    others = [user for user in administrators(membership.company_id) if user.pk != membership.user_id]
    for administrator in others[:MOST_MAILS]:
        mails.post("access_asked", administrator, person=str(membership.user), **facts)


def _facts(company: Company, application: Application) -> dict[str, str]:
    return {"company": company.name, "application": application.name, "application_url": application.url}
