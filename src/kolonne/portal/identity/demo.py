"""One-click sign-in of the demonstration's personas. Every entry point is closed unless KOLONNE_DEMO is set."""

from django.core import signing
from django.db.models import QuerySet

from kolonne.portal.identity.models import User

_SALT = "kolonne.demo.sign-in"


def sign_in_token(user: User) -> str:
    """A link part that signs this persona in, made with the data directory's own key."""
    return signing.dumps(user.pk, salt=_SALT)


def personas() -> QuerySet[User]:
    """Whoever gets in: who is locked out, or must first answer to a helper's reset, gets in by no link either."""
    return User.objects.filter(is_active=True, renewal_until=None).order_by("pk")


def user_of_token(token: str) -> User | None:
    try:
        return personas().filter(pk=signing.loads(token, salt=_SALT)).first()
    except signing.BadSignature:
        return None
