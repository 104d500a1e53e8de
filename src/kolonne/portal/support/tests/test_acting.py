"""SU-02: a helper works in a person's name for a while, visibly, and stops at once when somebody says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies.actions.organisations import CompanyData, change_company
from kolonne.portal.companies.models import Company, Membership, Role, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import SYSTEM, House, person
from kolonne.portal.identity import actions as identity
from kolonne.portal.identity.models import State, User
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.lib.errors import NotAllowed
from kolonne.portal.lib.scope import company_scope, user_scope
from kolonne.portal.support import actions, queries
from kolonne.portal.support.acting import Acting, Over
from kolonne.portal.support.models import ActingSession, Ended

SECRET = "gruene-Ampel8"
pytestmark = pytest.mark.django_db
AtTheDesk = Callable[[User], Client]


def row_of(user: User) -> ActingSession:
    with user_scope(user.pk):
        return ActingSession.objects.select_related("user__market", "agent", "organisation").latest("pk")


def begin(client: Client, user: User, secret: str) -> ActingSession:
    answer = client.post("/support/", {"login": user.username, "secret": secret})
    assert (answer.status_code, answer["Location"]) == (302, "/"), answer.content.decode()
    return row_of(user)


@pytest.fixture
def kari_at_work(kari: User, bob: User, bobs_password: str, at_the_desk: AtTheDesk) -> Client:
    client = at_the_desk(kari)
    begin(client, bob, bobs_password)
    return client


def test_a_dealers_employee_sees_what_the_customer_sees(kari_at_work: Client, ours: House, dealer: Company) -> None:
    page = kari_at_work.get("/vans/").content.decode()
    assert ours.vehicle.plate in page
    assert "You work for Bob Test at Fjordbud AS." in page
    assert dealer.name not in page.partition("<main")[0].partition("s-acting")[0]


def test_an_agent_helps_companies_of_the_market(
    sigrid: User, bob: User, bobs_password: str, ours: House, at_the_desk: AtTheDesk
) -> None:
    client = at_the_desk(sigrid)
    begin(client, bob, bobs_password)
    assert ours.vehicle.plate in client.get("/vans/").content.decode()


def test_it_lasts_as_long_as_the_setting_says_and_not_a_second_longer(kari_at_work: Client, bob: User) -> None:
    row = row_of(bob)
    assert row.ends_at - row.started_at == settings.SUPPORT_SESSION == timedelta(minutes=60)
    assert queries.why_over(row, now=row.started_at + timedelta(minutes=59, seconds=59)) is None
    assert queries.why_over(row, now=row.started_at + timedelta(minutes=60)) == Ended.TIME
    with company_scope([row.company_id]):
        ActingSession.objects.filter(pk=row.pk).update(ends_at=timezone.now())
    answer = kari_at_work.get("/vans/")
    assert (answer.status_code, answer["Location"]) == (302, "/support/")
    assert row_of(bob).ended_by == Ended.TIME


def test_the_person_ends_it_in_another_browser_and_the_next_click_of_the_helper_does_nothing(
    kari_at_work: Client, bob: User, ours: House, signed_in: Callable[[User], Client]
) -> None:
    mine = signed_in(bob)
    assert "Kari Test from Bilforhandler Oslo AS is working in your name until" in mine.get("/vans/").content.decode()
    assert mine.post(f"/account/support-password/sessions/{row_of(bob).pk}/end/").status_code == 302
    answer = kari_at_work.post(f"/vans/{ours.vehicle.pk}/commands/", {"command": "lock"})
    assert (answer.status_code, answer["Location"]) == (302, "/support/")
    page = kari_at_work.get("/support/").content.decode()
    assert "Bob Test ended it" in page
    assert "s-acting" not in page
    assert row_of(bob).ended_by == Ended.USER
    assert "is working in your name" not in mine.get("/vans/").content.decode()


def test_what_was_clicked_just_before_the_end_is_not_done_after_it(
    kari_at_work: Client, bob: User, ours: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = queries.look

    def look_and_end(*arguments: Any) -> Acting | Over | None:
        found = look(*arguments)
        actions.end(actor=actor_of(bob), row=row_of(bob), reason=Ended.USER)
        return found

    monkeypatch.setattr(queries, "look", look_and_end)
    answer = kari_at_work.post(f"/vans/{ours.vehicle.pk}/commands/", {"command": "lock"})
    assert (answer.status_code, answer["Location"]) == (302, "/support/")
    with company_scope(ours.scope):
        assert not Entry.objects.filter(verb__startswith="commands.").exists()


def test_nobody_ends_what_is_done_in_anothers_name(
    kari_at_work: Client, bob: User, alice: User, signed_in: Callable[[User], Client]
) -> None:
    assert signed_in(alice).post(f"/account/support-password/sessions/{row_of(bob).pk}/end/").status_code == 404
    assert row_of(bob).ended_at is None


def test_the_helper_ends_it(kari_at_work: Client, bob: User) -> None:
    assert kari_at_work.post("/support/end/").status_code == 302
    assert row_of(bob).ended_by == Ended.AGENT
    assert kari_at_work.get("/vans/").status_code == 403


def test_signing_out_ends_it(kari_at_work: Client, bob: User) -> None:
    kari_at_work.post("/accounts/logout/")
    assert row_of(bob).ended_by == Ended.SIGNED_OUT


def _block(user: User) -> None:
    identity.move(actor=SYSTEM, user=user, to=State.BLOCKED, verb="identity.user.blocked")


def _leave(user: User) -> None:
    with user_scope(user.pk):
        company = Membership.objects.get(user=user).company_id
    with company_scope([company]):
        Membership.objects.filter(user=user).delete()


def _go(user: User) -> None:
    with user_scope(user.pk):
        company = Membership.objects.get(user=user).company_id
    Tenant.objects.filter(pk=company).update(leaving_since=timezone.now())


def _other_partner(user: User) -> None:
    with user_scope(user.pk):
        company = Membership.objects.get(user=user).company_id
    with company_scope([company]):
        Company.objects.filter(pk=company).update(partner_id=None)


def _new_password(user: User) -> None:
    actions.set_password(actor=actor_of(user), user=user, password="another7")


@pytest.mark.parametrize(
    ("what", "whom", "why"),
    [
        (_block, "kari", Ended.HELPER),
        (_leave, "kari", Ended.HELPER),
        (identity.end_access, "kari", Ended.SIGNED_OUT),
        (_block, "bob", Ended.PERSON),
        (_leave, "bob", Ended.PERSON),
        (_go, "bob", Ended.COMPANY),
        (_other_partner, "bob", Ended.COMPANY),
        (_new_password, "bob", Ended.PASSWORD),
    ],
)
def test_it_ends_with_what_it_hangs_on(
    what: Callable[[User], None],
    whom: str,
    why: Ended,
    kari_at_work: Client,
    bob: User,
    request: pytest.FixtureRequest,
) -> None:
    what(request.getfixturevalue(whom))
    assert kari_at_work.get("/vans/").status_code in {302, 403}
    actions.end_over(now=timezone.now())
    assert row_of(bob).ended_by == why


def test_the_session_lives_in_one_browser_only(kari_at_work: Client, kari: User, at_the_desk: AtTheDesk) -> None:
    other = at_the_desk(kari)
    assert "s-acting" not in other.get("/support/").content.decode()
    session = other.session
    session["acting"] = kari_at_work.session["acting"]
    session.save()
    assert other.get("/vans/")["Location"] == "/support/"


def test_a_helper_works_for_one_person_at_a_time(
    kari_at_work: Client, kari: User, bob: User, bobs_password: str, at_the_desk: AtTheDesk
) -> None:
    first = row_of(bob)
    begin(at_the_desk(kari), bob, bobs_password)
    with user_scope(bob.pk):
        assert ActingSession.objects.get(pk=first.pk).ended_by == Ended.ANOTHER
    assert kari_at_work.post("/support/", {"login": "bob", "secret": bobs_password}).status_code in {302, 403}


def test_both_names_stand_in_the_audit(
    kari_at_work: Client, bob: User, alice: User, ours: House, signed_in: Callable[[User], Client]
) -> None:
    assert kari_at_work.post(f"/vans/{ours.vehicle.pk}/commands/", {"command": "lock"}).status_code == 302
    with company_scope(ours.scope):
        entry = Entry.objects.get(verb="commands.command.requested")
    assert (entry.actor, entry.acting_for) == ("Kari Test (Bilforhandler Oslo AS)", "Bob Test")
    for user, address in ((alice, "/audit/"), (bob, "/account/history/")):
        page = signed_in(user).get(address).content.decode()
        row = page.partition("Kari Test (Bilforhandler Oslo AS)")[2].partition("</td>")[0]
        assert "in the name of Bob Test" in row


def test_whoever_ends_it_the_audit_says_whose_work_that_was(kari_at_work: Client, bob: User, kari: User) -> None:
    row = row_of(bob)
    actions.end(actor=actor_of(bob), row=row, reason=Ended.USER)
    with company_scope([row.company_id]):
        entry = Entry.objects.get(verb="support.session.ended")
    assert (entry.user_id, entry.facts["helper"]) == (bob.pk, "Kari Test (Bilforhandler Oslo AS)")
    assert kari.pk in entry.people


def test_a_helper_chooses_no_partner_in_anothers_name(
    kari_at_work: Client, kari: User, alice: User, ours: House, dealer: Company
) -> None:
    actions.set_password(actor=actor_of(alice), user=alice, password=SECRET)
    kari_at_work.post("/support/end/")
    begin(kari_at_work, alice, SECRET)
    acting = queries.look(kari_at_work.session, actor_of(kari))
    assert isinstance(acting, Acting)
    seen = CompanyData.of(ours.company)
    with pytest.raises(NotAllowed):
        change_company(actor=acting.actor, company=ours.company, seen=seen, data=replace(seen, partner_id=None))


def test_afterwards_the_person_reads_by_mail_what_was_done(kari_at_work: Client, bob: User, ours: House) -> None:
    post = PostOffice()
    kari_at_work.post(f"/vans/{ours.vehicle.pk}/commands/", {"command": "lock"})
    kari_at_work.post("/support/end/")
    (mail,) = [one for one in post.run() if "bob@example.com" in one.to]
    assert mail.subject == "Kari Test worked in your name"
    for words in ("Bilforhandler Oslo AS", "Fjordbud AS", "Command given", "The helper ended it"):
        assert words in mail.body


def test_the_mail_comes_too_when_nothing_was_done(kari_at_work: Client, bob: User) -> None:
    post = PostOffice()
    kari_at_work.post("/support/end/")
    (mail,) = [one for one in post.run() if "bob@example.com" in one.to]
    assert "Nothing was changed or looked at." in mail.body


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_helps_nobody_has_no_desk(
    method: str, alice: User, nora: User, bob: User, signed_in: Callable[[User], Client]
) -> None:
    for user in (alice, nora, bob):
        assert getattr(signed_in(user), method)("/support/").status_code == 403


def test_a_helper_who_signed_in_long_ago_proves_again_that_it_is_him(
    kari: User, bob: User, bobs_password: str, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(kari)
    assert client.get("/support/").status_code == 302
    assert client.post("/support/", {"login": "bob", "secret": bobs_password})["Location"] == "/support/"
    with user_scope(bob.pk):
        assert not ActingSession.objects.exists()


def test_the_company_is_chosen_when_there_are_several(
    sigrid: User, bob: User, bobs_password: str, ours: House, theirs: House, at_the_desk: AtTheDesk
) -> None:
    with company_scope(theirs.scope):
        Membership.objects.create(company=theirs.company, user=bob, roles=[Role.DRIVER])
    client = at_the_desk(sigrid)
    answer = client.post("/support/", {"login": "bob@example.com", "secret": bobs_password})
    assert answer["Location"] == "/support/company/"
    assert theirs.company.name in client.get("/support/company/").content.decode()
    stranger = person("stranger")
    assert client.post("/support/company/", {"company": stranger.pk + 9999}).status_code == 404
    client.post("/support/company/", {"company": ours.company.pk})
    assert ours.vehicle.plate in client.get("/vans/").content.decode()
    assert theirs.company.name not in client.get("/vans/").content.decode()


def test_a_choice_of_company_does_not_outlive_the_support_password(
    sigrid: User, bob: User, bobs_password: str, ours: House, theirs: House, at_the_desk: AtTheDesk
) -> None:
    with company_scope(theirs.scope):
        Membership.objects.create(company=theirs.company, user=bob, roles=[Role.DRIVER])
    client = at_the_desk(sigrid)
    client.post("/support/", {"login": "bob", "secret": bobs_password})
    actions.set_password(actor=actor_of(bob), user=bob, password="another7")
    answer = client.post("/support/company/", {"company": ours.company.pk})
    assert answer["Location"] == "/support/"
    with user_scope(bob.pk):
        assert not ActingSession.objects.exists()
