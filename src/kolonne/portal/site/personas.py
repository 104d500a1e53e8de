"""Whom one can be in a demonstration: everybody in it who gets in, by organisation."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from kolonne.portal.companies.models import Company, Kind, Membership
from kolonne.portal.identity.demo import personas, sign_in_token
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import all_companies, company_scope

ORDER = (Kind.FLEET, Kind.DEALER, Kind.WORKSHOP, Kind.OPERATOR)


@dataclass(frozen=True)
class Persona:
    """A person of the demonstration world, with the link that signs in with one click."""

    name: str
    initials: str
    roles: list[str]
    url: str


@dataclass(frozen=True)
class Group:
    """The people of one organisation; without one, private people."""

    company: Company | None
    people: list[Persona]


def groups() -> list[Group]:
    """Read anew each time: somebody who was blocked a minute ago is nobody to be."""
    people: dict[Company, list[Persona]] = {}
    with company_scope(all_companies()):
        members = Membership.objects.select_related("user", "company__company").filter(user__in=personas())
        for member in members.order_by("company_id", "pk"):
            people.setdefault(member.company, []).append(_persona(member.user, str(member.user), member.role_labels))
        alone = personas().select_related("private_profile").filter(private_profile__isnull=False, memberships=None)
        private = [_persona(user, user.private_profile.name or str(user), []) for user in alone]
    ordered = sorted(people, key=lambda company: ORDER.index(company.kind))
    return [Group(company, people[company]) for company in ordered] + ([Group(None, private)] if private else [])


def _persona(user: User, name: str, roles: list[str]) -> Persona:
    initials = "".join(word[:1] for word in name.split()[:2]).upper()
    return Persona(name, initials, roles, reverse("demo_sign_in", args=[sign_in_token(user)]))


def shared(name: str) -> str:
    """What everybody in the demonstration has: its `password` or unlock `pin`; "" anywhere else."""
    path = settings.CONFIG.data / "demo" / name
    return path.read_text(encoding="ascii").strip() if settings.DEMO and path.exists() else ""
