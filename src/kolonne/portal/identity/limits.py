"""How often somebody may ask for something that costs a mail or a guess. Counted in the cache that all programs share.

Sign-in itself is limited by allauth; these are our own pages and jobs.
"""

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from kolonne.portal.lib.address import client_address

LIMITS = {
    "reset_page": "20/h/key",
    "reset_mail": "5/h/key",
    "renewal_code": "5/h/key",
    "renewal_try": "5/h/key",
    "help_page": "10/h/key",
    "help_mail": "3/d/key",
}
"""Amount and time; what the key is, stands at the caller: an address, an account or one code."""


def allows(action: str, key: object) -> bool:
    """Counts one more and says whether it is still within the limit."""
    request = HttpRequest()  # asked for by the signature; limits by key do not look at it
    return bool(ratelimit.consume(request, app="kolonne", action=action, config=LIMITS, key=str(key), limit_get=True))


def allows_address(action: str, request: HttpRequest) -> bool:
    """The same for an address on the network; one household's IPv6 addresses count as one."""
    return allows(action, ratelimit.truncate_ip(client_address(request)))
