"""Secrets are made once, for this user only."""

import stat

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne.supervisor import authority, files, secrets
from kolonne.wire.nkeys import CurveKey, Key


def test_each_secret_is_private_and_random(own_data):
    files.make_data_directory(own_data.data)
    made = secrets.make(own_data)
    assert set(made) == set(secrets.MAKERS)
    assert stat.S_IMODE(own_data.data.stat().st_mode) == 0o711
    assert stat.S_IMODE(own_data.secrets.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in own_data.secrets.iterdir()}
    assert {name for name, mode in modes.items() if mode == 0o400} == {
        secrets.SIGNER_KEY,
        secrets.SIGNER_BOX,
        authority.DEVICE_CA_KEY,
        authority.LISTENER_CA_KEY,
    }
    assert set(modes.values()) == {0o400, 0o600}
    passwords = [own_data.secret(name) for name, maker in secrets.MAKERS.items() if maker is secrets.password]
    assert len(set(passwords)) == len(passwords)
    assert min(map(len, passwords)) == 32


def test_a_second_start_keeps_every_secret(own_data):
    files.make_data_directory(own_data.data)
    secrets.make(own_data)
    before = {path.name: path.read_bytes() for path in own_data.secrets.iterdir()}
    assert secrets.make(own_data) == []
    assert {path.name: path.read_bytes() for path in own_data.secrets.iterdir()} == before


def test_a_lost_secret_is_made_again_and_loose_permissions_are_tightened(own_data):
    files.make_data_directory(own_data.data)
    secrets.make(own_data)
    (own_data.secrets / "nats-ingest").unlink()
    (own_data.secrets / "nats-portal").chmod(0o644)
    assert len(secrets.complaints(own_data)) == 2
    assert secrets.make(own_data) == ["nats-ingest"]
    assert secrets.complaints(own_data) == []


def test_the_keys_are_of_the_kinds_that_nats_and_modules_expect(own_data):
    files.make_data_directory(own_data.data)
    secrets.make(own_data)
    assert Key.from_seed(own_data.secret("nats-issuer")).kind == "account"
    assert CurveKey.from_seed(own_data.secret("nats-xkey")).public.startswith("X")
    signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(own_data.secret("signer-key")))
    assert own_data.secret("signer-public") == signer.public_key().public_bytes_raw().hex()
