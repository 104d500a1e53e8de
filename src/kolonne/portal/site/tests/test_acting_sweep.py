"""SU-02, NF-03: every route with every verb as a helper who acts for an administrator.

What is not named in `support.acting.OPEN` says that it is closed and does nothing; what is forbidden is so by page, by
API and by a form that nobody offered.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import resolve
from django.urls.exceptions import Resolver404

from kolonne.portal.commands import actions as commands_actions
from kolonne.portal.commands.models import Command
from kolonne.portal.companies import actions as companies_actions
from kolonne.portal.companies.models import ApiKey, Company, Membership
from kolonne.portal.companies.queries import actor_of, known_scopes
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.scope import company_scope, user_scope
from kolonne.portal.site import watchers
from kolonne.portal.site.tests.sweep import ROUTES, VERBS, Targets, address_of, body_of, digest_of, targets
from kolonne.portal.site.tests.test_helpers_sweep import EVERYTHING, rights_of
from kolonne.portal.support import actions, queries
from kolonne.portal.support.acting import DENIED, OPEN, Acting, is_open
from kolonne.portal.support.models import SupportPassword

pytestmark = pytest.mark.django_db
SECRET = "blaue-Ampel7"
LOCK = json.dumps({"command": "lock"})
CLOSED = ("Closed while you work for somebody", "closed_while_acting")
NEVER_REACHED = {"health/", "api/v1/modules/enrol", "api/v1/modules/renew"}
"""Probes and devices are answered before anybody is looked at."""


@pytest.fixture
def our_own(our_scope: House, bob: User, bobs_actor: Actor) -> Targets:
    command = commands_actions.request_command(
        actor=bobs_actor, vehicle=our_scope.vehicle, order=commands_actions.Order("lock"), idempotency_key="sweep-1"
    )
    assert isinstance(command, Command)
    return targets(bob, our_scope.company, our_scope, str(command.pk))


@pytest.fixture
def helper(kari: User, alice: User, at_the_desk: Callable[[User], Client]) -> Client:
    """Kari of our dealer in the name of our administrator, who may do most."""
    actions.set_password(actor=actor_of(alice), user=alice, password=SECRET)
    client = at_the_desk(kari)
    assert client.post("/support/", {"login": "alice", "secret": SECRET})["Location"] == "/"
    return client


def name_of(address: str) -> str:
    try:
        return resolve(address).view_name
    except Resolver404:
        return ""


def test_only_what_is_named_opens_and_nothing_else_does_anything(helper: Client, our_own: Targets, alice: User) -> None:
    before = digest_of(our_own, [alice, our_own.person])
    for route in sorted(ROUTES.keys() - NEVER_REACHED):
        address = address_of(route, our_own)
        name = name_of(address)
        for verb in VERBS:
            if is_open(name, verb):
                continue
            wants = {} if verb == "GET" else {"Accept": "application/json"}
            answer = helper.generic(verb, address, LOCK, content_type="application/json", headers=wants)
            where = f"{verb} {address} ({name})"
            assert answer.status_code == 403, where
            assert verb == "HEAD" or any(words in body_of(answer) for words in CLOSED), where
    assert digest_of(our_own, [alice, our_own.person]) == before


def test_what_is_named_opens(helper: Client, our_own: Targets) -> None:
    opened = set()
    for route in ROUTES:
        address = address_of(route, our_own)
        if is_open(name_of(address), "GET"):
            answer = helper.get(address)
            assert answer.status_code in {200, 302, 404, 405}, address
            opened |= {name_of(address)} if answer.status_code == 200 else set()
    assert {"vehicles", "vehicle", "people", "organisation", "api-1:list_vehicles", "support_desk"} <= opened


def test_every_page_that_is_named_exists(our_own: Targets) -> None:
    """A page that was renamed would be closed for helpers, and nobody would notice."""
    there = {name_of(address_of(route, our_own)) for route in ROUTES}
    assert sorted(set(OPEN) - there) == []


def test_no_right_of_the_list_is_left(helper: Client, kari: User, alice: User, ours: House) -> None:
    acting = queries.look(helper.session, actor_of(kari))
    assert isinstance(acting, Acting)
    rights = acting.actor.rights
    assert list(rights) == [ours.company.pk]
    assert rights[ours.company.pk] == actor_of(alice).rights[ours.company.pk] - DENIED.keys()
    assert rights[ours.company.pk]
    assert acting.actor.markets == {}


FORBIDDEN: dict[str, tuple[str, dict[str, Any]]] = {
    "open a van": ("vans/<int:pk>/commands/", {"command": "unlock", "pin": "148209"}),
    "remove a van": ("vans/<int:pk>/remove/", {"confirm": "1"}),
    "hand a van over": ("vans/<int:pk>/hand-over/", {"customer_number": ""}),
    "release a van": ("vans/requests/<int:pk>/release/", {"confirm": "1"}),
    "export the company": ("company/export/", {"confirm": "1", "password": SECRET}),
    "export the person": ("account/export/", {"confirm": "1"}),
    "give a role": ("people/<int:pk>/roles/<int:membership>/", {"roles": ["administrator"]}),
    "invite": ("people/invite/", {"email": "new@example.com", "roles": ["administrator"], "language": "en"}),
    "delete somebody": ("people/<int:pk>/delete/", {"confirm": "1"}),
    "reset a password": ("people/<int:pk>/password/", {"confirm": "1"}),
    "grant an application": ("access-rights/<int:pk>/<slug:application>/", {"rights": ["use", "order"]}),
    "delete the company": ("company/delete/", {"confirm": "1"}),
    "set the support password": ("account/support-password/", {"password": "another7", "password_again": "another7"}),
    "make a code": ("account/support-password/code/", {}),
    "set the PIN": ("profile/pin/", {"password": SECRET, "pin": "148209", "pin_again": "148209"}),
    "change the password": ("accounts/password/change/", {"oldpassword": SECRET, "password1": "x", "password2": "x"}),
    "change the address": ("accounts/email/", {"email": "kari@example.net", "action_add": "1"}),
    "add a factor": ("accounts/2fa/totp/activate/", {"code": "123456"}),
    "become a partner": ("organisations/<int:pk>/partner/", {"partner": "1"}),
    "ask for a check": ("verification/", {"confirm": "1"}),
    "act for another": ("support/", {"login": "bob", "secret": SECRET}),
    "go to another company": ("company/", {"company": "1"}),
    "offer a merge": ("company/merge/code/", {}),
    "join another company": ("company/merge/join/", {"code": "SWEEP2345"}),
    "agree to a merge": ("company/merge/<int:pk>/", {"name": "Somebody"}),
    "stop a merge": ("company/merge/<int:pk>/stop/", {}),
    "accept terms": ("terms/", {"text": "1", "read": "1"}),
    "cancel services": ("contracts/services/", {"act": "cancel", "line": "1"}),
    "withdraw an order": ("orders/<int:pk>/withdraw/", {}),
    "withdraw what waits": ("contracts/<int:pk>/waiting/", {}),
    "begin an import": ("vans/import/<int:pk>/", {"updates": "1"}),
    "claim a van": ("vans/taken/", {"vin": "WK0SWEEP000000001"}),
    "withdraw a claim": ("vans/claims/<int:pk>/withdraw/", {}),
    "take a van over": ("vans/take-over/", {"code": "SWEEP2345"}),
    "make a claim code": ("vans/<int:pk>/modules/add/", {}),
}


def test_a_forged_form_does_nothing(helper: Client, our_own: Targets, alice: User) -> None:
    password = SupportPassword.objects.get(user=alice).password
    before = digest_of(our_own, [alice, our_own.person])
    for act, (route, fields) in FORBIDDEN.items():
        response = helper.post(address_of(route, our_own), fields)
        assert response.status_code == (302 if act == "open a van" else 403), act
        assert digest_of(our_own, [alice, our_own.person]) == before, act
    assert SupportPassword.objects.get(user=alice).password == password


def test_nobody_gets_a_right_in_anothers_name(helper: Client, our_own: Targets, alice: User, kari: User) -> None:
    """The forms that are open, with every field that a form might read."""
    before = [rights_of(alice), rights_of(kari), rights_of(our_own.person)]
    for route in ROUTES:
        address = address_of(route, our_own)
        if is_open(name_of(address), "POST") and name_of(address) not in {"account_logout", "support_end"}:
            helper.post(address, EVERYTHING)
            assert [rights_of(alice), rights_of(kari), rights_of(our_own.person)] == before, address


def test_a_script_cannot_open_a_van_either(helper: Client, our_own: Targets) -> None:
    house = our_own.house
    assert house is not None
    for address in (f"/vans/{house.vehicle.pk}/commands/", f"/api/v1/vehicles/{house.vehicle.vin}/commands"):
        body = {"command": "unlock", "pin": "148209"}
        if address.startswith("/api/"):
            answer = helper.post(address, json.dumps(body), content_type="application/json")
        else:
            answer = helper.post(address, body, headers={"Accept": "application/json"})
        assert answer.status_code == 403
    with company_scope(house.scope):
        assert not Command.objects.filter(name="unlock").exists()


def test_a_helper_does_not_weaken_what_protects_people(helper: Client, our_own: Targets) -> None:
    company = our_own.company
    page = helper.get(f"/organisations/{company.pk}/edit/")
    assert page.status_code == 200
    fields = {name: str(value) for name, value in page.context["form"].initial.items() if value is not None}
    wanted = fields | {"second_factor_for_all": "on", "initial-second_factor_for_all": "False"}
    wanted |= {f"initial-{name}": value for name, value in fields.items()}
    helper.post(f"/organisations/{company.pk}/edit/", wanted)
    with company_scope([company.pk]):
        assert not Company.objects.get(pk=company.pk).second_factor_for_all


def test_keys_of_the_company_work_as_ever(helper: Client, ours: House) -> None:
    _key, token = companies_actions.create_api_key(
        actor=SYSTEM, company=ours.company, name="till", scopes=known_scopes()
    )
    program = Client(headers={"Authorization": f"Bearer {token}"})
    assert program.get(f"/api/v1/vehicles/{ours.vehicle.vin}/history").status_code in {200, 422}
    with company_scope(ours.scope):
        assert ApiKey.objects.count() == 1


def test_the_live_stream_shows_the_customers_vans_and_stops_with_the_session(
    helper: Client, alice: User, ours: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "close", lambda: None)  # it is the test's own
    key = helper.cookies[settings.SESSION_COOKIE_NAME].value
    watcher = watchers._look_up(key)
    assert watcher is not None
    assert watcher.companies == {ours.company.pk}
    actions.set_password(actor=actor_of(alice), user=alice, password="another7")
    assert watchers._look_up(key) is None


def test_nobody_gets_more_rights_than_the_person_has(
    dora: User, kari: User, ours: House, at_the_desk: Callable[[User], Client]
) -> None:
    """In a driver's name a helper opens no fleet pages and no people."""
    actions.set_password(actor=actor_of(dora), user=dora, password=SECRET)
    client = at_the_desk(kari)
    client.post("/support/", {"login": "dora", "secret": SECRET})
    for address in ("/vans/", "/people/", f"/organisations/{ours.company.pk}/edit/"):
        assert client.get(address).status_code in {403, 404}, address


def test_the_helpers_own_company_is_out_of_reach_meanwhile(helper: Client, kari: User) -> None:
    with user_scope(kari.pk):
        own = Membership.objects.get(user=kari).company_id
    assert helper.get(f"/organisations/{own}/").status_code == 404
