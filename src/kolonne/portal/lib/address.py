"""Where a request comes from, which an address in a header can only tell if a proxy of ours wrote it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The peer's address, or what the outermost of our own proxies saw; empty if that is no address."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    seen = [entry.strip() for entry in request.headers.get("X-Forwarded-For", "").split(",") if entry.strip()]
    proxies: int = settings.CONFIG.trusted_proxies
    address = seen[-proxies] if 0 < proxies <= len(seen) else peer
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""
