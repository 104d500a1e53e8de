"""CD-02: the same wish from several sides at once."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from kolonne.portal.commands import actions, tasks
from kolonne.portal.commands.tests.conftest import Van
from kolonne.portal.conftest import SYSTEM


def test_a_double_click_in_parallel_gives_one_command(van: Van, django_db_blocker: DjangoDbBlocker) -> None:
    def click(_: int) -> str:
        with django_db_blocker.unblock():
            try:
                return str(van.ask("lock", key="double-click"))
            finally:
                connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(click, range(16)))) == 1


def test_the_worker_ends_what_a_dead_signer_left(van: Van) -> None:
    command_id = van.ask("lock")
    van.make_overdue(command_id)
    actions.expire_overdue(actor=SYSTEM)
    assert (van.look(command_id).state, van.look(command_id).reason) == ("expired", "unreachable")
    assert van.states(command_id) == ["queued", "expired"]


def test_the_minutely_job_does_the_same_and_may_run_twice(van: Van) -> None:
    command_id = van.ask("lock")
    van.make_overdue(command_id)
    for _ in range(2):
        tasks.expire_overdue(timestamp=0)
    assert van.states(command_id) == ["queued", "expired"]
