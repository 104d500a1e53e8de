"""Every write to support passwords and to the sessions in which helpers act for others."""

from kolonne.portal.support.actions.passwords import make_code, remove_password, set_password
from kolonne.portal.support.actions.sessions import end, end_over, start
from kolonne.portal.support.actions.tries import prove, report_tries

__all__ = [
    "end", "end_over", "make_code", "prove", "remove_password", "report_tries", "set_password", "start",
]  # fmt: skip
