"""One-click sign-in of the demonstration's personas. Every entry point is closed unless KOLONNE_DEMO is set."""

from django.core import signing

from kolonne.portal.identity.models import User

_SALT = "kolonne.demo.sign-in"


def sign_in_token(user: User) -> str:
    """A link part that signs this persona in, made with the data directory's own key."""
    return signing.dumps(user.pk, salt=_SALT)


def user_of_token(token: str) -> User | None:
    try:
        return User.objects.filter(pk=signing.loads(token, salt=_SALT), is_active=True).first()
    except signing.BadSignature:
        return None
