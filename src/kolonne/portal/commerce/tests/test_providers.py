"""VH-07: the operator's list of providers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.commerce.providers import ProviderError, parse


def listed(home: str = "[NO]", abroad: str = "[]", more: str = "") -> bytes:
    return f"providers: {{north: {{name: North, home: {home}, abroad: {abroad}{more}}}}}".encode()


def test_abroad_nothing_goes_through_but_the_way_home() -> None:
    (provider,) = parse(listed()).values()
    share = {"speed": 0.0, "country": 1.0}
    assert provider.lets_through("NO", share) == share
    assert provider.lets_through("", share) == share
    assert provider.lets_through("DE", share) == {"country": 1.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (listed(home="[se]"), "'se'"),
        (listed(home="[yes]"), "'True'"),
        (listed(home="[]"), "providers.north.home"),
        (listed(abroad="[sped]"), "'sped'"),
        (listed(abroad='["group:places"]'), "'group:places'"),
        (listed(more=", price: 1"), "price"),
        (b"providers: [", "list of providers"),
        (b"\xff", "list of providers"),
        (b" " * 100_001, "100001 bytes"),
    ],
)
def test_what_is_wrong_is_named(text: bytes, said: str) -> None:
    with pytest.raises(ProviderError, match=said.replace("[", r"\[")):
        parse(text)


@given(st.binary(max_size=300))
def test_no_file_does_more_than_be_refused(text: bytes) -> None:
    try:
        parse(text)
    except ProviderError:
        return
