"""A company whose rows are committed, because the signer has connections of its own, and a van that answers."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg_pool import AsyncConnectionPool
from pytest_django.plugin import DjangoDbBlocker

from kolonne.config import Config
from kolonne.portal.commands import actions
from kolonne.portal.commands.actions import Order
from kolonne.portal.commands.models import Command as Row
from kolonne.portal.commands.signer import main
from kolonne.portal.commands.signer.dispatcher import Dispatcher
from kolonne.portal.companies.models import Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House, build_house, forget_committed, person
from kolonne.portal.identity.models import User
from kolonne.portal.lib.scope import company_scope
from kolonne.wire import cose
from kolonne.wire.commands import KINDS
from kolonne.wire.messages import Command, Reply

PASSWORD = "four vans in a yard"
PIN = "271828"


@dataclass
class Van:
    """What the module does, as far as commands go; and the people who command it."""

    config: Config
    house: House
    manager: User
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def serial(self) -> str:
        return self.house.module.serial

    def hello(self, *, boot: str = "boot1", epoch: str = "epoch1", counter: int = 0) -> None:
        """As the registry writes it down."""
        with self.admin() as db:
            db.execute(
                "UPDATE vehicles_module SET public_key = %s WHERE serial = %s",
                [self.key.public_key().public_bytes_raw(), self.serial],
            )
            db.execute(
                "INSERT INTO vehicles_modulesession "
                "(module_id, company_id, boot, epoch, clock_ms, hello_at, agent, capabilities, counter) "
                "VALUES (%s, %s, %s, %s, 5000, now(), 'test/1', %s, %s) ON CONFLICT (module_id) DO UPDATE SET "
                "boot = excluded.boot, epoch = excluded.epoch, hello_at = now(), counter = excluded.counter",
                [self.house.module.pk, self.house.company.pk, boot, epoch, list(KINDS), counter],
            )

    def ask(self, name: str = "lock", *, pin: str = "", key: str | None = None, **args: Any) -> UUID:
        """As the page does it."""
        command = actions.request_command(
            actor=actor_of(self.manager, "192.0.2.7"),
            vehicle=self.house.vehicle,
            order=Order(name=name, args=args, pin=pin),
            idempotency_key=key,
        )
        return command.pk

    def set_pin(self, pin: str = PIN) -> None:
        actions.set_pin(actor=actor_of(self.manager), user=self.manager, current_password=PASSWORD, pin=pin)

    def look(self, command_id: UUID) -> Row:
        with company_scope(self.house.scope):
            return Row.objects.prefetch_related("steps").get(pk=command_id)

    def states(self, command_id: UUID) -> list[str]:
        return [step.state for step in self.look(command_id).steps.all()]

    def reply(self, command: Command, outcome: str, reason: str = "", **state: Any) -> bytes:
        said = Reply(
            serial=self.serial, id=command.id, counter=command.counter, outcome=outcome, reason=reason, state=state
        )
        return cose.sign(msgspec.to_builtins(said), key=self.key, purpose="reply")

    def make_overdue(self, command_id: UUID) -> None:
        with self.admin() as db:
            db.execute(
                "UPDATE commands_command SET expires_at = now() - interval '10 minutes' WHERE id = %s", [command_id]
            )

    def admin(self) -> "psycopg.Connection[Any]":
        """The server's own administrator, to whom no policy applies."""
        where = self.config.endpoints()
        return psycopg.connect(
            host=where.postgres_host,
            port=where.postgres_port,
            dbname=where.database,
            user="postgres",
            password=self.config.secret("postgres-admin"),
        )

    def work(self, script: Callable[["Signers"], Awaitable[None]]) -> "Signers":
        """Runs `script` with a signer whose broker is a list."""

        async def inside() -> Signers:
            conninfo = main._conninfo(self.config)
            async with AsyncConnectionPool(
                conninfo, min_size=1, max_size=6, kwargs={"autocommit": True}, open=False
            ) as pool:
                signers = Signers(self.config, pool, self.serial)
                await script(signers)
                return signers

        return asyncio.run(inside())

    def send(self, command_id: UUID) -> Command:
        """The command as the van receives it from a signer that looks once."""
        signers = self.work(lambda signers: signers.one.dispatch(command_id))
        return signers.commands()[-1]

    def obey(self, command_id: UUID) -> Command:
        """The command, sent and done by the van."""
        command = self.send(command_id)
        self.answer(self.reply(command, "done"))
        return command

    def answer(self, *messages: bytes, serial: str = "") -> None:
        """The signer hears these messages."""

        async def hear(signers: Signers) -> None:
            for message in messages:
                await signers.one.answer(f"m.{serial or self.serial}.up.reply", message)

        self.work(hear)


class Signers:
    """Two signers at one database, and everything that they published; vans of other tests do not count."""

    def __init__(self, config: Config, pool: AsyncConnectionPool[Any], serial: str) -> None:
        self.subject = f"m.{serial}.down.command"
        self.pool = pool
        self.public = bytes.fromhex(config.secret("signer-public"))
        self.published: list[tuple[str, bytes]] = []
        self.one, self.two = (Dispatcher(pool, main._keys(config), self.publish) for _ in range(2))

    async def publish(self, subject: str, payload: bytes, command_id: UUID | None) -> None:
        self.published.append((subject, payload))

    def raw(self) -> list[bytes]:
        return [payload for subject, payload in self.published if subject == self.subject]

    def commands(self) -> list[Command]:
        return [
            msgspec.convert(cose.verify(raw, public_key=self.public, purpose="command"), Command) for raw in self.raw()
        ]

    def live(self, company: int) -> list[dict[str, Any]]:
        told = [payload for subject, payload in self.published if subject == f"live.{company}"]
        return [msgspec.json.decode(payload)["command"] for payload in told]


@pytest.fixture
def van(
    platform: Config, django_db_blocker: DjangoDbBlocker, admin: "psycopg.Connection[tuple[Any, ...]]"
) -> Iterator[Van]:
    """A van of a new company, committed; its module has not said hello yet."""
    number = secrets.randbelow(10**10)
    with django_db_blocker.unblock():
        house = build_house(f"Committed {number}", f"WKC{number:014d}", f"CMD{number:010d}")
        manager = person(f"manager{number}", house, Role.FLEET_MANAGER)
        manager.set_password(PASSWORD)
        manager.save()
        yield Van(platform, house, manager)
        forget_committed(admin, house.company, [manager])


@pytest.fixture
def awake(van: Van) -> Van:
    """The van whose module has said hello."""
    van.hello()
    return van
