"""Golden examples: messages as modules in vans write and read them, byte for byte.

Modules are older than the server, so these files are promises: a change that breaks one breaks vans on the road.
`python -m kolonne.wire.tests.examples` writes missing files; it never changes one.
"""

from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne.wire import cose
from kolonne.wire.messages import Ack, Command, Hello, Profile, Reply, Telemetry, encode_json, encode_msgpack

FOLDER = Path(__file__).with_name("golden")

SERIAL = "KOL0000000000001"
EPOCH = "5d2f0c1e9a7b4633"
BOOT = "0f1e2d3c4b5a6978"
COMMAND_ID = "3f8a1c52-7d7e-4f0b-9a36-0c5d2b9e4a11"

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
MODULE = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))

TELEMETRY = Telemetry(
    epoch=EPOCH,
    sequence=1201,
    points=[
        (1_767_225_600_000, {"lat": 59.91273, "lon": 10.74609, "speed": 43.2, "moving": True}),
        (1_767_225_601_000, {"soc": 61.5, "gear": 1, "ignition": "ON", "dtc_list": ["P0A80"]}),
    ],
)
AFTER_A_HOLE = Telemetry(epoch=7, sequence=40, points=[(1_767_225_600_000, {"locked": False})], dropped=3)
ACK = Ack(epoch=EPOCH, sequence=1202)
PROFILE = Profile(version=4, signals={"lat": 1.0, "lon": 1.0, "soc": 10.0, "locked": 0.0})
SILENCE = Profile(version=5, signals={})
HELLO = Hello(
    serial=SERIAL,
    agent="kolonne-module/0.1.0",
    epoch=EPOCH,
    boot=BOOT,
    clock_ms=1500,
    counter=17,
    key=MODULE.public_key().public_bytes_raw(),
    capabilities=["lock", "unlock"],
)
COMMAND = Command(
    serial=SERIAL,
    id=COMMAND_ID,
    command="charge_limit",
    args={"percent": 80},
    epoch=EPOCH,
    boot=BOOT,
    counter=18,
    expires_ms=121_500,
)
REPLY = Reply(serial=SERIAL, id=COMMAND_ID, counter=18, outcome="done", state={"charge_limit": 80})
REFUSAL = Reply(serial=SERIAL, id=COMMAND_ID, counter=18, outcome="refused", reason="expired")


def signed(content: Any, key: Ed25519PrivateKey, purpose: cose.Purpose) -> bytes:
    return cose.sign(msgspec.to_builtins(content, builtin_types=(bytes,)), key=key, purpose=purpose)


def examples() -> dict[str, bytes]:
    """Content of each file, as this version writes it."""
    return {
        "telemetry.json": encode_json(TELEMETRY),
        "telemetry.msgpack": encode_msgpack(TELEMETRY),
        "telemetry-after-a-hole.json": encode_json(AFTER_A_HOLE),
        "telemetry-after-a-hole.msgpack": encode_msgpack(AFTER_A_HOLE),
        "ack.json": encode_json(ACK),
        "profile.json": encode_json(PROFILE),
        "profile-silence.json": encode_json(SILENCE),
        "hello.cose": signed(HELLO, MODULE, "hello"),
        "command.cose": signed(COMMAND, SIGNER, "command"),
        "reply.cose": signed(REPLY, MODULE, "reply"),
        "reply-refused.cose": signed(REFUSAL, MODULE, "reply"),
    }


if __name__ == "__main__":
    for name, content in examples().items():
        if not (FOLDER / name).exists():
            (FOLDER / name).write_bytes(content)
