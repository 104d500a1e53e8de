"""SU-03: a dealer's help with an order works fully only when all terms were accepted."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from kolonne.portal.audit.models import Entry
from kolonne.portal.commerce.actions import accept_terms
from kolonne.portal.commerce.models import Order, OrderState
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.support import actions

pytestmark = pytest.mark.django_db
SECRET = "gull-mandel"


def test_a_helper_orders_and_completes_but_the_person_accepts(
    ours: House, alice: User, kari: User, at_the_desk: Callable[[User], Client]
) -> None:
    cache.clear()
    actions.set_password(actor=actor_of(alice), user=alice, password=SECRET)
    helper = at_the_desk(kari)
    helper.post("/support/", {"login": "alice", "secret": SECRET})
    form = {"act": "place", "products": ["maintenance"], "vehicles": [str(ours.vehicle.pk)]}
    address = helper.post("/orders/new/", form)["Location"]
    page = helper.get(address).content.decode()
    assert "Nobody can accept terms in another" in page
    assert 'name="terms"' not in page
    assert 'value="complete"' not in page
    forged = helper.post(address, {"act": "complete", "terms": "1"})
    assert forged.status_code == 409
    with company_scope(ours.scope):
        order = Order.objects.get()
        assert order.terms_accepted_at is None
        accept_terms(actor=actor_of(alice), order=order)
    assert helper.post(address, {"act": "complete"}).status_code == 302
    with company_scope(ours.scope):
        assert Order.objects.get().state == OrderState.DONE
        entry = Entry.objects.get(verb="commerce.order.done")
        assert entry.actor.startswith("Kari Test")
        assert entry.acting_for == "Alice Test"


def test_a_helper_reads_what_is_to_be_accepted_and_is_told_who_accepts(
    ours: House, alice: User, kari: User, at_the_desk: Callable[[User], Client]
) -> None:
    cache.clear()
    actions.set_password(actor=actor_of(alice), user=alice, password=SECRET)
    helper = at_the_desk(kari)
    helper.post("/support/", {"login": "alice", "secret": SECRET})
    assert "Vehicle supervision" in helper.get("/products/").content.decode()
    page = helper.get("/terms/").content.decode()
    assert "Nobody can accept terms in another" in page
    assert 'name="read"' not in page
    assert "Norwegian law" in helper.get("/terms/general/").content.decode()
