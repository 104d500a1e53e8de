"""Terms as data (PR-03): Markdown files by market, language, document and version, Kolonne's own or the operator's.

What a company accepted is kept word by word in the database (`commerce.actions.terms`), whatever becomes of the files.
"""

from kolonne.portal.commerce.terms.files import (
    ALL,
    GENERAL,
    Document,
    Library,
    TermsError,
    check,
    in_force,
    library,
    newest,
    shown,
    versions,
)

__all__ = [
    "ALL",
    "GENERAL",
    "Document",
    "Library",
    "TermsError",
    "check",
    "in_force",
    "library",
    "newest",
    "shown",
    "versions",
]
