"""What is chosen from readings."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.module.profile import DOUBT_S, Doubt, Selection, decode_profile, encode_profile
from kolonne.wire.messages import Profile, WireError


def test_only_wanted_signals_are_chosen() -> None:
    """VH-04"""
    selection = Selection(Profile(1, {"soc": 0}))
    assert selection.choose(0, {"soc": 50.0, "speed": 30.0}) == {"soc": 50.0}
    assert selection.choose(1, {"speed": 30.0}) == {}


def test_intervals_are_kept_per_signal_with_a_tenth_of_tolerance() -> None:
    selection = Selection(Profile(1, {"soc": 60, "speed": 1}))
    assert selection.choose(0, {"soc": 50.0, "speed": 1.0}) == {"soc": 50.0, "speed": 1.0}
    assert selection.choose(899, {"soc": 50.0, "speed": 2.0}) == {}
    assert selection.choose(900, {"soc": 50.0, "speed": 3.0}) == {"speed": 3.0}
    assert selection.choose(54_000, {"soc": 49.0}) == {"soc": 49.0}


def test_a_clock_that_jumps_back_does_not_silence_a_signal() -> None:
    selection = Selection(Profile(1, {"soc": 60}))
    assert selection.choose(4_000_000_000_000, {"soc": 50.0})
    assert selection.choose(1_700_000_000_000, {"soc": 50.0})


def test_impossible_values_are_left_out_and_counted() -> None:
    """NF-04"""
    selection = Selection(Profile(1, {"soc": 0, "speed": 0}))
    assert selection.choose(0, {"soc": 101.0, "speed": 3.0}) == {"speed": 3.0}
    assert selection.choose(1, {"soc": float("nan")}) == {}
    assert selection.impossible == 2


def test_no_signals_means_silence() -> None:
    assert Selection(Profile(1, {})).is_silence


def test_signals_of_a_later_catalogue_are_ignored() -> None:
    assert decode_profile(b'{"version": 2, "signals": {"soc": 1, "flux": 0}}') == Profile(2, {"soc": 1})


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{", b'{"version": 1}', b'{"version": 1, "signals": {"soc": -1}}', b"\xc1", b"\x81\xa1"]
)
def test_a_broken_profile_is_refused(payload: bytes) -> None:
    """NF-04"""
    with pytest.raises(WireError):
        decode_profile(payload)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(payload: bytes) -> None:
    with suppress(WireError):
        decode_profile(payload)


def test_a_kept_profile_reads_as_it_was() -> None:
    profile = Profile(7, {"soc": 10.0, "locked": 0})
    assert decode_profile(encode_profile(profile).encode()) == profile


def test_an_older_profile_needs_to_be_told_again_after_a_while() -> None:
    doubt = Doubt()
    assert doubt.is_over(4, 3, now=0)
    assert doubt.is_over(4, 4, now=0)
    assert [doubt.is_over(3, 4, now=now) for now in (0, 5, DOUBT_S)] == [False, False, True]


def test_the_latest_profile_ends_the_doubt() -> None:
    doubt = Doubt()
    told = [(3, 0.0), (4, 5.0), (3, DOUBT_S), (3, DOUBT_S + 5)]
    assert [doubt.is_over(version, 4, now) for version, now in told] == [False, True, False, False]
