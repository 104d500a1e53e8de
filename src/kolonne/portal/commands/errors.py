"""Refusals of the portal, before a command exists. `remedy` says what to do; the code is stable.

KolonneError
├── Invalid     a value of the request is wrong (each field with its remedy)
└── Conflict
    └── Refused     the request is well-formed, and the van, its contract or its user does not allow it now
"""

from kolonne.portal.lib.errors import Conflict


class Refused(Conflict):
    """Something about the van, its products or the user forbids the command now."""

    def __init__(self, code: str, text: str, remedy: str) -> None:
        super().__init__(code, text, remedy=remedy)
        self.remedy = remedy
