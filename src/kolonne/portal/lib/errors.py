"""Errors that actions raise and faces translate once.

KolonneError
├── NotFound        the thing does not exist, or is none of your business
├── NotAllowed      you may see it, but not do this
├── Invalid         a value is wrong: field, value, remedy
└── Conflict        somebody else was faster, or the state does not allow it
"""

from collections.abc import Mapping
from typing import Any


class KolonneError(Exception):
    """`code` is stable and for programs; `text` is English for logs, faces show the translated text of the code."""

    status = 500

    def __init__(self, code: str, text: str, **facts: Any) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.facts = facts


class NotFound(KolonneError):
    status = 404

    def __init__(self, what: str) -> None:
        super().__init__("not_found", f"{what} was not found", what=what)


class NotAllowed(KolonneError):
    status = 403

    def __init__(self, permission: str) -> None:
        super().__init__("not_allowed", f"this needs the right {permission}", permission=permission)


class Invalid(KolonneError):
    """`errors` maps a field to what is wrong with it and how to mend it."""

    status = 422

    def __init__(self, code: str, text: str, errors: Mapping[str, str], **facts: Any) -> None:
        super().__init__(code, text, **facts)
        self.errors = dict(errors)


class Conflict(KolonneError):
    status = 409
