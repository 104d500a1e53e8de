"""User ids: what they may look like, and how one is made that is easy to say on the telephone."""

import re
import unicodedata
from itertools import count

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Invalid

_SPELLED = str.maketrans(
    {"æ": "ae", "ø": "o", "å": "a", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ð": "d", "þ": "th"}
)
MAX_LENGTH = 60
PATTERN = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{2,{MAX_LENGTH - 1}}}")
"""No @, for one field takes user ids and e-mail addresses; no letters that look like others."""
USER_ID = RegexValidator(
    rf"\A{PATTERN.pattern}\Z",
    _("At least three characters: letters without accents, digits, dot, hyphen and underscore."),
)


def checked_user_id(user_id: str) -> str:
    """In lower case. Raises Invalid."""
    if not PATTERN.fullmatch(user_id):
        remedy = f"3 to {MAX_LENGTH} letters without accents, digits, dots, hyphens and underscores"
        raise Invalid("invalid_user_id", f"{user_id} is no user id", {"username": remedy})
    return user_id.lower()


def free_user_id(first_name: str, last_name: str) -> str:
    """`first.last` in plain letters, with a number if somebody has it; empty when the names have no such letters."""
    parts = [_plain(name) for name in (first_name, last_name)]
    wanted = ".".join(part for part in parts if part)[: MAX_LENGTH - 4]
    if not wanted:
        return ""
    taken = {
        name.lower() for name in User.objects.filter(username__istartswith=wanted).values_list("username", flat=True)
    }
    return next(name for number in count(1) if (name := wanted if number == 1 else f"{wanted}{number}") not in taken)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().translate(_SPELLED)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", letters)
