"""Who may use which application, and whom to ask (ID-12, B2-01).

Access rights belong to memberships, which this context does not know: the context that does fills in how to find them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.models import Application, User
from kolonne.portal.lib.actor import Actor

SCOPES = {
    "openid": _("A number that stands for you in this application only"),
    "profile": _("Your name, user id and language"),
    "email": _("Your e-mail address"),
    "rights": _("Your organisations and your access rights in this application"),
}
"""What an application may ask for, in the words of the page that asks the person."""


@dataclass(frozen=True)
class Rights:
    """What somebody may do in an application for one organisation."""

    organisation: int
    name: str
    kind: str
    rights: tuple[str, ...]


@dataclass(frozen=True)
class Desk:
    """An organisation of somebody's in which he can ask for access."""

    organisation: int
    name: str
    administrators: tuple[User, ...]
    is_asked: bool
    """Somebody asked already, and nobody answered yet."""


@dataclass(frozen=True)
class Source:
    """How to find and ask for rights."""

    rights_of: Callable[[User, Application], list[Rights]]
    desks_of: Callable[[User, Application], list[Desk]]
    ask: Callable[[Actor, User, Application, int], None]


_sources: list[Source] = []


def fill_in(source: Source) -> None:
    """Called by the context that knows memberships, when it is loaded."""
    _sources.append(source)


def rights_of(user: User, application: Application) -> list[Rights]:
    """By organisation; empty when the person may not use the application at all."""
    return [rights for source in _sources for rights in source.rights_of(user, application)]


def desks_of(user: User, application: Application) -> list[Desk]:
    return [desk for source in _sources for desk in source.desks_of(user, application)]


def ask(*, actor: Actor, user: User, application: Application, organisation: int) -> None:
    """Asks the administrators of one organisation. Raises NotFound when it is none of the person's, Conflict."""
    for source in _sources:
        source.ask(actor, user, application, organisation)


def application_of(client_id: str) -> Application | None:
    """The application behind an OpenID Connect client."""
    return Application.objects.filter(client_id=client_id).first()


def may_use(user: User, client_id: str) -> bool:
    """Whether the person gets in, and has a right in the application in any organisation."""
    application = application_of(client_id)
    return user.is_active and application is not None and bool(rights_of(user, application))
