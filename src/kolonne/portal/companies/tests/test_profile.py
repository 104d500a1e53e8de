"""ID-13: people find their administrators and their own access rights in their profile, and nobody else's."""

from collections.abc import Callable

import pytest
from django.test import Client

from kolonne.portal.companies.models import ApplicationGrant, Membership
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import Application, Market, User
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db


def grant(house: House, user: User, *rights: str) -> None:
    application = Application.objects.get_or_create(code="depot-planner", name="Depot planner", rights=["use", "plan"])[
        0
    ]
    with company_scope(house.scope):
        membership = Membership.objects.get(user=user)
        ApplicationGrant.objects.create(
            company=house.company, membership=membership, application=application, rights=rights, granted_by="test"
        )


def test_a_driver_reads_his_roles_rights_and_whom_to_ask(
    ours: House, alice: User, dora: User, signed_in: Callable[[User], Client]
) -> None:
    """ID-13"""
    grant(ours, dora, "use", "plan")
    page = signed_in(dora).get("/account/").content.decode()
    for words in ("Dora Test", "Fjordbud AS", "Driver", "Depot planner", "use, plan", "Alice Test", alice.email):
        assert words in page


def test_the_rights_of_others_and_other_companies_stay_out(
    ours: House, theirs: House, charlie: User, dora: User, bob: User, signed_in: Callable[[User], Client]
) -> None:
    grant(ours, bob, "plan")
    page = signed_in(dora).get("/account/").content.decode()
    assert "Depot planner" not in page
    assert theirs.company.name not in page
    assert str(charlie) not in page


def test_nobody_is_told_to_ask_himself_or_somebody_who_is_locked_out(
    ours: House, alice: User, dora: User, signed_in: Callable[[User], Client]
) -> None:
    assert "Nobody besides you" in signed_in(alice).get("/account/").content.decode()
    User.objects.filter(pk=alice.pk).update(state="locked")
    assert str(alice) not in signed_in(dora).get("/account/").content.decode()


def test_the_support_of_the_market_is_shown(sam: User, signed_in: Callable[[User], Client]) -> None:
    """B2-05"""
    Market.objects.filter(pk="no").update(support_email="hjelp@kolonne.example", support_phone="+47 000")
    page = signed_in(sam).get("/account/").content.decode()
    assert "hjelp@kolonne.example" in page
    assert "+47 000" in page
    assert "belongs to no company" in page


def test_the_profile_changes_the_language(sam: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(sam)
    client.post("/language/", {"language": "nb", "next": "/account/"})
    sam.refresh_from_db()
    assert sam.language == "nb"
