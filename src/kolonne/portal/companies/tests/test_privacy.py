"""CO-08: a person reads where his data are, who sees them and why; consents are listed and can be withdrawn."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from kolonne.portal.companies import actions
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.models import Company, Kind, VerificationCase
from kolonne.portal.companies.queries.privacy import recipients_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
PAGE = "/account/privacy/"


@pytest.fixture
def dealer(db: None) -> Company:
    return actions.create_company(actor=SYSTEM, name="Bil & Varebil AS", market="no", kind=Kind.DEALER)


def read(client: Client) -> str:
    return client.get(PAGE).content.decode()


def test_the_place_is_the_operators_word_and_by_default_says_whom_to_ask(
    dora: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(dora)
    assert "On the server of whoever runs this installation" in read(client)
    monkeypatch.setattr(settings, "DATA_LOCATION", "Oslo, Norway <Example Hosting AS>")
    assert "Oslo, Norway &lt;Example Hosting AS&gt;" in read(client)


def test_a_member_reads_who_sees_what_and_why(ours: House, dora: User, signed_in: SignIn) -> None:
    page = read(signed_in(dora))
    for words in ("Administrators of Fjordbud AS", "Fleet managers of Fjordbud AS", "Support of the market Norway"):
        assert words in page
    assert "After-sales partner" not in page


def test_the_partner_is_named_once_there_is_one(ours: House, dora: User, dealer: Company) -> None:
    seen = CompanyData.of(ours.company)
    actions.change_company(actor=SYSTEM, company=ours.company, seen=seen, data=replace(seen, partner_id=dealer.pk))
    assert "After-sales partner Bil & Varebil AS" in [recipient.who for recipient in recipients_of(dora)]


def test_a_dealer_who_compared_the_person_is_named_with_what_he_saw(ours: House, alice: User, dealer: Company) -> None:
    with company_scope(ours.scope):
        VerificationCase.objects.create(
            company=ours.company, person=alice, code="ABCD2345", expires_at=timezone.now(), dealer=dealer.company
        )
    found = {recipient.who: recipient.what for recipient in recipients_of(alice)}
    assert "Name and date of birth" in found["Dealer Bil & Varebil AS"]
    assert "Dealer Bil & Varebil AS" not in [recipient.who for recipient in recipients_of(User(pk=0, market_id="no"))]


def test_whoever_belongs_nowhere_is_seen_by_the_support_only(sam: User, signed_in: SignIn) -> None:
    assert [recipient.who for recipient in recipients_of(sam)] == ["Support of the market Norway"]
    assert "None at the moment" in read(signed_in(sam))


def test_from_there_it_goes_on_to_export_correction_and_deletion(dora: User, signed_in: SignIn) -> None:
    page = read(signed_in(dora))
    assert 'href="/account/export/"' in page
    assert 'href="/account/data/"' in page
