"""ASVS 4.1.3: nobody tells his own address unless a proxy of ours passes it on."""

import dataclasses

import pytest
from django.conf import settings
from django.test import RequestFactory, override_settings

from kolonne.portal.lib.address import client_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "not an address", ""),
        (1, "", "192.0.2.1"),
    ],
)
def test_only_our_own_proxies_are_believed(proxies: int, forwarded: str, address: str) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.1")
    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, trusted_proxies=proxies)):
        assert client_address(request) == address
