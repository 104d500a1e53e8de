"""What is known of a person: names, date of birth, mobile number (CO-03)."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from kolonne.portal.audit import actions as audit
from kolonne.portal.identity import mails
from kolonne.portal.identity.models import State, User, Verification
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.lines import in_line, is_visible
from kolonne.portal.lib.phone import mobile_number

LEAST_AGE = 15
"""Years; younger people do not work for a company."""
GREATEST_AGE = 120
MAX_NAME = 150
NO_NAME = frozenset("<>/@")
COMPARED = frozenset({"first_name", "last_name", "birth_date"})
"""What a dealer compares with the identity document."""


@dataclass(frozen=True)
class OwnData:
    """What a person tells of himself."""

    first_name: str
    last_name: str
    birth_date: date | None = None
    mobile: str = ""
    """As people write it; kept as E.164."""

    @classmethod
    def of(cls, user: User) -> "OwnData":
        return cls(user.first_name, user.last_name, user.birth_date, user.mobile)


@transaction.atomic
def change_own_data(*, actor: Actor, user: User, seen: OwnData, data: OwnData) -> User:
    """Writes what differs from what the person had `seen`, and tells him by mail, in case it was not he.

    Raises NotAllowed, Invalid; Conflict when one of the same fields was changed meanwhile.
    """
    if actor.user_id != user.pk or actor.acting_for is not None:
        raise NotAllowed("own data")
    person, changed = change_person(actor=actor, user=user, seen=seen, data=data)
    if changed:
        mails.post("own_data_changed", person, **_kinds(changed))
    return person


@transaction.atomic
def change_person(
    *, actor: Actor, user: User, seen: OwnData, data: OwnData, company_id: int | None = None
) -> tuple[User, list[str]]:
    """The person and the names of the fields that changed. Whether the actor may, the caller has checked.

    Changed names or date of birth take the verification: a dealer has to compare them anew (CO-03). The audit keeps
    which fields changed and never what stood in them. Raises Invalid, Conflict.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if person.state == State.DELETED:
        raise Conflict("wrong_state", f"{person.username} is deleted", state=person.state)
    before, after = asdict(seen), _checked(person, seen, data)
    changed = [name for name, value in after.items() if value != before[name]]
    if not changed:
        return person, []
    if any(getattr(person, name) != before[name] for name in changed):
        raise Conflict("changed_meanwhile", "the data were changed meanwhile", fields=changed)
    for name in changed:
        setattr(person, name, after[name])
    if loses_check(changed):
        person.verification = Verification.UNVERIFIED
    person.save(update_fields=[*changed, "verification"])
    audit.record(actor, "identity.user.data_changed", on=person, company_id=company_id, fields=changed)
    return person, changed


def loses_check(changed: Collection[str]) -> bool:
    """Whether a change of these fields takes a person's verification, if he has one."""
    return not COMPARED.isdisjoint(changed)


def _kinds(changed: Collection[str]) -> dict[str, bool]:
    """What a mail says of it: nothing that a stranger at the mailbox could use."""
    return {
        "names": not {"first_name", "last_name"}.isdisjoint(changed),
        "birth_date": "birth_date" in changed,
        "mobile": "mobile" in changed,
    }


def _checked(person: User, seen: OwnData, data: OwnData) -> dict[str, object]:
    """In the spelling that is kept. What nobody touches is not judged: it may be older than a rule."""
    errors: dict[str, str] = {}
    found: dict[str, object] = {}
    for name in ("first_name", "last_name"):
        found[name] = text = in_line(getattr(data, name))
        if text != getattr(seen, name) and not is_name(text):
            errors[name] = f"a name of 1 to {MAX_NAME} signs, as in the identity document"
    found["birth_date"] = data.birth_date
    if data.birth_date not in {None, seen.birth_date} and not is_birth_date(data.birth_date):
        errors["birth_date"] = f"a day {LEAST_AGE} to {GREATEST_AGE} years ago"
    found["mobile"] = data.mobile.strip()
    if found["mobile"] not in {"", seen.mobile}:
        try:
            found["mobile"] = mobile_number(data.mobile, person.market_id)
        except Invalid as error:
            errors |= error.errors
    if errors:
        raise Invalid("invalid_data", "these are not a person's data", errors)
    return found


def is_name(text: str) -> bool:
    """Whether it can be somebody's name: letters that people see, not too many of them, and no address on the web."""
    is_plain = is_visible(text) and NO_NAME.isdisjoint(text)
    return 0 < len(text) <= MAX_NAME and is_plain and any(sign.isalpha() for sign in text)


def is_birth_date(day: date | None) -> bool:
    """Whether somebody of working age can have been born then."""
    return day is not None and day_years_ago(GREATEST_AGE) <= day <= day_years_ago(LEAST_AGE)


def day_years_ago(years: int) -> date:
    today = timezone.localdate()
    # Whoever was born on 29 February is older on 1 March.
    is_leap_day = (today.month, today.day) == (2, 29)
    return (today.replace(day=28) if is_leap_day else today).replace(year=today.year - years)
