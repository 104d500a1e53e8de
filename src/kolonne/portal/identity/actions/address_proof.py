"""A code by mail shows that an address belongs to somebody who has no identity yet (CO-05).

Whoever asks learns nothing of other people: a code goes to every address, and only its mailbox tells more.
"""

import json
import secrets

from django.utils.crypto import constant_time_compare, salted_hmac
from procrastinate.contrib.django import app

from kolonne.portal.identity import limits
from kolonne.portal.identity.actions.renewal import CODE_DIGITS, CODE_LIFETIME
from kolonne.portal.lib import sealing
from kolonne.portal.lib.errors import Conflict


def send_code(*, purpose: str, email: str, market: str, language: str) -> str:
    """Mails a code and returns its digest. `purpose` names what the address is for, e.g. one invitation.

    Raises Conflict when too many codes were asked for it.
    """
    if not limits.allows("join_code", purpose):
        raise Conflict("too_many", "too many codes were asked for", field="email")
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    letter = {"address": email, "code": f"{code[:4]} {code[4:]}", "minutes": CODE_LIFETIME.seconds // 60}
    app.configure_task("identity.send_farewell").defer(
        mail="join_code", market=market, language=language, sealed=sealing.seal(json.dumps(letter))
    )
    return _digest(purpose, email, code)


def is_code_right(*, purpose: str, email: str, code: str, digest: str) -> bool:
    """Raises Conflict after five tries with one code, however they were spread over windows and requests."""
    if not limits.allows("join_try", digest):
        raise Conflict("too_many", "too many wrong codes", field="code")
    return constant_time_compare(_digest(purpose, email, code), digest)


def _digest(purpose: str, email: str, code: str) -> str:
    return salted_hmac(
        "kolonne.portal.identity.address_proof", f"{purpose} {email} {code}", algorithm="sha256"
    ).hexdigest()
