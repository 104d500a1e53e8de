"""The reference page says what the code does."""

import re

import pytest

from kolonne.wire import messages, subjects
from kolonne.wire.tests import reference


@pytest.fixture(scope="module")
def page() -> str:
    return reference.PAGE.read_text(encoding="utf-8")


def test_tables_are_those_of_the_catalogue(page: str) -> None:
    assert page == reference.generated(page), "run `python -m kolonne.wire.tests.reference`"


def test_every_topic_has_its_heading(page: str) -> None:
    for topic in (
        subjects.up_topic("<serial>", subjects.HELLO),
        subjects.up_topic("<serial>", subjects.TELEMETRY),
        subjects.up_topic("<serial>", subjects.REPLY),
        subjects.down_topic("<serial>", subjects.ACK),
        subjects.down_topic("<serial>", subjects.PROFILE),
        subjects.down_topic("<serial>", subjects.COMMAND),
    ):
        assert f"### `{topic}`" in page


@pytest.mark.parametrize("struct", [messages.Hello, messages.Command, messages.Reply, messages.Profile])
def test_every_field_is_explained(page: str, struct: type) -> None:
    for field in struct.__struct_fields__:  # type: ignore[attr-defined]  # of a msgspec struct
        assert re.search(rf"^\| `{field}` \|", page, re.MULTILINE), field


def test_limits_are_those_of_the_code(page: str) -> None:
    assert f"1 to {messages.MAX_POINTS} points" in page
    assert f"{messages.MAX_BYTES // 1024} KiB" in page
