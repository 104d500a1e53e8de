"""The demonstration's contracts and invoices look as if they had grown over years, and a second start adds none."""

from itertools import pairwise

import pytest
from django.test.utils import override_settings

from kolonne.portal.commerce.billing import month_after
from kolonne.portal.commerce.documents.contract import contract_document
from kolonne.portal.commerce.models import Contract, Invoice, Order
from kolonne.portal.commerce.periods import day_of
from kolonne.portal.companies.models import Company
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.vehicles.models import Vehicle
from kolonne.simulator.world import CompanyEntry, World, load_world
from kolonne.supervisor import demo_people, demo_world
from kolonne.supervisor.demo_contracts import Buyer, make_contracts, make_invoices
from kolonne.supervisor.demo_people import Keys

pytestmark = pytest.mark.django_db
KEYS = Keys("taro-mile-nuko-vase", "482913")


def make(world: World) -> None:
    """What `make_world` does about companies with vans."""
    with company_scope(all_companies()):
        demo_people.make_markets_and_applications(world)
        buyers = [make_buyer(world, entry, company) for entry, company in demo_world._companies(world)]
        make_contracts(buyers)
        make_invoices()


def make_buyer(world: World, entry: CompanyEntry, company: Company) -> Buyer:
    with company_scope([company.pk]):
        for person in entry.people:
            demo_people.make_person(company, person, KEYS)
        before = set(Vehicle.objects.filter(company=company).values_list("pk", flat=True))
        for van in entry.vans:
            demo_world._van(world, company, entry, van, {}, depot=0)
        return Buyer(company, entry, list(Vehicle.objects.filter(company=company).exclude(pk__in=before)))


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
def test_numbers_days_and_invoices_go_together_and_a_second_start_adds_none() -> None:
    world = load_world()
    make(world)
    # Tests that commit may have left contracts of other companies.
    made = Contract.objects.filter(company__name__in=[entry.name for entry in world.companies])
    with company_scope(all_companies()):
        contracts = list(made.select_related("company").order_by("pk"))
        assert [one.signed_at for one in contracts] == sorted(one.signed_at for one in contracts)
        for one in contracts:
            signed = day_of(one.signed_at, one.company.time_zone)
            assert one.number[3:7] == str(signed.year)
            assert Order.objects.get(contract=one).placed_at == one.signed_at
        with company_scope([contracts[0].company_id]):
            [_text, version, _accepted] = contract_document(contracts[0], 1).data["terms"][0]
            assert version, "the paper names what was accepted"
        for company in {one.company for one in contracts}:
            months = list(Invoice.objects.filter(company=company).order_by("pk").values_list("month", flat=True))
            assert len(months) >= 4
            assert all(month_after(one) == other for one, other in pairwise(months))
        bills = Invoice.objects.filter(company__in={one.company for one in contracts})
        for invoice in bills:
            assert invoice.made_at.date() == month_after(invoice.month)
            assert invoice.total > 0
        invoices = bills.count()
    make(world)
    with company_scope(all_companies()):
        assert (made.count(), bills.count()) == (len(contracts), invoices)
