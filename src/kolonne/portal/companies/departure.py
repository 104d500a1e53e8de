"""What becomes of a company's own rows and of its people when it is deleted (CO-07), and what it can take along."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions.exports import forget_exports
from kolonne.portal.companies.actions.leaving import day_of, note_erased
from kolonne.portal.companies.actions.people import belongs_elsewhere
from kolonne.portal.companies.hooks import Consequence, Departure
from kolonne.portal.companies.models import (
    AccessRequest,
    ApiKey,
    ApplicationGrant,
    Company,
    CompanyVersion,
    Invitation,
    Leaving,
    Membership,
    Merge,
    Recovery,
    Role,
    Site,
    VerificationCase,
)
from kolonne.portal.identity import actions as identity
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions.erasure import delete_user
from kolonne.portal.identity.models import State, User, Verification
from kolonne.portal.lib import notify
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.archive import Row
from kolonne.portal.lib.dates import long_date

BATCH = 1000
PEOPLE_BATCH = 20
"""An account takes many statements."""
ERASED_MAIL, LEFT_MAIL = "company_erased", "company_erased_stays"
EMPTY: dict[str, Any] = {
    "street": "",
    "postal_code": "",
    "city": "",
    "customer_number": "",
    "partner": None,
    "partner_reminded_at": None,
    "second_factor_for_all": False,
    "legal_form": "",
    "register_number": "",
    "vat_number": "",
    "generation": 1,
    "declared_by": "",
    "declared_at": None,
    "verification": Verification.UNVERIFIED,
    "verified_at": None,
    "verified_until": None,
}
"""Of a company that is gone only its number stays, which is never given to another one."""


def consequences(company: Company) -> list[Consequence]:
    people = Membership.objects.filter(company=company).exclude(user__state=State.DELETED).count()
    invited, keys = _open_invitations(company).count(), ApiKey.objects.filter(company=company, revoked_at=None).count()
    found = []
    if people:
        title = ngettext("%(n)s person", "%(n)s people", people) % {"n": people}
        text = _("They see no vans any more. They can read about the company, its people and what was done here.")
        found.append(Consequence(title, text, "at_once"))
    if keys:
        title = ngettext("%(n)s API key", "%(n)s API keys", keys) % {"n": keys}
        found.append(Consequence(title, _("Programs that use them get no data any more."), "at_once"))
    if invited:
        title = ngettext("%(n)s open invitation", "%(n)s open invitations", invited) % {"n": invited}
        found.append(Consequence(title, _("Their links stop working."), "at_once"))
    text = _("Accounts of people who belong to nothing else go too; everybody gets a mail. Others keep their account.")
    found.append(Consequence(_("Company data and people"), text, "erased"))
    return found


def stop(actor: Actor, company: Company) -> None:
    """Nobody comes into a company that is leaving, and no dealer goes on checking it."""
    now = timezone.now()
    _open_invitations(company).update(revoked_at=now)
    VerificationCase.objects.filter(company=company, closed_at=None).update(closed_at=now, closed_by=actor.label)
    pending = Recovery.objects.filter(company=company, done_at=None, stopped_at=None)
    pending.update(stopped_at=now, stopped_by=actor.label)
    AccessRequest.objects.filter(company=company).delete()


def _open_invitations(company: Company) -> "QuerySet[Invitation]":
    return Invitation.objects.filter(company=company, accepted_at=None, revoked_at=None)


def erase(actor: Actor, company: Company) -> bool:
    """Things first, then people, the administrators last: their mail is the receipt."""
    for rows in _things(company):
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        if ids:
            note_erased(company, **{_counted(rows): rows.filter(pk__in=ids).delete()[0]})
            return False
    forget_exports(company)
    Merge.objects.filter(stays=company.pk).delete()
    others = _members(company).exclude(roles__contains=[Role.ADMINISTRATOR])[:PEOPLE_BATCH]
    if others:
        _let_go(actor, company, list(others))
        return False
    _let_go(actor, company, list(_members(company)))
    Company.objects.filter(pk=company.pk).update(name=f"Company {company.pk}", **EMPTY)
    return True


def _things(company: Company) -> "list[QuerySet[Any]]":
    kinds: list[type[Any]] = [
        AccessRequest, ApplicationGrant, ApiKey, Invitation, VerificationCase, Recovery, Site, CompanyVersion
    ]  # fmt: skip
    return [kind.objects.filter(company=company) for kind in kinds]


def _counted(rows: "QuerySet[Any]") -> str:
    """The word of the receipt."""
    words: dict[type[Model], str] = {Site: "sites", Invitation: "invitations", ApiKey: "keys"}
    return words.get(rows.model, "others")


def _members(company: Company) -> "QuerySet[Membership]":
    return Membership.objects.filter(company=company).select_related("user").order_by("pk")


def _let_go(actor: Actor, company: Company, members: list[Membership]) -> None:
    """Erases accounts that belong to nothing else; the others lose this membership. Everybody is told."""
    note_erased(company, people=len(members))
    # Whoever takes them into another company, or lets them go from one, at this very moment is done first.
    people = User.objects.select_for_update(no_key=True).filter(pk__in=[member.user_id for member in members])
    list(people.order_by("pk").values_list("pk"))
    ordered_on = day_of(Leaving.objects.values_list("ordered_at", flat=True).get(company=company), company)
    for member in members:
        person = member.user
        facts: dict[str, Any] = {"company": company.name, "ordered": long_date(ordered_on, person.language)}
        if Role.ADMINISTRATOR in member.roles:
            facts["receipt"] = Leaving.objects.values_list("counts", flat=True).get(company=company)
        if person.state == State.DELETED:
            member.delete()
        elif belongs_elsewhere(person, company.pk):
            member.delete()
            identity.end_access(person)
            mails.post(LEFT_MAIL, person, **facts)
        else:
            delete_user(actor=actor, user=person, company_id=company.pk, mail=ERASED_MAIL, **facts)
        notify.notify(notify.PEOPLE, str(person.pk))


def about(company: Company) -> Iterator[Row]:
    names = ("name", "time_zone", "created_at", "verification", "verified_at", *list(EMPTY)[:4])
    more = ("legal_form", "register_number", "vat_number", "generation", "declared_by", "declared_at")
    yield {name: getattr(company, name) for name in (*names, *more)} | {"number": company.pk, "kind": company.kind}


def people_of(company: Company) -> Iterator[Row]:
    """Whoever belongs to the company, as its administrators see them."""
    for member in _members(company).iterator(chunk_size=BATCH):
        person = member.user
        fields = ("id", "username", "first_name", "last_name", "email", "language", "state")
        yield {name: getattr(person, name) for name in fields} | {"roles": member.roles, "since": member.since}


def invitations_of(company: Company) -> Iterator[Row]:
    rows = Invitation.objects.filter(company=company).order_by("pk")
    fields = ("channel", "address", "roles", "first_name", "last_name", "inviter", "created_at", "sent_at")
    yield from rows.values(*fields, "expires_at", "accepted_at", "revoked_at").iterator()


def sites_of(company: Company) -> Iterator[Row]:
    yield from Site.objects.filter(company=company).order_by("pk").values("name", "street", "postal_code", "city")


def generations_of(company: Company) -> Iterator[Row]:
    rows = CompanyVersion.objects.filter(company=company).order_by("generation")
    yield from rows.values(
        "generation", "name", "legal_form", "register_number", "vat_number", "street", "postal_code", "city", "since",
        "changed_by",
    )  # fmt: skip


def merges_of(company: Company) -> Iterator[Row]:
    """Which companies became part of this one, and what was known of them."""
    rows = Merge.objects.filter(stays=company.pk, done_at__isnull=False).order_by("pk")
    yield from rows.values("gone_id", "gone_name", "done_at", "generations")


def keys_of(company: Company) -> Iterator[Row]:
    """Without what opens anything."""
    rows = ApiKey.objects.filter(company=company).order_by("pk")
    yield from rows.values("name", "prefix", "scopes", "created_at", "revoked_at", "last_used_at")


def access_of(company: Company) -> Iterator[Row]:
    """Who may use which application of others."""
    rows = ApplicationGrant.objects.filter(company=company).select_related("application", "membership")
    for grant in rows.order_by("pk"):
        about = {"user_id": grant.membership.user_id, "application": grant.application.name, "rights": grant.rights}
        yield about | {"granted_by": grant.granted_by, "granted_at": grant.granted_at}


def cases_of(company: Company) -> Iterator[Row]:
    """What dealers found when they compared the company and its people with documents."""
    rows = VerificationCase.objects.filter(company=company).order_by("pk")
    yield from rows.values(
        "person_id", "created_at", "opened_at", "document", "document_expires_on", "person_result", "person_reason",
        "company_result", "company_reason", "closed_at",
    )  # fmt: skip


def audit_of(company: Company) -> Iterator[Row]:
    """Everything that was done here. Addresses of computers are those of the people who sat before them."""
    rows = Entry.objects.filter(company_id=company.pk).order_by("pk")
    yield from rows.values("at", "actor", "acting_for", "verb", "target", "target_label", "facts").iterator(BATCH)


PARTS = {
    "company": about, "people": people_of, "sites": sites_of, "generations": generations_of,
    "invitations": invitations_of, "api_keys": keys_of, "access_rights": access_of, "checks": cases_of,
    "audit": audit_of, "merges": merges_of,
}  # fmt: skip
DEPARTURE = Departure("companies", consequences, at_once=stop, erase=erase)
