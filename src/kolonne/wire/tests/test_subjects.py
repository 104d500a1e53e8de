"""Topics and subjects."""

import pytest

from kolonne.wire import subjects


def test_topics_and_subjects_are_two_spellings_of_one_thing() -> None:
    """Design: the broker maps `/` to `.`."""
    for topic, subject in ((subjects.up_topic, subjects.up_subject), (subjects.down_topic, subjects.down_subject)):
        assert topic("KOL0000000000001", "ack").replace("/", ".") == subject("KOL0000000000001", "ack")
    assert subjects.serial_of(subjects.up_subject("KOL0000000000001", "hello")) == "KOL0000000000001"


@pytest.mark.parametrize(
    "text", ["", "KOL0001", "k" * 16, "KOL00000/1", "KOL00000.1", "KOL0000*", "K" * 33, "KOL00001\n"]
)
def test_what_is_no_serial_never_becomes_part_of_a_subject(text: str) -> None:
    assert not subjects.is_serial(text)


def test_a_vin_has_no_i_o_or_q() -> None:
    """VH-01"""
    assert subjects.VIN.fullmatch("WV1ZZZSYZL9000001")
    assert not subjects.VIN.fullmatch("WV1ZZZSYZL900000O")
