import json
import secrets
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity.actions import traces
from kolonne.portal.identity.actions.people import end_access
from kolonne.portal.identity.models import HelpRequest, LifeCycleStep, PrivateProfile, State, User, Verification
from kolonne.portal.lib import sealing
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict

Erase = Callable[[Actor, User], None]
_erasures: list[Erase] = []


def when_erased(erase: Erase) -> None:
    """Adds what else is erased with a person; called by the contexts that keep something about people."""
    _erasures.append(erase)


@transaction.atomic
def delete_user(
    *, actor: Actor, user: User, company_id: int | None = None, mail: str = "account_deleted", **facts: Any
) -> User:
    """Ends an account for good and erases what is known of the person, who is told by `mail`, if it names one.

    Raises Conflict. A row with a number and nothing else stays, so that the number is never given to somebody else;
    the audit keeps what was done, and a job takes the names out of it (CO-11).
    """
    changed = User.objects.filter(pk=user.pk).exclude(state=State.DELETED)
    if changed.update(state=State.DELETED, state_since=timezone.now()) != 1:
        raise Conflict("wrong_state", f"{user.username} is deleted already", state=State.DELETED)
    user.refresh_from_db()
    audit.record(actor, "identity.user.deleted", on=user, company_id=company_id)
    gone = traces.of_person(user, _addresses(user))
    receipt = _say_farewell(user, mail, facts)
    end_access(user)
    for erase in _erasures:
        erase(actor, user)
    _forget(user)
    traces.begin(gone, receipt)
    return user


def _addresses(user: User) -> set[str]:
    found = {user.email, user.mobile, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    profile = PrivateProfile.objects.filter(user=user).first()
    return found | {profile.mobile, profile.wanted_email} if profile else found


def _forget(user: User) -> None:
    HelpRequest.objects.filter(_about(user)).delete()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    PrivateProfile.objects.filter(user=user).delete()
    user.username = f"deleted-{user.pk}-{secrets.token_hex(4)}"
    user.email = user.first_name = user.last_name = user.mobile = ""
    user.birth_date = user.verified_at = user.deletion_asked_at = None
    user.verification = Verification.UNVERIFIED
    user.life_cycle_step, user.life_cycle_at = LifeCycleStep.NONE, None
    user.last_login = user.renewal_until = None
    user.date_joined = user.last_sign_in_at = user.state_since
    user.failed_sign_ins = 0
    user.set_unusable_password()
    user.save()


def _about(user: User) -> Q:
    """Requests for help that were found to be his, or that give his address or user id."""
    his = Q(user=user) | Q(user_id_given__iexact=user.username)
    return his | Q(email__iexact=user.email) if user.email else his


def _say_farewell(user: User, mail: str, facts: dict[str, Any]) -> int | None:
    """When the job runs, the address is erased: the job brings it along, encrypted. Answers the job's number."""
    if not mail or not user.email:
        return None
    letter = {"address": user.email, "name": str(user), "username": user.username, "person": user.pk, **facts}
    return app.configure_task("identity.send_farewell").defer(
        mail=mail, market=user.market_id, language=user.language, sealed=sealing.seal(json.dumps(letter))
    )
