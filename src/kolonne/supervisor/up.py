"""The platform of one machine: secrets, servers, migration, programs, and the stop in the opposite order."""

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from kolonne.config import Config, Endpoints
from kolonne.supervisor import files, leftovers, nats, ports, roles, secrets
from kolonne.supervisor.errors import StartError
from kolonne.supervisor.output import Console, Log
from kolonne.supervisor.postgres import ADMIN, EmbeddedPostgres
from kolonne.supervisor.processes import Program, Supervised

PROGRAMS = ("registry", "ingest", "signer", "worker", "portal")
"""Our own, in the order in which they start."""


@dataclass(frozen=True)
class Plan:
    """What one start runs. Every step that is left out is simply not done."""

    programs: Sequence[Program]
    migrate: bool = True
    after_migrate: Callable[[Config], None] | None = None
    """Called once in a thread, with the servers up and the tables there, before the programs start."""
    on_ready: Callable[[Config, Endpoints], Iterable[str]] | None = None
    """Its lines are printed when everything answers."""
    quiet: bool = False
    """What programs print goes to their log files only."""


def run_platform(
    config: Config,
    *,
    extra_programs: Iterable[Program] = (),
    after_migrate: Callable[[Config], None] | None = None,
    on_ready: Callable[[Config, Endpoints], Iterable[str]] | None = None,
    quiet: bool = False,
) -> None:
    """Runs everything until SIGINT or SIGTERM. Raises StartError when it cannot start."""
    programs = (*our_programs(config), *extra_programs)
    run(config, Plan(programs, after_migrate=after_migrate, on_ready=on_ready, quiet=quiet))


def run(config: Config, plan: Plan) -> None:
    """Runs a plan until SIGINT or SIGTERM. Raises StartError when it cannot start."""
    files.make_data_directory(config.data)
    _allow_many_connections()
    with files.only_one(config.data):
        leftovers.end(config)
        secrets.make(config)
        endpoints = ports.choose(config)
        ports.write(config, endpoints)
        with Console() as console:
            asyncio.run(Platform(config, endpoints, plan, console).run())


def our_programs(config: Config) -> list[Program]:
    return [kolonne_program(config, name, name) for name in PROGRAMS]


def kolonne_program(config: Config, name: str, *arguments: str) -> Program:
    """A program that is started as `kolonne <arguments>`, with our environment."""
    environ = {**os.environ, "KOLONNE_DATA": str(config.data), "PYTHONUNBUFFERED": "1"}
    return Program(name, (sys.executable, "-m", "kolonne", *arguments), environ)


@dataclass
class Platform:
    """One run of a plan."""

    config: Config
    endpoints: Endpoints
    plan: Plan
    console: Console
    tiers: list[list[Supervised]] = field(default_factory=list)
    """In the order of their start; each tier needs those before it."""
    ready: bool = False
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    async def run(self) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._asked_to_stop, stopping)
        starting = asyncio.create_task(self._start())
        stop = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({starting, stop}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await self._until_failure_or(stop)
        finally:
            starting.cancel()
            with suppress(asyncio.CancelledError, StartError):
                await starting
            await self._stop()

    async def _start(self) -> None:
        await self._start_postgres()
        await self._start_nats()
        if self.plan.migrate:
            await self._migrate()
        if self.plan.after_migrate is not None:
            await asyncio.to_thread(self.plan.after_migrate, self.config)
        await self._start_tier([self._with_address(program) for program in self.plan.programs])
        self.ready = True
        self._write_status()
        for line in self.plan.on_ready(self.config, self.endpoints) if self.plan.on_ready else ():
            self.console.say(line)

    async def _start_postgres(self) -> None:
        if self.config.database_url:
            admin, server = self.config.database_url, self.endpoints.database
        else:
            server = ADMIN
            postgres = EmbeddedPostgres(self.config, self.endpoints)
            await asyncio.to_thread(postgres.prepare)
            admin = postgres.conninfo(ADMIN)
            await self._start_tier([self._postgres_program(postgres)])
        database = self.endpoints.database
        await asyncio.to_thread(roles.prepare, self.config, admin=admin, server=server, database=database)

    def _postgres_program(self, postgres: EmbeddedPostgres) -> Program:
        return Program(
            "postgres",
            postgres.command(),
            self._server_environ(),
            probe=postgres.is_up,
            address=f"{self.endpoints.postgres_host}:{self.endpoints.postgres_port}",
            stop_signal=signal.SIGINT,  # "fast": sessions are ended, nothing waits for them
            orphan_signal=signal.SIGINT,
            patience_s=30,
            user=postgres.user,
        )

    async def _start_nats(self) -> None:
        if self.config.nats_url:
            return
        command = nats.prepare(self.config, self.endpoints)
        address = f"{ports.bracketed(ports.LOOPBACK)}:{ports.split(self.endpoints.nats)[1]}"
        program = Program(
            "nats", command, self._server_environ(), probe=lambda: nats.is_up(self.endpoints), address=address
        )
        await self._start_tier([program])

    async def _migrate(self) -> None:
        """Once per start, to its end; the programs find the tables of their own version."""
        migration = kolonne_program(self.config, "migrate", "migrate")
        supervised = self._supervise(migration)
        with closing(supervised.log):
            await supervised.run_once()
        if supervised.exit_status != 0:
            raise StartError(
                f"the database cannot be migrated: see {self.config.data / 'logs' / 'migrate.log'}. Data of an "
                "unreleased version cannot be taken along: move the directory away, or set KOLONNE_DATA to another one"
            )

    async def _start_tier(self, programs: Sequence[Program]) -> None:
        tier = [self._supervise(program) for program in programs]
        self.tiers.append(tier)
        keepers = [asyncio.create_task(supervised.run()) for supervised in tier]
        self._keepers += keepers
        up = asyncio.create_task(_all_up(tier))
        await asyncio.wait({up, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        for keeper in keepers:
            if keeper.done():
                keeper.result()

    def _with_address(self, program: Program) -> Program:
        """The portal is the one program of ours that can be asked; where it listens is known only now."""
        if program.name != "portal":
            return program
        host, port = ports.split(self.endpoints.portal)
        return replace(program, address=f"{ports.bracketed(host)}:{port}", probe=lambda: ports.speaks_http(host, port))

    def _supervise(self, program: Program) -> Supervised:
        log = Log(self.config.data / "logs" / f"{program.name}.log")
        return Supervised(program, log, self.console, self._write_status, quiet=self.plan.quiet)

    async def _until_failure_or(self, stop: "asyncio.Task[bool]") -> None:
        """Programs that were up once are started again for ever, so this ends by being asked to stop."""
        await asyncio.wait({stop, *self._keepers}, return_when=asyncio.FIRST_COMPLETED)
        for keeper in self._keepers:
            if keeper.done():
                keeper.result()

    async def _stop(self) -> None:
        self.ready = False
        for tier in reversed(self.tiers):
            await asyncio.gather(*(supervised.stop() for supervised in tier))
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._write_status()

    def _asked_to_stop(self, stopping: asyncio.Event) -> None:
        """The second time, nobody is asked politely any more."""
        if stopping.is_set():
            for supervised in (one for tier in self.tiers for one in tier):
                supervised.kill()
        else:
            self.console.say("stopping; once more stops at once")
        stopping.set()

    def _server_environ(self) -> dict[str, str]:
        """Servers of others see none of our settings but the mark by which leftovers are found."""
        return {"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC", "KOLONNE_DATA": str(self.config.data)}

    def _write_status(self) -> None:
        status = {
            "supervisor": {"pid": os.getpid(), "since": self.began.isoformat(timespec="milliseconds")},
            "ready": self.ready,
            "programs": [supervised.report() for tier in self.tiers for supervised in tier],
        }
        with suppress(OSError):  # A full disk must not stop what still runs.
            files.write(self.config.data / "status.json", json.dumps(status, indent=2) + "\n", mode=0o644)


async def _all_up(tier: list[Supervised]) -> None:
    for supervised in tier:
        await supervised.wait_up()


def _allow_many_connections() -> None:
    """Each connected module needs a file handle in NATS; children inherit the limit."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
