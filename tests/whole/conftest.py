"""The whole product, as `kolonne demo` starts it: every program, thirty vans, and the operator's command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kolonne.supervisor.child import die_with_parent

PATIENCE_S = 90.0
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_numbers = count(1)


@dataclass
class Enrolled:
    """A van of the test's own company, with its module's enrolment and a key for the API."""

    vin: str
    serial: str
    enrolment: Path
    api: httpx.Client


class World:
    """A running demonstration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.environ = {key: value for key, value in os.environ.items() if not key.startswith("KOLONNE_")}
        self.environ |= {"KOLONNE_DATA": str(self.data), "KOLONNE_PORT": "0"}
        self.environ |= {"KOLONNE_MQTT_PORT": "0", "KOLONNE_NATS_PORT": "0"}
        self.clients: list[httpx.Client] = []

    def start(self) -> "subprocess.Popen[bytes]":
        parent = os.getpid()
        with (self.folder / "demo.log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "kolonne", "demo"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environ,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),  # noqa: PLW1509  # one system call
            )
        self.wait_for(lambda: process.poll() is not None or self.is_ready())
        assert process.poll() is None, (self.folder / "demo.log").read_text()[-3000:]
        return process

    def is_ready(self) -> bool:
        try:
            return bool(json.loads((self.data / "status.json").read_text())["ready"])
        except (OSError, ValueError):
            return False

    @property
    def endpoints(self) -> dict[str, Any]:
        return dict(json.loads((self.data / "endpoints.json").read_text()))

    def wait_for(self, condition: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
        until = time.monotonic() + seconds
        while not (result := condition()):
            assert time.monotonic() < until, "nothing happened in time"
            time.sleep(0.1)
        return result

    def command(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "kolonne", *arguments],
            env=self.environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str) -> Any:
        """An operator's command with `--json`."""
        process = self.command(*arguments, "--json")
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, err
        return json.loads(out)

    def enrol(self, *products: str) -> Enrolled:
        """A new company with one van, made as an operator makes it."""
        number = next(_numbers)
        name, vin, serial = f"Test company {number}", f"WK0TEST{number:010}", f"TESTMODULE{number:04}"
        self.run("company", "create", name, "--market", "no")
        self.run("vehicle", "add", vin, "--company", name)
        for product in products:
            self.run("service", "assign", vin, product)
        enrolment = self.folder / f"{serial}.json"
        enrolment.write_text(json.dumps(self.run("module", "enrol", serial, "--vin", vin)))
        scopes = ["--scope", "vehicles:read", "--scope", "history:read"]
        key = self.run("apikey", "create", "--company", name, *scopes)["key"]
        headers = {"Authorization": f"Bearer {key}"}
        api = httpx.Client(base_url=f"{self.endpoints['portal']}/api/v1", headers=headers, timeout=30)
        self.clients.append(api)
        return Enrolled(vin, serial, enrolment, api)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """As the administrator of the database, past row-level security."""
        ends = self.endpoints
        password = (self.data / "secrets" / "postgres-admin").read_text().strip()
        where = {"host": ends["postgres_host"], "port": ends["postgres_port"], "dbname": ends["database"]}
        with psycopg.connect(**where, user="postgres", password=password) as connection:
            return connection.execute(sql, values).fetchall()  # type: ignore[call-overload,no-any-return]  # our own text


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="kolonne-whole-", dir="/tmp"))
    folder.chmod(0o711)
    running = World(folder)
    process = running.start()
    yield running
    for client in running.clients:
        client.close()
    process.terminate()
    process.wait(timeout=60)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with its module: Playwright's own event loop would be in the way of asynchronous tests."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: `apt-get install chromium`")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """An empty tab of a browser of its own; a script that fails, or that the policy refuses, fails the test."""
    context = browser.new_context(base_url=world.endpoints["portal"], viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    yield tab
    context.close()
    assert complaints == []


@pytest.fixture
def visitor(browser: Browser, world: World) -> Iterator[Page]:
    """An empty tab for axe, which is ours for the test and no part of the pages. By name, as passkeys need it."""
    context = browser.new_context(
        base_url=world.endpoints["portal"].replace("127.0.0.1", "localhost"),
        reduced_motion="reduce",
        bypass_csp=True,
    )
    yield context.new_page()
    context.close()
