"""What every test may ask for.

Settings and secrets of a temporary data directory are there before the first import, because Django reads them when
it is loaded. PostgreSQL and NATS start with the first test that asks for `platform` (or, in Django's way, for the
database) and stop with the session; pure tests start nothing.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import django
import hypothesis
import pytest
from django.conf import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from kolonne import config
from kolonne.config import Config
from kolonne.supervisor import scratch
from kolonne.supervisor.child import die_with_parent

START_S = 90.0
WHOLE = "tests/"

# How fast a machine is says nothing about the code: what must be fast is measured by `kolonne bench`.
hypothesis.settings.register_profile("kolonne", deadline=None)
hypothesis.settings.load_profile("kolonne")


os.environ["DJANGO_SETTINGS_MODULE"] = "kolonne.portal.site.settings"
_DATA = scratch.make()
# Before the next conftest.py imports a model; pytest-django completes the set-up later.
django.setup()
# Every client of a test builds the middleware anew, and reading all static files each time took most of the time. Here
# nobody asks for one: the tests of the whole product have a server of their own.
settings.SERVESTATIC_USE_FINDERS = settings.SERVESTATIC_USE_STATIC_ROOT = False


class Pieces(LoadScopeScheduling):
    """How `pytest -n` shares the tests: a file is one piece of work, and so are all tests of the running product,
    because every process has servers of its own, and a second demonstration would cost more than it saves."""

    def _split_scope(self, nodeid: str) -> str:
        return WHOLE if nodeid.startswith(WHOLE) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Pieces:
    config.option.loadscopereorder = False
    return Pieces(config, log)


def pytest_xdist_setupnodes() -> None:
    """The processes inherit the environment, and would load Django with the servers of this one."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium the tests of pages in a browser are named as skipped, and all others run. Of several processes
    one begins with the longest piece."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: not item.nodeid.startswith(WHOLE))
    if shutil.which("chromium") is None:
        reason = "Chromium is not installed: `apt-get install chromium`, or let `make test` do it as root"
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_unconfigure() -> None:
    shutil.rmtree(_DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def platform() -> Iterator[Config]:
    """PostgreSQL with all tables and NATS, on free ports; none of our programs. Yields the settings to reach them."""
    settings = config.load()
    promised = settings.endpoints()
    with _running_servers(settings):
        assert settings.endpoints() == promised, "another program took a port of this test session: run it again"
        yield settings


@pytest.fixture(scope="session")
def django_db_setup(platform: Config) -> None:
    """No database of its own for Django's tests: they use the migrated one, as the role that the portal has.

    Each test runs in a transaction that is rolled back. `transaction=True` would empty the tables, which that role
    may not do.
    """


@contextlib.contextmanager
def _running_servers(settings: Config) -> Iterator[None]:
    parent = os.getpid()
    with (settings.data / "up.log").open("wb") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "kolonne", "up", "--only-servers"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),  # noqa: PLW1509  # one system call, no locks
        )
        try:
            _wait_until_ready(settings, supervisor)
            yield
        finally:
            supervisor.terminate()
            supervisor.wait(timeout=60)


def _wait_until_ready(settings: Config, supervisor: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and supervisor.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            if json.loads((settings.data / "status.json").read_text())["ready"]:
                return
        time.sleep(0.05)
    pytest.fail("the servers did not start:\n" + (settings.data / "up.log").read_text()[-3000:], pytrace=False)
