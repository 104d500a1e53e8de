"""ID-12: what the operator can make known, and what he cannot."""

import pytest
from allauth.idp.oidc.models import Client

from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.models import ApplicationGrant, Membership
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.actions import applications
from kolonne.portal.identity.actions.applications import ApplicationData
from kolonne.portal.identity.models import Application, User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db


def data(*redirects: str) -> ApplicationData:
    return ApplicationData("Route planner", redirects or ("https://routes.example/back",))


@pytest.mark.parametrize(
    "address",
    ["https://a.example/b", "https://a.example:8443/b?c=d", "http://localhost:3000/b", "http://[::1]:9/b"],
)
def test_addresses_by_https_or_on_the_own_computer_are_taken(address: str) -> None:
    _, client_id, _ = applications.create_application(actor=SYSTEM, code="routes", data=data(address))
    assert Client.objects.get(pk=client_id).get_redirect_uris() == [address]


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example/b",
        "https://a.example/b#c",
        "https://a.example/b#",
        "https://*.example/b",
        "https://me:pw@a.example/b",
        "https://a.example/b c",
        "https://a.example\\@evil.example/",
        "https:///b",
        "/b",
        "com.example.app:/b",
        "javascript:alert(1)",
        "http://127.0.0.1.evil.example/b",
        "http://localhost.evil.example/b",
        "https://a.example/b\nhttps://evil.example/",
        "",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    for bad in (data(address), ApplicationData("A", ("https://a.example/b",), post_logout_uris=(address,))):
        with pytest.raises(Invalid) as refusal:
            applications.create_application(actor=SYSTEM, code="routes", data=bad)
        assert refusal.value.code == "invalid_redirect"
    assert not Application.objects.exists()
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    "bad",
    [
        ApplicationData("", ("https://a.example/b",)),
        ApplicationData("A", ()),
        ApplicationData("A", ("https://a.example/b",), rights=()),
        ApplicationData("A", ("https://a.example/b",), rights=("no spaces",)),
    ],
)
def test_incomplete_data_are_refused(bad: ApplicationData) -> None:
    with pytest.raises(Invalid):
        applications.create_application(actor=SYSTEM, code="routes", data=bad)


def test_only_the_operator_makes_applications_known(alice: User) -> None:
    actor = Actor(label="alice", user_id=alice.pk)
    with pytest.raises(NotAllowed):
        applications.create_application(actor=actor, code="routes", data=data())


def test_the_secret_is_shown_once_and_kept_as_a_hash() -> None:
    application, client_id, secret = applications.create_application(actor=SYSTEM, code="routes", data=data())
    client = Client.objects.get(pk=client_id)
    assert client.check_secret(secret)
    assert secret not in client.secret
    new = applications.rotate_secret(actor=SYSTEM, application=application)
    client.refresh_from_db()
    assert client.check_secret(new)
    assert not client.check_secret(secret)


def test_a_public_application_has_no_secret() -> None:
    application, _, secret = applications.create_application(actor=SYSTEM, code="app", data=data(), public=True)
    assert secret == ""
    with pytest.raises(Conflict):
        applications.rotate_secret(actor=SYSTEM, application=application)


def test_a_code_is_taken_once() -> None:
    applications.create_application(actor=SYSTEM, code="routes", data=data())
    with pytest.raises(Conflict):
        applications.create_application(actor=SYSTEM, code="routes", data=data())
    with pytest.raises(Invalid):
        applications.create_application(actor=SYSTEM, code="no code", data=data())


def test_a_changed_address_replaces_the_old_one() -> None:
    application, client_id, _ = applications.create_application(actor=SYSTEM, code="routes", data=data())
    applications.change_application(actor=SYSTEM, application=application, data=data("https://new.example/back"))
    assert Client.objects.get(pk=client_id).get_redirect_uris() == ["https://new.example/back"]


def test_a_removed_application_takes_all_rights_with_it(ours: House, dora: User) -> None:
    application, client_id, _ = applications.create_application(actor=SYSTEM, code="routes", data=data())
    with company_scope(ours.scope):
        membership = Membership.objects.get(user=dora)
        companies.grant_access(actor=SYSTEM, membership=membership, application=application, rights=["use"])
        applications.remove_application(actor=SYSTEM, application=application)
        assert not ApplicationGrant.objects.exists()
    assert not Client.objects.filter(pk=client_id).exists()
    assert not Application.objects.exists()


def test_a_secret_is_checked_at_once() -> None:
    """Slow hashes are for passwords: with one here, anybody could keep us busy with wrong secrets."""
    _, client_id, secret = applications.create_application(actor=SYSTEM, code="routes", data=data())
    client = Client.objects.get(pk=client_id)
    assert client.secret.startswith("random_secret$1$")
    assert secret not in client.secret
    assert client.check_secret(secret)
    assert not client.check_secret(secret[:-1])
