"""CO-08, ID-12: consents for applications of others are listed, and one that is withdrawn ends at once."""

import pytest
from allauth.idp.oidc.models import Client, Token
from django.test import Client as Browser

from kolonne.portal.audit.models import Entry
from kolonne.portal.conftest import House, person
from kolonne.portal.identity.actions.consents import withdraw_consent
from kolonne.portal.identity.consents import consents_of, past_of
from kolonne.portal.identity.models import User
from kolonne.portal.identity.queries import himself
from kolonne.portal.identity.tests.provider_cast import browser, refused, routes
from kolonne.portal.identity.tests.relying import RelyingParty
from kolonne.portal.lib.errors import NotAllowed, NotFound
from kolonne.portal.lib.scope import platform_scope

__all__ = ["browser", "routes"]
pytestmark = pytest.mark.django_db
PAGE = "/account/privacy/"


@pytest.fixture
def tokens(browser: Browser, routes: RelyingParty) -> dict[str, str]:
    """Bob allowed the route planner to read his data."""
    return routes.exchange(routes.code(browser))


def test_a_consent_is_listed_with_its_date_and_data(bob: User, browser: Browser, tokens: dict[str, str]) -> None:
    (consent,) = consents_of(bob)
    assert consent.since < consent.until
    page = browser.get(PAGE).content.decode()
    assert consent.application.name in page
    assert "Your name, user id and language" in page
    assert "Your e-mail address" in page


def test_a_withdrawn_consent_ends_every_token_and_asks_again(
    bob: User, browser: Browser, routes: RelyingParty, tokens: dict[str, str]
) -> None:
    address = f"{PAGE}{routes.application.code}/withdraw/"
    assert "stays with it" in browser.get(address).content.decode()
    Client.objects.filter(pk=routes.client_id).update(skip_consent=False)
    assert browser.get(routes.start()).status_code == 303  # agreed already
    assert browser.post(address).headers["Location"] == PAGE
    assert not Token.objects.filter(user=bob).exists()
    assert refused(lambda: routes.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert "is not run by us" in browser.get(routes.start()).content.decode()
    with platform_scope():
        entry = Entry.objects.get(verb="identity.consent.withdrawn")
    assert entry.facts == {"application": routes.application.code}


def test_what_was_read_before_stays_listed(
    bob: User, browser: Browser, routes: RelyingParty, tokens: dict[str, str]
) -> None:
    assert past_of(bob) == []
    withdraw_consent(actor=himself(bob), user=bob, application=routes.application)
    assert [past.name for past in past_of(bob)] == [routes.application.name]
    assert "last opened on" in browser.get(PAGE).content.decode()


def test_nobody_withdraws_for_another_nor_what_was_never_given(
    ours: House, bob: User, routes: RelyingParty, tokens: dict[str, str]
) -> None:
    eve = person("eve", ours, "driver")  # type: ignore[arg-type]  # a role's value
    with pytest.raises(NotAllowed):
        withdraw_consent(actor=himself(eve), user=bob, application=routes.application)
    with pytest.raises(NotFound):
        withdraw_consent(actor=himself(eve), user=eve, application=routes.application)
    assert len(consents_of(bob)) == 1
