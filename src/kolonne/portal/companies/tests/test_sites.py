"""CO-10: several sites beside the one main address."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions import sites
from kolonne.portal.companies.actions.sites import SiteData
from kolonne.portal.companies.models import Site
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.sites import sites_of
from kolonne.portal.conftest import SYSTEM, House
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DEPOT = SiteData("Depot north", "Havnegata 3", "9008", "Tromsø")


@pytest.fixture
def depot(ours: House) -> Site:
    return sites.add_site(actor=SYSTEM, company=ours.company, data=DEPOT)


def test_an_administrator_adds_changes_and_removes_a_site(ours: House, alice: User, signed_in: SignIn) -> None:
    client, page = signed_in(alice), f"/organisations/{ours.company.pk}/"
    sent = {"name": "Depot  north ", "street": "Havnegata 3", "postal_code": "9008", "city": "Tromsø"}
    assert client.post(f"{page}sites/new/", sent).headers["Location"] == page
    (site,) = sites_of(ours.company)
    assert (site.name, site.address) == ("Depot north", "Havnegata 3, 9008 Tromsø")
    assert "Depot north" in client.get(page).content.decode()
    client.post(f"{page}sites/{site.pk}/", {**sent, "city": "Bodø"})
    assert sites_of(ours.company)[0].city == "Bodø"
    assert "Remove the site “Depot north”?" in client.get(f"{page}sites/{site.pk}/remove/").content.decode()
    client.post(f"{page}sites/{site.pk}/remove/")
    assert sites_of(ours.company) == []
    with company_scope(ours.scope):
        verbs = list(
            Entry.objects.filter(verb__startswith="companies.site.").order_by("pk").values_list("verb", flat=True)
        )
    assert verbs == ["companies.site.added", "companies.site.changed", "companies.site.removed"]


def test_a_name_is_given_once_and_never_empty(ours: House, depot: Site, alice: User, signed_in: SignIn) -> None:
    with pytest.raises(Conflict):
        sites.add_site(actor=SYSTEM, company=ours.company, data=DEPOT)
    with pytest.raises(Invalid):
        sites.add_site(actor=SYSTEM, company=ours.company, data=SiteData(" "))
    page = signed_in(alice).post(f"/organisations/{ours.company.pk}/sites/new/", {"name": "Depot north"})
    assert "There is a site of this name already" in page.content.decode()


def test_there_is_an_end_to_them(ours: House, depot: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "MOST_SITES", 1)
    with pytest.raises(Conflict):
        sites.add_site(actor=SYSTEM, company=ours.company, data=SiteData("Depot south"))


def test_others_of_the_company_read_them_and_change_none(
    ours: House, depot: Site, bob: User, dora: User, signed_in: SignIn
) -> None:
    for user in (bob, dora):
        client, page = signed_in(user), f"/organisations/{ours.company.pk}/"
        assert "Depot north" in client.get(page).content.decode()
        assert client.get(f"{page}sites/new/").status_code == 403
        assert client.post(f"{page}sites/{depot.pk}/remove/").status_code == 403
        with pytest.raises(NotAllowed):
            sites.remove_site(actor=actor_of(user), company=ours.company, site=depot)


def test_a_site_of_another_company_does_not_exist(
    ours: House, theirs: House, depot: Site, charlie: User, signed_in: SignIn
) -> None:
    page = f"/organisations/{theirs.company.pk}/sites/{depot.pk}/"
    client = signed_in(charlie)
    assert client.get(page).status_code == 404
    assert client.post(f"{page}remove/").status_code == 404
    with pytest.raises(NotFound):
        sites.change_site(actor=SYSTEM, company=theirs.company, site=depot, data=SiteData("Mine"))
    assert sites_of(ours.company) == [depot]


def test_the_queries_of_the_page_do_not_grow(ours: House, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/organisations/{ours.company.pk}/").status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(12):
        sites.add_site(actor=SYSTEM, company=ours.company, data=SiteData(f"Depot {number}"))
    assert queries() == few
