"""How secrets of applications are stored."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password


class RandomSecretHasher(PBKDF2PasswordHasher):
    """Quick, for secrets of 256 random bits, which nobody guesses however fast guessing is.

    A slow hash, which people's passwords need, would let anybody keep our processors busy: every request for tokens
    brings a secret, a right one or any other.
    """

    algorithm = "random_secret"
    iterations = 1


def hashed(secret: str) -> str:
    return make_password(secret, hasher=RandomSecretHasher())
