"""CO-10: the pages on which two companies agree to become one."""

import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from kolonne.portal.audit.models import Entry
from kolonne.portal.companies import hooks
from kolonne.portal.companies.actions import closing, leaving, merging, merging_job
from kolonne.portal.companies.models import Company, Membership, Merge, Tenant
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries.merging import merge_for, open_merge_of, past_merges, preview_of
from kolonne.portal.companies.tests import desk
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User, Verification
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kolonne.portal.lib.scope import company_scope
from kolonne.portal.site.tests.merge_cast import Two, two_companies
from kolonne.portal.site.tests.sweep import body_of

Desk = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def two(db: None) -> Two:
    cache.clear()
    return two_companies()


def offered(two: Two) -> str:
    """The code that Ada hands to Gro."""
    code = merging.offer_merge(actor=actor_of(two.ada), company=two.stays.company).code
    assert code is not None
    return code


def asked(two: Two) -> Merge:
    merge = merging.use_code(actor=actor_of(two.gro), company=two.gone.company, code=offered(two))
    return merging.agree_to_merge(actor=actor_of(two.gro), merge=merge, typed_name=two.gone.company.name)


def test_administrators_of_both_agree_with_a_code(two: Two, at_the_desk: Desk) -> None:
    ada, gro = at_the_desk(two.ada), at_the_desk(two.gro)
    ada.post("/company/merge/code/")
    page = body_of(ada.get("/company/merge/"))
    (code,) = re.findall(r"m-code\">([A-Z0-9-]+)<", page)
    assert "Bortbud" not in page
    joined = gro.post("/company/merge/join/", {"code": code.lower()})
    preview = body_of(gro.get(joined["Location"]))
    for words in ("1 van moves", "1 contract goes on", "1 open order", "1 API key ends", "1 person comes in",
                  "2 people are in both", "Blirbud AS", "1 invitation ends", "1 communication module",
                  "is closed"):  # fmt: skip
        assert words in preview, words
    assert ada.get(joined["Location"]).status_code == 404  # the other side sees nothing before it was asked
    assert "This is not the name" in body_of(gro.post(joined["Location"], {"name": "Blirbud AS"}))
    assert gro.post(joined["Location"], {"name": "Bortbud AS"})["Location"] == "/company/merge/"
    assert "has to confirm" in body_of(gro.get("/company/merge/"))
    assert Tenant.objects.get(pk=two.gone.company.pk).leaving_since is None
    assert "Bortbud AS wants to become part of your company" in body_of(ada.get("/company/merge/"))
    assert ada.post(joined["Location"], {"name": "Bortbud AS"})["Location"] == "/company/merge/"
    assert "<progress" in body_of(ada.get("/company/merge/"))
    assert gro.get("/")["Location"] == "/company/leaving/"
    assert "becomes part of another company" in body_of(gro.get("/company/leaving/"))


def test_who_administers_both_confirms_once(two: Two, at_the_desk: Desk) -> None:
    browser = at_the_desk(two.kim)
    browser.post("/company/", {"company": two.gone.company.pk})
    assert "Into Blirbud AS" in body_of(browser.get("/company/merge/"))
    joined = browser.post("/company/merge/join/", {"into": two.stays.company.pk})
    assert "nobody can take it back" in body_of(browser.get(joined["Location"]))
    assert browser.post(joined["Location"], {"name": "Bortbud AS"})["Location"] == "/company/leaving/"
    assert "<progress" in body_of(browser.get("/company/leaving/"))
    merging_job.advance(actor=merging_job.ACTOR)
    page = body_of(browser.get("/company/merge/"))
    assert "Became part of this company" in page
    audit = body_of(browser.get(f"/audit/?organisation={two.gone.company.pk}"))
    assert "Merge of two companies done" in audit
    assert browser.post(f"/audit/{two.gone.company.pk}/check/").status_code == 302


def test_the_chain_of_a_company_that_is_gone_is_closed_to_others(
    two: Two, theirs: House, charlie: User, at_the_desk: Desk
) -> None:
    merge = asked(two)
    merging.agree_to_merge(actor=actor_of(two.ada), merge=merge, typed_name="Bortbud AS")
    merging_job.advance(actor=merging_job.ACTOR)
    assert at_the_desk(charlie).get(f"/audit/?organisation={two.gone.company.pk}").status_code == 404
    assert at_the_desk(two.gro).get(f"/audit/?organisation={two.gone.company.pk}").status_code == 200
    assert [one.gone_name for one in past_merges(two.stays.company.pk)] == ["Bortbud AS"]


def test_a_password_is_asked_for_anew(two: Two, signed_in: Desk) -> None:
    merge = asked(two)
    answer = signed_in(two.ada).get(f"/company/merge/{merge.pk}/")
    assert "reauthenticate" in answer["Location"]


def test_strangers_and_helpers_get_nowhere(two: Two, charlie: User, theirs: House, at_the_desk: Desk) -> None:
    merge = asked(two)
    with pytest.raises(NotFound):
        merge_for(actor_of(charlie), merge.pk)
    with pytest.raises(NotAllowed):
        merging.agree_to_merge(actor=actor_of(charlie), merge=merge, typed_name="Bortbud AS")
    with pytest.raises(NotAllowed):
        merging.agree_to_merge(actor=actor_of(two.both), merge=merge, typed_name="Bortbud AS")
    rights = actor_of(two.ada)
    helper = Actor(label="Helper", user_id=charlie.pk, rights=rights.rights, acting_for=ActingFor(two.ada.pk, "Ada", 1))
    for act in (
        lambda: merging.agree_to_merge(actor=helper, merge=merge, typed_name="Bortbud AS"),
        lambda: merging.offer_merge(actor=helper, company=two.stays.company),
        lambda: merging.stop_merge(actor=helper, merge=merge),
        lambda: merging.use_code(actor=helper, company=two.stays.company, code="x" * 10),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert at_the_desk(two.both).get("/company/merge/").status_code == 403
    assert at_the_desk(charlie).post(f"/company/merge/{merge.pk}/stop/").status_code == 404


def test_the_side_that_stays_cannot_begin_alone(two: Two) -> None:
    merge = merging.use_code(actor=actor_of(two.gro), company=two.gone.company, code=offered(two))
    with pytest.raises(Conflict) as refusal:
        merging.agree_to_merge(actor=actor_of(two.ada), merge=merge, typed_name="Bortbud AS")
    assert refusal.value.code == "merge_not_asked"
    with pytest.raises(Invalid):
        merging.agree_to_merge(actor=actor_of(two.gro), merge=merge, typed_name="Blirbud AS")


def test_either_side_stops_it(two: Two, at_the_desk: Desk) -> None:
    for who in (two.gro, two.ada):
        merge = asked(two)
        answer = at_the_desk(who).post(f"/company/merge/{merge.pk}/stop/")
        assert answer["Location"] == "/company/merge/"
        assert open_merge_of(two.gone.company.pk) is None
        with pytest.raises(Conflict):
            merging.agree_to_merge(actor=actor_of(two.ada), merge=merge, typed_name="Bortbud AS")


def leave(user: User, company: Company) -> None:
    with company_scope([company.pk]):
        Membership.objects.filter(user=user, company=company).delete()


def test_a_code_is_worth_what_its_maker_may_still_do(two: Two, at_the_desk: Desk) -> None:
    code = offered(two)
    leave(two.ada, two.stays.company)
    refused = at_the_desk(two.gro).post("/company/merge/join/", {"code": code})
    assert "Nobody has this code" in body_of(refused)
    assert open_merge_of(two.stays.company.pk) is None  # the administrators who are left make one of their own
    merging.offer_merge(actor=actor_of(two.kim), company=two.stays.company)
    assert open_merge_of(two.stays.company.pk)


def test_the_word_of_whoever_left_begins_no_merge(two: Two, at_the_desk: Desk) -> None:
    merge = asked(two)
    leave(two.gro, two.gone.company)
    browser = at_the_desk(two.ada)
    assert "wants to become part of your company" not in body_of(browser.get("/company/merge/"))
    answer = browser.post(f"/company/merge/{merge.pk}/", {"name": "Bortbud AS"})
    assert "has to confirm first" in body_of(answer)
    merging.agree_to_merge(actor=actor_of(two.kim).within(two.gone.company.pk), merge=merge, typed_name="Bortbud AS")
    assert merging.agree_to_merge(actor=actor_of(two.ada), merge=merge, typed_name="Bortbud AS").confirmed_at


def test_a_code_opens_for_one_company_once(two: Two, theirs: House, charlie: User) -> None:
    code = offered(two)
    merging.use_code(actor=actor_of(two.gro), company=two.gone.company, code=code)
    with pytest.raises(NotFound):
        merging.use_code(actor=actor_of(charlie), company=theirs.company, code=code)
    second = offered(two)
    with pytest.raises(NotFound):  # an earlier one is over
        merging.use_code(actor=actor_of(two.gro), company=two.gone.company, code=code)
    with pytest.raises(Conflict) as refusal:
        merging.use_code(actor=actor_of(two.ada), company=two.stays.company, code=second)
    assert refusal.value.code == "merge_same"


def test_a_wrong_code_is_said_beside_the_field(two: Two, at_the_desk: Desk) -> None:
    browser = at_the_desk(two.gro)
    wrong = browser.post("/company/merge/join/", {"code": "K7M-2P9-XQ4R"})
    assert (wrong.status_code, "Nobody has this code" in body_of(wrong)) == (422, True)
    assert browser.post("/company/merge/join/", {"into": two.stays.company.pk}).status_code == 404


def change(company: Company, **values: object) -> None:
    with company_scope([company.pk]):
        Company.objects.filter(pk=company.pk).update(**values)
        company.refresh_from_db()


def test_both_are_verified_or_one_is_a_second_registration_of_the_other(two: Two) -> None:
    actor = actor_of(two.kim)
    change(two.stays.company, register_number="974760673")
    desk.unverify(two.gone.company)
    with pytest.raises(Conflict) as refusal:
        merging.propose_merge(actor=actor, gone=two.gone.company, stays=two.stays.company)
    assert refusal.value.code == "merge_unverified"
    change(two.gone.company, register_number="974760673")
    assert merging.propose_merge(actor=actor, gone=two.gone.company, stays=two.stays.company).is_open
    change(two.stays.company, verification=Verification.UNVERIFIED)
    with pytest.raises(Conflict):
        merging.propose_merge(actor=actor, gone=two.gone.company, stays=two.stays.company)


def test_companies_that_are_leaving_or_moving_are_refused(two: Two) -> None:
    merge = asked(two)
    leaving.order_deletion(actor=actor_of(two.gro), company=two.gone.company, typed_name="Bortbud AS")
    with pytest.raises(Conflict) as refusal:
        merging.agree_to_merge(actor=actor_of(two.ada), merge=merge, typed_name="Bortbud AS")
    assert refusal.value.code == "merge_leaving"


def test_a_company_that_is_moving_cannot_be_deleted_nor_moved_elsewhere(two: Two) -> None:
    administrators = actor_of(two.kim)
    merge = merging.propose_merge(actor=administrators, gone=two.gone.company, stays=two.stays.company)
    merging.agree_to_merge(actor=administrators, merge=merge, typed_name="Bortbud AS")
    with pytest.raises(Conflict):
        leaving.order_deletion(actor=administrators, company=two.gone.company, typed_name="Bortbud AS")
    with pytest.raises(Conflict):
        leaving.withdraw_deletion(actor=administrators, company=two.gone.company)
    with pytest.raises(Conflict):
        merging.propose_merge(actor=administrators, gone=two.stays.company, stays=two.gone.company)
    with pytest.raises(NotAllowed):
        merging.offer_merge(actor=actor_of(two.gro), company=two.gone.company)


def test_a_preview_does_nothing(two: Two) -> None:
    merge = merging.propose_merge(actor=actor_of(two.kim), gone=two.gone.company, stays=two.stays.company)
    with company_scope(two.ids):
        before = Entry.objects.filter(company_id__in=two.ids).count()
        preview_of(merge)
        assert Entry.objects.filter(company_id__in=two.ids).count() == before
    assert merging_job.advance(actor=merging_job.ACTOR) == 0
    with pytest.raises(NotAllowed):
        merging_job.advance(actor=actor_of(two.kim))


def test_a_company_that_another_one_joins_is_not_deleted_meanwhile(two: Two, at_the_desk: Desk) -> None:
    merging.agree_to_merge(actor=actor_of(two.ada), merge=asked(two), typed_name="Bortbud AS")
    with pytest.raises(Conflict) as refusal:
        leaving.order_deletion(actor=actor_of(two.ada), company=two.stays.company, typed_name="Blirbud AS")
    assert refusal.value.code == "merging"
    page = at_the_desk(two.ada).post("/company/delete/confirm/", {"name": "Blirbud AS"})
    assert "Wait until that is done" in body_of(page)
    assert Tenant.objects.get(pk=two.stays.company.pk).leaving_since is None
    merging_job.advance(actor=merging_job.ACTOR)
    leaving.order_deletion(actor=actor_of(two.ada), company=two.stays.company, typed_name="Blirbud AS")


def test_the_export_and_the_erasure_know_of_companies_that_joined(two: Two) -> None:
    merging.agree_to_merge(actor=actor_of(two.ada), merge=asked(two), typed_name="Bortbud AS")
    merging_job.advance(actor=merging_job.ACTOR)
    ordered = leaving.order_deletion(actor=actor_of(two.ada), company=two.stays.company, typed_name="Blirbud AS")
    with company_scope([two.stays.company.pk]):
        (row,) = hooks.exports()["merges"](two.stays.company)
        assert (row["gone_name"], row["generations"][0]["name"]) == ("Bortbud AS", "Bortbud AS")
    assert closing.close(actor=closing.ACTOR, pk=two.stays.company.pk, now=ordered.ends_at)
    with company_scope(two.ids):
        assert not Merge.objects.filter(stays=two.stays.company.pk).exists()
