"""A person whose every word can be recognised, and where such words were found."""

import base64
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import psycopg
from django.core import signing
from psycopg import sql

Admin = psycopg.Connection[tuple[Any, ...]]
CANARY = re.compile(r"kanari|9123456[78]|192\.0\.2\.55", re.IGNORECASE)
MOBILE = "+4791234567"
ADDRESS = "192.0.2.55"
TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    ORDER BY 1
"""
TEXT_COLUMNS = """
    SELECT format('%I.%I', table_name, column_name) FROM information_schema.columns
    WHERE table_schema = 'public' AND (data_type IN ('text', 'character varying', 'jsonb', 'json', 'inet')
        OR (data_type = 'ARRAY' AND udt_name IN ('_text', '_varchar')))
    ORDER BY 1
"""


@dataclass(frozen=True)
class Person:
    """Six words, one for each kind of field that names somebody, and one for what is typed freely."""

    number: str
    mobile: str = MOBILE

    @property
    def username(self) -> str:
        return f"kanari-id-{self.number}"

    @property
    def first_name(self) -> str:
        return f"Kanarisa{self.number.title()}"

    @property
    def last_name(self) -> str:
        return f"Kanaridotter{self.number.title()}"

    @property
    def email(self) -> str:
        return f"kanari.mail.{self.number}@example.com"

    @property
    def words(self) -> str:
        return f"kanari words {self.number}"


def in_database(admin: Admin) -> Iterator[str]:
    """`table: row` for each row of any table in which a canary is found, also in what is encoded there."""
    for (table,) in admin.execute(TABLES).fetchall():
        rows = admin.execute(sql.SQL("SELECT t::text FROM {} t").format(_name(table))).fetchall()
        yield from (f"{table}: {row[:300]}" for (row,) in rows if CANARY.search(row))
    for key, data in admin.execute("SELECT session_key, session_data FROM django_session").fetchall():
        if CANARY.search(str(signing.loads(data, salt="django.contrib.sessions.SessionStore"))):
            yield f"session: {key}"
    for key, value in admin.execute("SELECT cache_key, value FROM django_cache").fetchall():
        if CANARY.search(base64.b64decode(value).decode(errors="replace")):
            yield f"cache: {key}"


def columns_with(admin: Admin) -> set[str]:
    """Columns that take text and hold a canary in some row."""
    found = set()
    for (column,) in admin.execute(TEXT_COLUMNS).fetchall():
        table, _dot, name = column.partition(".")
        rows = admin.execute(sql.SQL("SELECT {}::text FROM {}").format(_name(name), _name(table))).fetchall()
        if any(CANARY.search(text or "") for (text,) in rows):
            found.add(column)
    return found


def text_columns(admin: Admin) -> set[str]:
    return {column for (column,) in admin.execute(TEXT_COLUMNS).fetchall()}


def _name(quoted: str) -> sql.Identifier:
    return sql.Identifier(*(part.strip('"') for part in quoted.split(".")))


def in_files(folders: Iterable[Path]) -> Iterator[str]:
    """Files that hold a canary: mails as people read them, archives unpacked, all others as bytes."""
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and (CANARY.search(file.name) or CANARY.search(_text(file))):
                yield str(file)


def _text(file: Path) -> str:
    raw = file.read_bytes()
    if file.suffix == ".eml":
        message = BytesParser(policy=policy.default).parsebytes(raw)
        parts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
        return "\n".join([*(str(value) for value in message.values()), *parts])
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    return raw.decode(errors="replace")
