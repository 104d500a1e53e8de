"""Who needs a second factor, and whether it is there (ID-10)."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils.translation import gettext as _

from kolonne.portal.identity.models import User

DEMO_SESSION = "demo"
"""Session key of a one-click sign-in, which has no second factor and exists in a demonstration only."""
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

_rules: list[Callable[[User], bool]] = []


def require_when(rule: Callable[[User], bool]) -> None:
    """Adds a rule that says whether somebody needs a second factor; called by the contexts that know why."""
    _rules.append(rule)


def is_required_of(user: User) -> bool:
    return any(rule(user) for rule in _rules)


def is_set_up(user: User) -> bool:
    """Recovery codes alone are none: they replace a factor once."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def is_missing(user: User, session: SessionBase) -> bool:
    """Whether this signed-in person must set up a second factor before anything else opens."""
    if settings.DEMO and session.get(DEMO_SESSION):
        return False
    return not is_set_up(user) and is_required_of(user)


def can_remove(factor: Authenticator) -> bool:
    """Whoever needs a second factor keeps one. Two removals at a time wait for each other in their transactions."""
    User.objects.select_for_update().filter(pk=factor.user_id).first()
    others = Authenticator.objects.filter(user=factor.user, type__in=FACTORS).exclude(pk=factor.pk)
    return others.exists() or factor.type not in FACTORS or not is_required_of(factor.user)


def next_name(user: User) -> str:
    """What a new passkey is called until somebody gives it a better name."""
    count = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).count()
    return _("Passkey %(number)d") % {"number": count + 1}
