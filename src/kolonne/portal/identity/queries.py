"""Reads that are not a QuerySet."""

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower

from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor


def person_by_login(login: str) -> User | None:
    """Whose user id this is, or else whose verified e-mail address (ID-01)."""
    wanted = login.strip().lower()
    by_user_id = User.objects.annotate(lower_username=Lower("username")).filter(lower_username=wanted).first()
    address = EmailAddress.objects.filter(email=wanted, verified=True).select_related("user").first()
    return by_user_id or (address.user if address else None)


def owner_of_address(email: str) -> User | None:
    """Whose e-mail address this is, verified or not."""
    address = EmailAddress.objects.filter(email__iexact=email).select_related("user").first()
    return address.user if address else User.objects.filter(email__iexact=email).first()


def himself(user: User, address: str = "") -> Actor:
    """A person who acts on nothing but his own account, for which no company gives a right."""
    return Actor(label=str(user), user_id=user.pk, address=address)
