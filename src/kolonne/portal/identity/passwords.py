"""What a password must be (NIST SP 800-63B-4): long and not guessable. No other rules, and none ever expires."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

LEAST, MOST = 15, 256
STRONG_ENOUGH = 3
"""zxcvbn's 0 to 4: at 3, guessing at a stolen hash needs more than 10^8 tries."""
LEAST_ELSE = 8
"""Characters that are not the person's own name, address or company."""
MEASURED = 64
"""Characters that are measured: what is long enough there is not made worse by what follows."""


class Length:
    """Long instead of complicated; the upper limit only keeps hashing cheap."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if len(password) < LEAST:
            text = _("This password has %(count)d characters. Take at least %(least)d: a few words are fine.")
            raise ValidationError(text % {"count": len(password), "least": LEAST}, code="password_too_short")
        if len(password) > MOST:
            text = _("This password has %(count)d characters. Take at most %(most)d.")
            raise ValidationError(text % {"count": len(password), "most": MOST}, code="password_too_long")

    def get_help_text(self) -> str:
        return _("At least 15 characters; a few words that only you would put together are best.")


class NotGuessable:
    """Refuses what lists of stolen passwords, patterns and the person's own names make easy to guess."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if len(password) < LEAST:
            return  # one complaint is enough
        own = _own_words(user)
        score = zxcvbn(password[:MEASURED], user_inputs=own)["score"]
        if score < STRONG_ENOUGH or len(_without(own, password)) < LEAST_ELSE:
            text = _(
                "This password is too easy to guess. Put together four or more words that have nothing to do with you, "
                "with Kolonne or with each other."
            )
            raise ValidationError(text, code="password_too_easy")

    def get_help_text(self) -> str:
        return _("Nothing that others could guess: no names, no well-known sentences, no rows of keys.")


def _without(words: list[str], password: str) -> str:
    """What is left of a password when the person's own words are taken out."""
    rest = password.lower()
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word.lower(), "") if len(word) > 2 else rest
    return rest


def _own_words(user: AbstractBaseUser | None) -> list[str]:
    """What somebody who knows the person tries first."""
    known = [str(getattr(user, name, "")) for name in ("username", "first_name", "last_name", "email")]
    local, _at, domain = str(getattr(user, "email", "")).partition("@")
    parts = [part for word in (*known, local, domain) for part in word.replace("_", ".").replace("-", ".").split(".")]
    return [word for word in {*known, *parts, "kolonne"} if word]
