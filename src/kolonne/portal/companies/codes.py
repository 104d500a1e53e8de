"""Codes of verification cases: read aloud over a counter, typed on any keyboard, scanned from a screen."""

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0, O, 1, I and L, which look like each other."""
LENGTH = 10
"""About 50 bits: with the limits on trying, nobody guesses one."""


def grouped(code: str) -> str:
    """For reading aloud: three, three and four signs."""
    return f"{code[:3]}-{code[3:6]}-{code[6:]}"


def read(typed: str) -> str:
    """What somebody typed or scanned as a code; empty when it can be none."""
    plain = "".join(sign for sign in typed.upper() if sign.isalnum())
    return plain if len(plain) == LENGTH and set(plain) <= set(ALPHABET) else ""
