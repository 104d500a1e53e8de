"""NF-05: the page of the terms asks the database equally often, whatever a company has accepted."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kolonne.portal.commerce.models import Order, TermsAcceptance, TermsText
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User


def test_the_list_of_accepted_terms_asks_equally_often_for_two_rows_and_for_sixty(
    our_scope: House, alice: User, signed_in: Callable[[User], Client]
) -> None:
    client, counts = signed_in(alice), []
    for numbers in (range(2), range(2, 60)):
        for number in numbers:
            accept(our_scope, number)
        client.get("/terms/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/terms/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def accept(ours: House, number: int) -> None:
    text, _new = TermsText.objects.get_or_create(
        sha256=f"{number:064}",
        defaults={"code": "general", "valid_from": timezone.now().date(), "text": "Text", "title": f"Text {number}"},
    )
    order = Order.objects.create(company=ours.company, placed_by="Alice")
    TermsAcceptance.objects.create(company=ours.company, text=text, accepted_by="Alice", order=order)
