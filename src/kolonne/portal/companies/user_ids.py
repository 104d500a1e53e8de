"""User ids that are easy to say on the telephone, made from names."""

import re
import unicodedata
from itertools import count

from kolonne.portal.identity.models import User

_SPELLED = str.maketrans(
    {"æ": "ae", "ø": "o", "å": "a", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ð": "d", "þ": "th"}
)
MAX_LENGTH = 60


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
