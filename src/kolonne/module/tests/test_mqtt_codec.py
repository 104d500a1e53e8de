"""MQTT packets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.module import mqtt_codec as codec


def test_connect_is_a_clean_session_of_version_3_1_1() -> None:
    packet = codec.connect_packet("MODULE01", user="MODULE01", password="s3cret", keep_alive_s=60)
    assert packet == (b"\x10\x26\x00\x04MQTT\x04\xc2\x00\x3c\x00\x08MODULE01\x00\x08MODULE01\x00\x06s3cret")


def test_subscribe_asks_for_quality_of_service_0() -> None:
    assert codec.subscribe_packet("m/X/down/+") == b"\x82\x0f\x00\x01\x00\x0am/X/down/+\x00"


@given(
    st.lists(st.tuples(st.text(max_size=40), st.binary(max_size=3000)), max_size=8),
    st.lists(st.integers(1, 4000), min_size=1),
)
def test_packets_survive_any_cutting_of_the_stream(messages: list[tuple[str, bytes]], cuts: list[int]) -> None:
    stream = b"".join(codec.publish_packet(topic, payload) for topic, payload in messages)
    framer, found, position, turn = codec.Framer(), [], 0, 0
    while position < len(stream):
        size = cuts[turn % len(cuts)]
        found += [codec.published(packet) for packet in framer.feed(stream[position : position + size])]
        position, turn = position + size, turn + 1
    assert found == messages


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_framer(data: bytes) -> None:
    framer = codec.Framer()
    try:
        for packet in framer.feed(data):
            if packet.kind == codec.PUBLISH:
                codec.published(packet)
    except codec.BadPacket:
        pass


def test_a_huge_packet_is_refused_before_it_is_collected() -> None:
    with pytest.raises(codec.BadPacket, match="more than a module takes"):
        codec.Framer().feed(b"\x30\xff\xff\xff\x7f")


def test_answers_are_read() -> None:
    connack, suback = codec.Framer().feed(b"\x20\x02\x00\x05\x90\x03\x00\x01\x80")
    assert codec.connect_code(connack) == 5
    assert codec.subscribe_code(suback) == 0x80
