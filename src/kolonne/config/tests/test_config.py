"""A mistake in the settings costs one clear line that says what is allowed."""

from pathlib import Path

import pytest

from kolonne import config
from kolonne.config import ConfigError


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("PROT", "8000", "KOLONNE_PROT is not a setting of Kolonne"),
        ("PROT_FILE", "port", "KOLONNE_PROT_FILE is not a setting of Kolonne"),
        ("MQTT_PORT", "65536", "is not a port: give a number from 0 to 65535"),
        ("LATE_DAYS", "91", "KOLONNE_LATE_DAYS='91' is not a number from 1 to 90"),
        ("DELETION_DAYS", "-1", "is not a number from 1 to 30"),
        ("MQTT_TLS", "yes", "KOLONNE_MQTT_TLS='yes' is neither 0 nor 1"),
        ("LANGUAGE", "nn", "KOLONNE_LANGUAGE='nn' is not one of de, nb, en"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(name: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy):
        config.load({f"KOLONNE_{name}": value})


def test_defaults_are_values_of_their_kind() -> None:
    found = config.load({"PATH": "/usr/bin"})
    assert (found.port, found.mqtt_tls, found.demo, found.late_days, found.language) == (8000, False, False, 30, "en")


def test_a_setting_can_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("not for the process list\n")
    assert config.load({"KOLONNE_SECRET_KEY_FILE": str(secret)}).secret_key == "not for the process list"
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load({"KOLONNE_SECRET_KEY_FILE": str(tmp_path / "none")})
