"""What an agent is told before it starts."""

import json
from pathlib import Path

import pytest

from kolonne import config as settings
from kolonne.module.enrolment import Told, enrolment
from kolonne.module.errors import SettingsError
from kolonne.module.mqtt import Broker, Tls

SERIAL = "KOL0000000000001"
KEY = "ab" * 32


@pytest.fixture
def config(tmp_path: Path) -> settings.Config:
    return settings.load({"KOLONNE_DATA": str(tmp_path / "data")})


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "van.json"
    words = {"serial": SERIAL, "secret": "s3cret", "broker": "platform:1883", "command_key": KEY, "vin": "x", "more": 1}
    file.write_text(json.dumps(words))
    return file


def test_an_enrolment_file_tells_everything(config: settings.Config, paper: Path) -> None:
    found = enrolment(Told(enrolment=paper), config)
    assert found.serial == SERIAL
    assert found.broker == Broker("platform", 1883, "s3cret")
    assert found.command_key == bytes.fromhex(KEY)
    assert found.store == config.data / "module" / f"{SERIAL}.db"


def test_options_go_before_the_file_and_settings_behind(tmp_path: Path, paper: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("other\n")
    environ = {"KOLONNE_MODULE_STORE": str(tmp_path / "store.db"), "KOLONNE_MODULE_BROKER": "ignored:1"}
    told = Told(enrolment=paper, serial="KOL0000000000002", broker="mqtts://[::1]:8883", secret_file=secret)
    found = enrolment(told, settings.load(environ))
    assert found.serial == "KOL0000000000002"
    assert found.broker == Broker("::1", 8883, "other", Tls())
    assert found.store == tmp_path / "store.db"


def test_the_platforms_own_machine_needs_only_serial_and_secret(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "signer-public").write_text(KEY + "\n")
    endpoints = {"postgres_host": "", "postgres_port": 1, "database": "", "nats": "", "portal": ""}
    (tmp_path / "endpoints.json").write_text(json.dumps(endpoints | {"mqtt": "127.0.0.1:4711"}))
    environ = {"KOLONNE_DATA": str(tmp_path), "KOLONNE_MODULE_SERIAL": SERIAL, "KOLONNE_MODULE_SECRET": "s3cret"}
    found = enrolment(Told(), settings.load(environ))
    assert found.broker == Broker("127.0.0.1", 4711, "s3cret")
    assert found.command_key == bytes.fromhex(KEY)


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        (Told(), "--serial, --enrolment or"),
        (Told(serial="wrong"), "8 to 32 capital letters"),
        (Told(serial=SERIAL), "kolonne module enrol KOL0000000000001"),
        (Told(serial=SERIAL, enrolment=Path("missing.json")), "missing.json cannot be read"),
        (Told(serial=SERIAL, secret_file=Path("missing")), "--secret-file missing cannot be read"),
    ],
)
def test_what_is_missing_is_told_with_its_remedy(config: settings.Config, told: Told, complaint: str) -> None:
    """NF-04"""
    with pytest.raises(SettingsError, match=complaint):
        enrolment(told, config)


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        (Told(command_key="abc"), "64 hexadecimal digits"),
        (Told(command_key="zz" * 32), "64 hexadecimal digits"),
        (Told(broker="platform"), "expected host:port"),
        (Told(broker="platform:0"), "expected host:port"),
        (Told(broker=":1883"), "expected host:port"),
    ],
)
def test_malformed_words_are_told(config: settings.Config, paper: Path, told: Told, complaint: str) -> None:
    """NF-04"""
    with pytest.raises(SettingsError, match=complaint):
        enrolment(Told(enrolment=paper, command_key=told.command_key, broker=told.broker), config)


def test_no_platform_on_this_machine_is_told(config: settings.Config, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    with pytest.raises(SettingsError, match="give --broker host:port"):
        enrolment(Told(serial=SERIAL, secret_file=secret), config)
    with pytest.raises(SettingsError, match="give --command-key"):
        enrolment(Told(serial=SERIAL, secret_file=secret, broker="h:1"), config)
