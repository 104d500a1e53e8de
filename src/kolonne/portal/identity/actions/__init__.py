"""Every write to people and to what decides whether they get in.

Who may do it to whom is checked by the callers that know companies (`companies.actions`); here stands what any of
them must obey.
"""

from kolonne.portal.identity.actions.people import (
    PersonData,
    create_user,
    end_access,
    move,
    note_sign_in,
    reset_password,
    reset_second_factor,
    revive,
)
from kolonne.portal.identity.actions.sign_in import (
    end_session,
    record_email,
    record_factor,
    record_sign_in,
    record_wrong_password,
    set_own_password,
    sign_out_everywhere,
)

__all__ = [
    "PersonData",
    "create_user",
    "end_access",
    "end_session",
    "move",
    "note_sign_in",
    "record_email",
    "record_factor",
    "record_sign_in",
    "record_wrong_password",
    "reset_password",
    "reset_second_factor",
    "revive",
    "set_own_password",
    "sign_out_everywhere",
]
