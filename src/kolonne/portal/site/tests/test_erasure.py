"""CO-06, CO-11, NF-06: of somebody who is erased nothing that names him is left, and the audit still holds.

Everything here is committed, because jobs and the database's administrator must see it.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client as RelyingParty
from allauth.idp.oidc.models import Token
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from kolonne.config import Config
from kolonne.portal.audit import actions as audit
from kolonne.portal.audit import queries as entries
from kolonne.portal.commands import actions as commands
from kolonne.portal.commands.actions import Order as CommandOrder
from kolonne.portal.commerce.models import Order, TermsAcceptance, TermsText
from kolonne.portal.companies import actions as companies
from kolonne.portal.companies.actions import people
from kolonne.portal.companies.models import (
    ApplicationGrant,
    Channel,
    Company,
    CompanyExport,
    CompanyVersion,
    Invitation,
    Leaving,
    Membership,
    Recovery,
    Role,
    VerificationCase,
)
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import BACKEND, SYSTEM, House, admin, build_house, forget_committed
from kolonne.portal.identity import actions as identity
from kolonne.portal.identity import mails
from kolonne.portal.identity.actions import help as help_requests
from kolonne.portal.identity.actions import private
from kolonne.portal.identity.models import Application, HelpState, State, User
from kolonne.portal.identity.tests.solving import solved
from kolonne.portal.lib import sms
from kolonne.portal.lib.actor import ActingFor, Actor
from kolonne.portal.lib.scope import all_companies, company_scope
from kolonne.portal.site.tests import canaries
from kolonne.portal.site.tests.canaries import ADDRESS, MOBILE, Admin, Person
from kolonne.portal.support.models import ActingSession, SupportPassword
from kolonne.portal.vehicles.models import Claim, Handover, OwnershipRequest, Vehicle

__all__ = ["admin"]
PASSWORD = "a long and plain sentence"
WORKER = (
    "from kolonne.portal.site.programs import setup_django; setup_django();"
    "from django.core.management import call_command;"
    "call_command('procrastinate', 'worker', '--one-shot', '--delete-jobs', 'successful', verbosity=0)"
)


@dataclass
class World:
    """A company with its administrator, and who will be erased: another administrator, and a private person."""

    config: Config
    database: Admin
    house: House
    alice: User
    member: User
    loner: User

    @property
    def folders(self) -> list[Path]:
        return [self.config.data / name for name in ("mail", "sms", "exports", "logs")]

    def run_jobs(self) -> None:
        """A worker, until nothing is to be done; its log is one of the logs."""
        log = self.config.data / "logs" / "worker-of-erasure.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as output:
            subprocess.run([sys.executable, "-c", WORKER], check=True, stdout=output, stderr=output, timeout=120)

    def a_day_later(self) -> None:
        """What waits for tomorrow is due."""
        self.database.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")


@pytest.fixture
def kanari(platform: Config, django_db_blocker: DjangoDbBlocker, admin: Admin, settings: Settings) -> Iterator[World]:
    settings.EMAIL_BACKEND = "kolonne.portal.lib.mail.FolderBackend"
    with django_db_blocker.unblock():
        cache.clear()
        last = admin.execute("SELECT coalesce(max(id), 0) FROM audit_entry").fetchone() or (0,)
        house = build_house("Fjordbud AS", "WK0TEST0000000055", "TEST000000055")
        alice = _member(house, "alice-of-erasure", "Alice", "Other")
        one = Person("one")
        member = _member(house, one.username, one.first_name, one.last_name, one.email)
        loner = _private(Person("two", "+4791234568"))
        yield World(platform, admin, house, alice, member, loner)
        cache.clear()
        admin.execute("DELETE FROM audit_entry WHERE company_id IS NULL AND id > %s", last)  # the end of the chain
        forget_committed(admin, house.company, [alice, member, loner])
        admin.execute("DELETE FROM commerce_termstext WHERE text = 'Of erasure'")
        admin.execute("DELETE FROM procrastinate_jobs")
        admin.execute("DELETE FROM identity_helprequest")
        admin.execute("DELETE FROM identity_application WHERE code = 'of-erasure'")
        admin.execute("DELETE FROM allauth_idp_oidc_token WHERE client_id = 'of-erasure'")
        admin.execute("DELETE FROM allauth_idp_oidc_client WHERE id = 'of-erasure'")


def _member(house: House, username: str, first: str, last: str, email: str = "alice.other@example.com") -> User:
    person = identity.PersonData(username, email, first_name=first, last_name=last, language="nb")
    user = identity.create_user(actor=SYSTEM, person=person, market="no", password=PASSWORD)
    companies.add_member(actor=SYSTEM, company=house.company, user=user, roles=[Role.ADMINISTRATOR])
    return user


def _private(person: Person) -> User:
    """Signed up for a private account, and never opened the link."""
    typed = identity.PersonData(person.username, person.email)
    data = private.PrivateData(
        name=f"{person.first_name} {person.last_name}",
        mobile=person.mobile,
        street="Kanarigata 7",
        postal_code="Kanari 7",
        city="Kanariby",
    )
    private.sign_up(actor=SYSTEM, person=typed, market="no", password=PASSWORD, data=data)
    return User.objects.get(username=person.username)


# What the member does, and what others do that names her. Each step fills columns; a test says which.


def sign_in_with_two_factors(world: World) -> Client:
    secret = generate_totp_secret()
    TOTP.activate(world.member, secret)
    Authenticator.objects.create(user=world.member, type="webauthn", data={"name": "Kanaris nøkkel", "credential": {}})
    browser = Client(raise_request_exception=False, headers={"user-agent": "Kanari-Browser 1.0"}, REMOTE_ADDR=ADDRESS)
    browser.get("/accounts/login/")
    browser.post("/accounts/login/", {"login": world.member.username, "password": PASSWORD})
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    browser.post("/accounts/2fa/authenticate/", {"code": code})
    assert browser.get("/accounts/sessions/").status_code == 200
    return browser


def open_pages(world: World, browser: Client) -> None:
    pk = world.house.company.pk
    own = ("/account/history/", "/account/export/", "/accounts/sessions/", "/me/")
    others = (f"/people/{world.alice.pk}/", f"/organisations/{pk}/", f"/vans/{world.house.vehicle.pk}/")
    for page in ("/", "/people/", "/audit/", "/kanari-was-here/", *own, *others):
        browser.get(page)
    cache.clear()
    ready = browser.post("/account/export/")["Location"]
    zipped: Any = browser.post(ready)
    assert b"".join(zipped.streaming_content)


def ask_for_help(world: World) -> None:
    asked = {
        "user_id_given": world.member.username, "first_name": world.member.first_name,
        "last_name": world.member.last_name, "email": world.member.email, "company_name": "Kanari AS",
        "company_address": "Kanarigata 7, 0150 Oslo", "challenge": solved(),
    }  # fmt: skip
    answer = Client().post("/accounts/help/request/", asked)
    assert answer["Location"] == "/accounts/help/request/sent/"
    world.run_jobs()
    nobody = help_requests.HelpData("kanari", "Kanarisa", "Kanaridotter", "k@example.com", "Kanari", "Kanarigata")
    request = help_requests.ask_for_help(actor=SYSTEM, data=nobody, language="nb")
    help_requests.answer(actor=actor_of(world.alice), request=request, state=HelpState.REFUSED)
    help_requests.forget_old(now=timezone.now() + timedelta(days=40))
    others = help_requests.HelpData("alice-of-erasure", "Alice", "Other", "alice.other@example.com", "Fjordbud", "Oslo")
    request = help_requests.ask_for_help(actor=SYSTEM, data=others, language="nb")
    help_requests.answer(actor=actor_of(world.member), request=request, state=HelpState.DONE)
    Client().post("/accounts/login/", {"login": world.member.email, "password": "wrong and long enough"})
    Client().post("/accounts/password/reset/", {"email": world.member.email, "challenge": solved()})


def give_data(world: World) -> None:
    world.member.mobile = MOBILE
    world.member.save(update_fields=["mobile"])
    EmailAddress.objects.create(user=world.member, email="kanari.other@example.com", verified=False, primary=False)
    SupportPassword.objects.create(user=world.member, password="!", code="!")
    client = RelyingParty.objects.create(id="of-erasure", name="Shop")
    Token.objects.create(type="at", hash="of-erasure", user=world.member, client=client, data={"name": "Kanarisa"})


def act_in_company(world: World) -> None:
    her = actor_of(world.member, ADDRESS)
    with company_scope(world.house.scope):
        commands.request_command(actor=her, vehicle=world.house.vehicle, order=CommandOrder("lock"))
        people.block(actor=her, user=world.alice, reason="kanari typed a reason")
        people.unblock(actor=her, user=world.alice)
        world.alice.refresh_from_db()
        people.block(actor=actor_of(world.alice), user=world.member, reason="Kanarisa is away")
        people.unblock(actor=actor_of(world.alice), user=world.member)
        helper = Actor("Somebody", world.alice.pk, acting_for=ActingFor(world.member.pk, str(world.member), 1))
        audit.record(helper, "companies.company.changed", on=world.house.company, company_id=world.house.company.pk)


def leave_labels(world: World) -> None:
    """Rows that say by name who did something, as the pages of all contexts write them."""
    company, now, name = world.house.company, timezone.now(), str(world.member)
    later = now + timedelta(days=1)
    her = {"company": company, "person": world.member}
    with company_scope(world.house.scope):
        Company.objects.filter(pk=company.pk).update(declared_by=name)
        CompanyVersion.objects.create(company=company, generation=9, name="Fjordbud AS", changed_by=name)
        VerificationCase.objects.create(
            **her, code="FIRST000", expires_at=later, opened_by=name, closed_by=name, person_reason="kanari",
            company_reason="kanari", evidence="kanari", proposal={"person_reason": "kanari"},
        )  # fmt: skip
        VerificationCase.objects.create(
            company=company, person=world.alice, code="OTHER000", expires_at=later, opened_by=name, closed_by=name
        )
        Recovery.objects.create(
            **her, opened_by=name, reason="kanari", takes_effect_at=later, done_at=now, stopped_by=name
        )
        Leaving.objects.create(company=company, ordered_by=name, ends_at=later)
        CompanyExport.objects.create(company=company, asked_by=world.member, asked_label=name, state="gone")
        Order.objects.create(company=company, placed_by=name, terms_accepted_by=name)
        text, _new = TermsText.objects.get_or_create(
            sha256="0" * 64, defaults={"code": "general", "valid_from": later.date(), "text": "Of erasure"}
        )
        TermsAcceptance.objects.create(company=company, text=text, accepted_by=name)
        Vehicle.objects.filter(pk=world.house.vehicle.pk).update(driver=name)
        leave_labels_of_changes(world, name, later)
        member = Membership.objects.get(company=company, user=world.alice)
        shop = Application.objects.create(code="of-erasure", name="Shop", rights=["use"])
        ApplicationGrant.objects.create(
            company=company, membership=member, application=shop, rights=["use"], granted_by=name
        )
        ActingSession.objects.create(
            company=company, user=world.alice, agent=world.member, agent_label=name, organisation_id=company.pk,
            organisation_label="Fjordbud AS", session_epoch=0, ends_at=later,
        )  # fmt: skip


def leave_labels_of_changes(world: World, name: str, later: datetime) -> None:
    """Of vans that change hands, or left."""
    company, van = world.house.company, world.house.vehicle
    Vehicle.ever.create(company=company, vin="WK0TEST0000000056", removed_at=timezone.now(), removed_by=name)
    Claim.objects.create(company=company, vin="WK0TEST0000000057", asked_by=name, decided_by=name, until=later)
    OwnershipRequest.objects.create(
        company=company, vehicle=van, claim=0, claimant_id=company.pk, claimant_name="Fjordbud AS", answer_until=later,
        answered_by=name,
    )  # fmt: skip
    Handover.objects.create(company=company, vehicle=van, code_sha256=b"erasure", made_by=name, expires_at=later)


def be_invited(world: World) -> None:
    company, later = world.house.company, timezone.now() + timedelta(days=1)
    with company_scope(world.house.scope):
        rows = [
            Invitation(channel=channel, address=address, first_name="Kanarisa", last_name="Kanaridotter",
                       inviter="Alice Other", token_sha256=address.encode(), accepted_by=world.member)
            for channel, address in ((Channel.MAIL, world.member.email), (Channel.SMS, MOBILE))
        ]  # fmt: skip
        rows.append(Invitation(channel=Channel.MAIL, address="someone@example.com", inviter=str(world.member),
                               token_sha256=b"someone", invited_by=world.member))  # fmt: skip
        for row in rows:
            row.company, row.roles, row.language, row.expires_at = company, [Role.DRIVER], "nb", later
            row.accepted_at = timezone.now()
            row.save()
            audit.record(actor_of(world.alice), "companies.invitation.created", on=row, company_id=company.pk)


def get_mails(world: World) -> None:
    mails.post("person_password_reset", world.member, helper="Alice Other")
    mails.post("person_password_reset", world.alice, helper=str(world.member))
    mails.post_sealed("private_known", "kanari.other@example.com", world.member)
    sms.send(sms.Sms("of-erasure", MOBILE, "Hei Kanarisa"))
    sms.send(sms.Sms("of-erasure-2", "+4799999999", f"{world.member} invites you"))
    app.configure_task("identity.send_mail").defer(
        mail="no_such_mail", user_id=world.alice.pk, facts={"person": str(world.member)}
    )


def use_everything(world: World) -> None:
    act_in_company(world)
    browser = sign_in_with_two_factors(world)
    open_pages(world, browser)
    give_data(world)
    ask_for_help(world)
    leave_labels(world)
    be_invited(world)
    get_mails(world)
    world.run_jobs()


NOT_OF_PEOPLE = {
    "names, codes and settings of the platform": """
        auth_group.name auth_permission.codename auth_permission.name django_content_type.app_label
        django_content_type.model django_migrations.app django_migrations.name identity_application.client_id
        identity_application.code identity_application.kinds identity_application.name identity_application.rights
        identity_application.url identity_market.code identity_market.support_email identity_market.support_phone
        identity_signingkey.pem procrastinate_jobs.lock procrastinate_jobs.queue_name procrastinate_jobs.queueing_lock
        procrastinate_jobs.task_name procrastinate_periodic_defers.periodic_id procrastinate_periodic_defers.task_name
        allauth_idp_oidc_client.cors_origins allauth_idp_oidc_client.data allauth_idp_oidc_client.default_scopes
        allauth_idp_oidc_client.grant_types allauth_idp_oidc_client.id allauth_idp_oidc_client.name
        allauth_idp_oidc_client.redirect_uris allauth_idp_oidc_client.response_types allauth_idp_oidc_client.scopes
        allauth_idp_oidc_client.secret allauth_idp_oidc_client.type commands_openingfreeze.lifted_by
        vehicles_module.country vehicles_module.provider commerce_invoicecounter.market commerce_invoice.seller""",
    "the company's own data, which stay with the company": """
        companies_company.city companies_company.customer_number companies_company.legal_form companies_company.name
        companies_company.postal_code companies_company.register_number companies_company.street
        companies_company.time_zone companies_company.vat_number companies_companyversion.city
        companies_companyversion.legal_form companies_companyversion.name companies_companyversion.postal_code
        companies_companyversion.register_number companies_companyversion.street companies_companyversion.vat_number
        companies_site.city companies_site.name companies_site.postal_code companies_site.street
        commerce_contractversion.party companies_apikey.name companies_apikey.prefix companies_apikey.scopes
        support_actingsession.organisation_label vehicles_refusedvin.vin vehicles_vehicle.make vehicles_vehicle.model
        vehicles_vehicle.name vehicles_vehicle.plate vehicles_vehicle.verification_reason vehicles_vehicle.vin
        vehicles_module.serial vehicles_claim.vin vehicles_claim.data vehicles_claim.reason vehicles_handover.buyer_name
        vehicles_handover.customer_number vehicles_ownershiprequest.claimant_name vehicles_importline."values"
        vehicles_importline.problems vehicles_vanimport.file_name companies_merge.gone_name companies_merge.generations
        commerce_invoice.party""",
    "words that we chose, numbers and fingerprints": """
        account_emailconfirmation.key allauth_idp_oidc_token.client_id allauth_idp_oidc_token.hash
        allauth_idp_oidc_token.scopes allauth_idp_oidc_token.type audit_entry.target audit_entry.verb
        commands_command.args commands_command.boot commands_command.epoch commands_command.idempotency_key
        commands_command.name commands_command.reason commands_command.reply_state commands_command.state
        commands_command.via commands_commandstep.reason commands_commandstep.state commands_unlockpin.hash
        commerce_assignment.product commerce_contract.state commerce_order.state commerce_order.terms_version
        commerce_orderitem.product commerce_profile.commands commerce_profile.signals commerce_serviceperiod.signals
        commerce_moduleprofile.signals commerce_assignment.package commerce_assignment.state commerce_contract.number
        commerce_contract.currency commerce_orderitem.package commerce_orderitem.currency vehicles_vehicle.equipment
        vehicles_module.provides commerce_termstext.sha256 commerce_termstext.market commerce_termstext.code
        commerce_termstext.language commerce_termstext.version commerce_termstext.title commerce_termstext.text
        commerce_termsacceptance.text_id commerce_termsnotice.market commerce_termsnotice.code
        commerce_termsnotice.version
        companies_accessrequest.application_id companies_applicationgrant.application_id
        companies_applicationgrant.rights companies_company.verification companies_companyexport.file
        companies_companyexport.state companies_invitation.channel companies_invitation.language
        companies_invitation.roles companies_leaving.counts companies_leaving.steps companies_membership.roles
        companies_tenant.kind companies_tenant.market_id companies_verificationcase.code
        companies_verificationcase.company_result companies_verificationcase.document
        companies_verificationcase.opened_data companies_verificationcase.person_result django_cache.cache_key
        django_session.session_key identity_helprequest.market_id identity_helprequest.state identity_user.language
        identity_user.life_cycle_step identity_user.market_id identity_user.password identity_user.state
        identity_user.verification mfa_authenticator.type support_actingsession.ended_by
        support_actingsession.session_key support_supportpassword.code support_supportpassword.password
        usersessions_usersession.data usersessions_usersession.session_key vehicles_module.status
        vehicles_modulesession.agent vehicles_modulesession.boot vehicles_modulesession.capabilities
        vehicles_modulesession.epoch vehicles_vehicle.drive vehicles_vehicle.verification
        vehicles_vehicle.removal vehicles_claim.proof vehicles_claim.state vehicles_ownershiprequest.state
        vehicles_importline.outcome vehicles_vanimport.foreseen vehicles_vanimport.state
        vehicles_modulecertificate.pem vehicles_modulecertificate.serial_number vehicles_moduleclaim.provides
        companies_merge.code companies_merge.place companies_merge.steps commerce_assignment.terms
        commerce_invoice.currency commerce_invoice.lines commerce_invoice.number""",
    "encoded: read by `canaries.in_database`": "django_cache.value django_session.session_data",
}
"""Columns that take text and name nobody, by why. A column that is neither here nor filled by the journey fails the
test: think about what erasing a person does to it, then fill it or list it."""


def test_nothing_is_left_of_an_erased_person_and_the_audit_holds(
    kanari: World, capfd: pytest.CaptureFixture[str]
) -> None:
    use_everything(kanari)
    assert_every_column_was_thought_of(kanari.database)
    erase(kanari)
    kanari.run_jobs()
    receipts = [*canaries.in_files(kanari.folders)]
    assert len(receipts) == 1  # the receipt lies there for a day
    kanari.a_day_later()
    kanari.run_jobs()
    assert [*canaries.in_database(kanari.database)] == []
    assert [*canaries.in_files(kanari.folders)] == []
    output = "".join(capfd.readouterr())
    assert not canaries.CANARY.search(output), output
    assert chains_are_whole()


def assert_every_column_was_thought_of(database: Admin) -> None:
    filled = canaries.columns_with(database)
    listed = {column for columns in NOT_OF_PEOPLE.values() for column in columns.split()}
    assert sorted(canaries.text_columns(database) - filled - listed) == []
    assert sorted(listed & filled) == []


def erase(world: World) -> None:
    """The member by the other administrator, on the page; who never confirmed a private account by the daily job."""
    browser = Client()
    TOTP.activate(world.alice, generate_totp_secret())
    world.alice.refresh_from_db()
    browser.force_login(world.alice, backend=BACKEND)
    answer = browser.post(f"/people/{world.member.pk}/delete/")
    assert answer.status_code == 302
    private.forget_unconfirmed(now=timezone.now() + timedelta(days=7))
    states = User.objects.filter(pk__in=[world.member.pk, world.loner.pk]).values_list("state", flat=True)
    assert set(states) == {State.DELETED}


def chains_are_whole() -> bool:
    for company in (None, *all_companies()):
        with company_scope([company] if company else []):
            if entries.first_broken_entry(company) is not None:
                return False
    return True
