"""What a merge does to a company's own things: people, places, invitations, keys, checks (CO-10)."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.audit import actions as audit
from kolonne.portal.companies.actions.exports import forget_exports
from kolonne.portal.companies.departure import stop
from kolonne.portal.companies.merge_parts import Effect, MergePart, Pair
from kolonne.portal.companies.models import (
    ApiKey,
    ApplicationGrant,
    Company,
    Invitation,
    Membership,
    Site,
    VerificationCase,
)
from kolonne.portal.companies.queries.directory import dealer
from kolonne.portal.identity.models import State
from kolonne.portal.lib.actor import Actor

MAX_SITE_NAME = 80
SOLVES = frozenset(
    {
        "companies_membership_once",  # roles are united
        "companies_site_name_once",  # one of them gets another name
        "companies_invitation_open_once",  # all are taken back
        "companies_recovery_once",  # stopped
        "companies_export_one_at_a_time",  # removed
        "companies_company_pkey",  # never moves
        "companies_leaving_pkey",  # neither is leaving
    }
)


def effects(pair: Pair) -> list[Effect]:
    return [*_people(pair), *_places(pair), *_ends(pair), *_stays(pair)]


def _members(company: Company) -> "QuerySet[Membership]":
    return Membership.objects.filter(company=company).exclude(user__state=State.DELETED)


def _people(pair: Pair) -> list[Effect]:
    both = _members(pair.gone).filter(user__in=_members(pair.stays).values("user")).count()
    new = _members(pair.gone).count() - both
    found = []
    if new:
        title = ngettext("%(n)s person comes in", "%(n)s people come in", new) % {"n": new}
        text = _("With the roles that they have now: administrators of %(gone)s administer %(stays)s, too.")
        found.append(Effect(title, text % _names(pair)))
    if both:
        title = ngettext("%(n)s person is in both", "%(n)s people are in both", both) % {"n": both}
        text = _("They keep their roles of both companies. Access rights to applications are united, too.")
        found.append(Effect(title, text))
    text = _("The rule of %(stays)s on second factors holds for everybody.")
    return [*found, Effect(_("Security"), text % _names(pair))]


def _places(pair: Pair) -> list[Effect]:
    sites = Site.objects.filter(company=pair.gone).count()
    text = _("The main address of %(gone)s becomes an ordinary site: %(address)s.")
    found = []
    if pair.gone.address:
        found.append(Effect(_("Main address"), text % {**_names(pair), "address": pair.gone.address}))
    if sites:
        title = ngettext("%(n)s site", "%(n)s sites", sites) % {"n": sites}
        text = _("They become sites of %(stays)s. Where a name is taken, that of the company is added.")
        found.append(Effect(title, text % _names(pair)))
    return [*found, _dealer(pair)]


def _dealer(pair: Pair) -> Effect:
    kept = dealer(pair.stays.partner_id or pair.gone.partner_id or 0)
    if kept is None:
        return Effect(_("After-sales partner"), _("Neither company has one. You can choose one at any time."))
    text = _(
        "%(dealer)s is the partner afterwards, and sees all vans. Another dealer no longer sees those of %(gone)s."
    )
    return Effect(_("After-sales partner"), text % {**_names(pair), "dealer": kept.name})


def _ends(pair: Pair) -> list[Effect]:
    invited = Invitation.objects.filter(company=pair.gone, accepted_at=None, revoked_at=None).count()
    keys = ApiKey.objects.filter(company=pair.gone, revoked_at=None).count()
    cases = VerificationCase.objects.filter(company=pair.gone, closed_at=None).count()
    found = []
    if keys:
        title = ngettext("%(n)s API key ends", "%(n)s API keys end", keys) % {"n": keys}
        found.append(Effect(title, _("Programs that use them need a key of %(stays)s.") % _names(pair)))
    if invited:
        title = ngettext("%(n)s invitation ends", "%(n)s invitations end", invited) % {"n": invited}
        found.append(Effect(title, _("Their links stop working. Invite these people again.")))
    if cases:
        title = ngettext("%(n)s check by a dealer ends", "%(n)s checks by a dealer end", cases) % {"n": cases}
        found.append(Effect(title, _("What still has to be checked is checked for %(stays)s.") % _names(pair)))
    return found


def _stays(pair: Pair) -> list[Effect]:
    text = _("Administrators of %(stays)s can read what was done in %(gone)s. Nothing of it is changed.")
    end = _("Its name, data and customer number are not used any more. Everybody there gets a mail. This is for good.")
    return [
        Effect(_("The audit"), text % _names(pair)),
        Effect(_("%(gone)s is closed") % _names(pair), end),
    ]


def _names(pair: Pair) -> dict[str, str]:
    return {"gone": pair.gone.name, "stays": pair.stays.name}


def begin(actor: Actor, gone: Company, stays: Company) -> None:
    """Nobody comes into the company any more, no program and no dealer does anything there."""
    stop(actor, gone)
    ApiKey.objects.filter(company=gone, revoked_at=None).update(revoked_at=timezone.now())
    forget_exports(gone)


def before(actor: Actor, gone: Company, stays: Company) -> None:
    """One company has each person once, and each name of a site."""
    stop(actor, gone)
    ApiKey.objects.filter(company=gone, revoked_at=None).update(revoked_at=timezone.now())
    forget_exports(gone)
    already = {member.user_id: member for member in Membership.objects.filter(company=stays).select_for_update()}
    for member in Membership.objects.filter(company=gone, user__in=already).order_by("pk"):
        _unite(actor, member, already[member.user_id], stays)
    _bring_sites(gone, stays)
    if stays.partner_id is None and gone.partner_id is not None:
        Company.objects.filter(pk=stays.pk).update(partner=gone.partner_id)


def _unite(actor: Actor, member: Membership, other: Membership, stays: Company) -> None:
    """The roles and the access rights of both memberships, in that of the company that stays."""
    rights = {grant.application_id: grant for grant in ApplicationGrant.objects.filter(membership=other)}
    for grant in ApplicationGrant.objects.filter(membership=member):
        known = rights.get(grant.application_id)
        if known is None:
            ApplicationGrant.objects.filter(pk=grant.pk).update(membership=other, company=stays.pk)
        else:
            ApplicationGrant.objects.filter(pk=known.pk).update(rights=sorted({*known.rights, *grant.rights}))
    roles = sorted({*member.roles, *other.roles})
    member.delete()
    if roles != sorted(other.roles):
        before = other.roles
        Membership.objects.filter(pk=other.pk).update(roles=roles)
        audit.record(actor, "companies.member.roles_changed", on=other, company_id=stays.pk, before=before, after=roles)


def _bring_sites(gone: Company, stays: Company) -> None:
    taken = set(Site.objects.filter(company=stays).values_list("name", flat=True))
    for site in Site.objects.filter(company=gone).order_by("pk"):
        name = _free_name(site.name, gone.name, taken)
        taken.add(name)
        Site.objects.filter(pk=site.pk).update(name=name, company=stays.pk)
    if gone.address:
        address: dict[str, Any] = {field: getattr(gone, field) for field in ("street", "postal_code", "city")}
        Site.objects.create(company=stays, name=_free_name(gone.name, gone.name, taken), **address)


def _free_name(name: str, company: str, taken: set[str]) -> str:
    """The name itself, or with that of its company, or with a number."""
    tries = [name[:MAX_SITE_NAME], f"{name[:38]} ({company[:38]})"]
    tries += [f"{name[:70]} ({number})" for number in range(2, len(taken) + 3)]
    return next(one for one in tries if one not in taken)


MERGE = MergePart("companies", effects, begin=begin, before=before, order=1, solves=SOLVES)
