from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity.models import Language, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid


@transaction.atomic
def create_user(
    *,
    actor: Actor,
    username: str,
    email: str,
    first_name: str = "",
    last_name: str = "",
    password: str | None = None,
    language: str = Language.ENGLISH,
) -> User:
    """A person whose e-mail address counts as verified by whoever vouches for it. Raises Invalid, Conflict.

    Without a password the person cannot sign in by password until a reset set one.
    """
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("invalid_email", f"{email} is not an e-mail address", {"email": "name@domain"}) from error
    # Addresses are kept in lower case, so that one mailbox cannot become two people.
    email = email.lower()
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict("user_exists", f"the user id {username} is taken", field="username")
    if User.objects.filter(email=email).exists():
        raise Conflict("email_exists", f"the e-mail address {email} belongs to another user", field="email")
    user = User(username=username, email=email, first_name=first_name, last_name=last_name, language=language)
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    audit.record(actor, "identity.user.created", on=user, company_id=None)
    return user
