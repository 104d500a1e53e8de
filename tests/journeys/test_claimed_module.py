"""A device comes by a code, sends over TLS, renews its certificate, and is off when it is revoked (VH-04, CD-04)."""

import asyncio
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kolonne.module import claiming, mqtt
from kolonne.module.errors import LinkLost, LinkRefused
from kolonne.module.identity import Files, Identity
from kolonne.supervisor import files
from kolonne.supervisor.child import die_with_parent

VIN, SERIAL = "WK0TEST0000000777", "CLAIMEDOVERTLS01"
START_S, CUT_OFF_S = 120.0, 5.0


class Installation:
    """`kolonne up` of its own, with encrypted connections, and certificates that may be renewed at once."""

    def __init__(self, data: Path) -> None:
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("KOLONNE_")} | {
            "KOLONNE_DATA": str(data / "platform"),
            "KOLONNE_PORT": "0",
            "KOLONNE_MQTT_PORT": "0",
            "KOLONNE_NATS_PORT": "0",
            "KOLONNE_MQTT_TLS": "1",
            "KOLONNE_CERTIFICATE_DAYS": "1",
        }
        self.board = data / "board"
        self.store = self.board / "module.db"
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kolonne", "up"],
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),  # noqa: PLW1509  # one system call
        )

    def wait(self) -> None:
        status, deadline = Path(self.environ["KOLONNE_DATA"]) / "status.json", time.monotonic() + START_S
        while not (status.exists() and json.loads(status.read_text())["ready"]):
            assert self.process.poll() is None, "the platform ended"
            assert time.monotonic() < deadline, "the platform did not start"
            time.sleep(0.2)

    def run(self, *words: str, fails: bool = False) -> Any:
        """A command on the platform's machine; its answer."""
        done = subprocess.run(
            [sys.executable, "-m", "kolonne", *words, "--json"],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else json.loads(done.stdout)

    def module(self, *words: str, fails: bool = False) -> Any:
        """The module on its own computer: it knows nothing of the platform's files."""
        own = {name: value for name, value in self.environ.items() if not name.startswith("KOLONNE_")}
        self.environ, before = own | {"KOLONNE_DATA": str(self.board)}, self.environ
        try:
            return self.run("module", "--serial", SERIAL, "--store", str(self.store), *words, fails=fails)
        finally:
            self.environ = before

    def recording(self, number: int) -> list[str]:
        file = self.board / f"recording{number}.csv"
        file.parent.mkdir(exist_ok=True)
        rows = "".join(f"{1_760_000_000 + second},59.9,10.7,{second}\n" for second in range(50))
        file.write_text("time,lat,lon,speed\n" + rows)
        return ["--source", "trace", "--file", str(file), "--rebase", "--again"]


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    data = Path(tempfile.mkdtemp(prefix="kolonne-claim-", dir="/tmp"))
    data.chmod(files.TRAVERSABLE)
    made = Installation(data)
    try:
        made.wait()
        yield made
    finally:
        made.process.terminate()
        made.process.wait(timeout=60)
        shutil.rmtree(data, ignore_errors=True)


def connection(of: Installation) -> "Any":
    found = Files(of.store)
    identity = found.load()
    assert identity is not None
    host, _, port = identity.broker.removeprefix("mqtts://").rpartition(":")
    broker = mqtt.Broker(host, int(port), "", mqtt.Tls(found.broker_ca, found.certificate))
    return mqtt.connect(broker, identity.serial)


def test_from_the_code_to_the_revocation(installation: Installation) -> None:
    run = installation.run
    run("company", "create", "Claims AS", "--market", "no")
    run("vehicle", "add", VIN, "--company", "Claims AS")
    run("service", "assign", VIN, "vehicle-supervision")
    made = run("module", "claim", VIN)

    # The store of whoever had the device before: none of that is sent.
    installation.store.parent.mkdir(parents=True, exist_ok=True)
    installation.store.write_bytes(b"not even a database")
    platform = installation.module("--claim", made["code"], "--platform", "http://198.51.100.7", fails=True)
    assert "https" in platform
    words = ["--claim", made["code"], "--platform", made["platform"]]
    tally = installation.module(*words, *installation.recording(1))
    assert (tally["stored"], tally["dropped"]) == (50, 0)
    assert not installation.store.with_name("module.db.damaged").exists()
    modes = {path.name: path.stat().st_mode & 0o777 for path in installation.board.glob("module.db.*")}
    assert set(modes.values()) == {0o600}, modes

    # Later it needs neither code nor platform; a used code opens nothing.
    assert installation.module(*installation.recording(2))["stored"] == 50
    assert "no device in" in installation.module(*words, *installation.recording(3), fails=True)

    renewed(installation)
    assert installation.module(*installation.recording(4))["stored"] == 50
    asyncio.run(cut_off(installation))


def renewed(installation: Installation) -> None:
    found = Files(installation.store)
    before, identity = found.certificate.read_text(), found.load()
    assert isinstance(identity, Identity)
    following = claiming.renew(identity, found)
    assert found.certificate.read_text() != before
    assert following.not_after >= identity.not_after
    assert not found.new_key.exists()


async def cut_off(installation: Installation) -> None:
    """Who has no certificate does not even get to the question; who is revoked is thrown out and stays out."""
    found = Files(installation.store)
    plain = ssl.create_default_context(cafile=str(found.broker_ca))
    identity = found.load()
    assert identity is not None
    host, _, port = identity.broker.removeprefix("mqtts://").rpartition(":")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await _first_byte(host, int(port), plain)
    async with connection(installation) as open_one:
        listening = asyncio.ensure_future(_until_lost(open_one))
        await asyncio.to_thread(installation.run, "module", "revoke", SERIAL)
        async with asyncio.timeout(CUT_OFF_S):
            await listening
        with pytest.raises(LinkRefused):
            async with connection(installation):
                pass


async def _first_byte(host: str, port: int, plain: ssl.SSLContext) -> None:
    reader, writer = await asyncio.open_connection(host, port, ssl=plain)
    writer.write(b"\x10")
    if not await reader.read(1):
        raise ConnectionError("closed")


async def _until_lost(open_one: Any) -> None:
    with pytest.raises(LinkLost):
        async for _ in open_one:
            pass
