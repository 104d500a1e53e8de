"""How often somebody may ask for something that costs a mail or a guess. Counted in the cache that all programs share.

By account, sign-in is limited by allauth; these are tries by address, our own pages and jobs.
"""

from datetime import UTC, datetime

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from kolonne.portal.lib.address import client_address

LIMITS = {
    "module_claim": "30/h/key",
    "module_renewal": "60/h/key",
    "vin_taken": "10/d/key",
    "vin_taken_person": "10/d/key",
    "vin_taken_report": "1/d/key",
    "vin_claim": "10/d/key",
    "vin_claim_person": "10/d/key",
    "vin_claim_again": "3/d/key",
    "handover_made": "30/d/key",
    "handover_try": "10/h/key,30/d/key",
    "vin_explained": "240/m/key",
    "van_import": "60/h/key",
    "wrong_password": "10/m/key,100/h/key",
    "reset_page": "20/h/key",
    "reset_mail": "5/h/key",
    "renewal_code": "5/h/key",
    "renewal_try": "5/h/key",
    "register_page": "20/h/key",
    "user_id_try": "20/h/key",
    "register_mail": "5/h/key",
    "company_number": "20/d/key",
    "invitation": "60/d/key",
    "invitation_to": "5/d/key",
    "join_code": "5/h/key",
    "join_try": "5/h/key",
    "help_page": "10/h/key",
    "help_mail": "3/d/key",
    "case_code_made": "20/h/key",
    "case_code_person": "30/h/key",
    "case_code_dealer": "200/h/key",
    "support_try": "10/h/key,30/d/key",
}
"""Amount and time; what the key is, stands at the caller: an address, an account or one code."""


def allows(action: str, key: object) -> bool:
    """Counts one more and says whether it is still within the limit."""
    return _use(action, str(key)) is not None


def use(action: str, key: object) -> RateLimitUsage | None:
    """One more, to be rolled back if it should not count; None beyond the limit."""
    return _use(action, str(key))


def allows_address(action: str, request: HttpRequest) -> bool:
    """The same for an address on the network."""
    return use_address(action, request) is not None


def use_address(action: str, request: HttpRequest) -> RateLimitUsage | None:
    """One more from an address, to be rolled back if it should not count; one household's IPv6 addresses are one."""
    return _use(action, ratelimit.truncate_ip(client_address(request)))


def _use(action: str, key: str) -> RateLimitUsage | None:
    request = HttpRequest()  # asked for by the signature; limits by key do not look at it
    return ratelimit.consume(request, app="kolonne", action=action, config=LIMITS, key=key, limit_get=True)


def free_again(action: str, key: object) -> datetime:
    """When somebody beyond a limit may ask once more; now, if he may."""
    times = [timezone.now()]
    for rate in ratelimit.get_rates(app="kolonne", action=action, config=LIMITS):
        name = ratelimit.get_cache_key(HttpRequest(), app="kolonne", action=action, rate=rate, key=str(key))
        used: list[float] = cache.get(name, [])
        if len(used) >= rate.amount:
            times.append(datetime.fromtimestamp(used[rate.amount - 1] + rate.duration, UTC))
    return max(times)
