"""What a setting can be: how its text becomes a value, and the one line that says what is wrong with it."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """A setting is unknown, unreadable or malformed; the text names the variable, the value and the remedy."""


Kind = Callable[[str, str], Any]
"""From a variable's full name and its text to its value. Raises ConfigError."""


def text(_key: str, value: str) -> str:
    return value


def port(key: str, value: str) -> int:
    if not (value.isdecimal() and int(value) <= 65535):
        raise ConfigError(f"{key}={value!r} is not a port: give a number from 0 to 65535")
    return int(value)


def number(least: int, most: int) -> Kind:
    """A whole number within these limits."""

    def read(key: str, value: str) -> int:
        if not (value.isdecimal() and least <= int(value) <= most):
            raise ConfigError(f"{key}={value!r} is not a number from {least} to {most}")
        return int(value)

    return read


def flag(key: str, value: str) -> bool:
    if value not in {"", "0", "1"}:
        raise ConfigError(f"{key}={value!r} is neither 0 nor 1")
    return value == "1"


def one_of(*words: str) -> Kind:
    def read(key: str, value: str) -> str:
        if value not in words:
            raise ConfigError(f"{key}={value!r} is not one of {', '.join(words)}")
        return value

    return read


def data_directory(_key: str, value: str) -> Path:
    """Root's home is closed to the system user that PostgreSQL runs as then."""
    if value:
        return Path(value).expanduser().resolve()
    return Path("/var/lib/kolonne") if os.geteuid() == 0 else Path.home() / ".local" / "share" / "kolonne"


def _address(pattern: str, words: str) -> Kind:
    """An address or nothing. It may hold a password, so a malformed one is refused without showing it."""

    def read(key: str, value: str) -> str:
        if value and not re.fullmatch(pattern, value):
            raise ConfigError(f"{key} is not {words}: its value is not shown")
        return value

    return read


mail_address = _address(r"smtps?://(\S+(:\S*)?@)?[^\s@/:]+(:\d{1,5})?", "smtp://user:password@host:port or smtps://…")
sms_address = _address(
    r"(https://([^\s/]+@)?[^\s@/]+|http://([^\s/]+@)?(127\.0\.0\.1|localhost)(:\d{1,5})?)(/\S*)?",
    "https://user:password@host/path",
)
"""SMS leave encrypted only."""
