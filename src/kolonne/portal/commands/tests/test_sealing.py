"""CD-03: PINs are sealed for the signer and bound to their command."""

from uuid import uuid4

import pytest
from nacl.public import PrivateKey

from kolonne.portal.commands import sealing

KEY = PrivateKey.generate()
PUBLIC = bytes(KEY.public_key).hex()


def test_the_signer_opens_what_the_portal_sealed() -> None:
    command = uuid4()
    envelope = sealing.seal("271828", command_id=command, box_public=PUBLIC)
    assert sealing.open_sealed(envelope, command_id=command, box_key=KEY) == "271828"


def test_two_envelopes_of_one_pin_differ() -> None:
    command = uuid4()
    one, other = (sealing.seal("271828", command_id=command, box_public=PUBLIC) for _ in range(2))
    assert one != other


def test_an_envelope_opens_no_other_command() -> None:
    envelope = sealing.seal("271828", command_id=uuid4(), box_public=PUBLIC)
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(envelope, command_id=uuid4(), box_key=KEY)


@pytest.mark.parametrize("damage", [b"", b"x" * 10, b"x" * 80])
def test_a_damaged_envelope_is_refused(damage: bytes) -> None:
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(damage, command_id=uuid4(), box_key=KEY)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "１２３４５６", "12 456"])
def test_six_ascii_digits_and_nothing_else_are_a_pin(text: str) -> None:
    assert not sealing.is_pin(text)


@pytest.mark.parametrize("pin", ["000000", "123456", "987654", "901234"])
def test_rows_of_digits_are_weak(pin: str) -> None:
    assert sealing.is_weak(pin)


def test_a_hash_fits_its_pin_only() -> None:
    hashed = sealing.hash_pin("271828")
    assert hashed.startswith("$argon2id$")
    assert sealing.fits("271828", hashed)
    assert not sealing.fits("271829", hashed)
    assert not sealing.fits("271828", "no hash")
