"""A platform in memory that keeps the promises of the real one, for tests of the module's side."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolonne.module.transport import MemoryBroker
from kolonne.wire import cose, subjects
from kolonne.wire.messages import Ack, Command, Hello, Profile, Reply, decode_telemetry, encode_json
from kolonne.wire.signals import Value


@dataclass
class Cursor:
    """What is committed of one module: the contiguous prefix, per epoch."""

    points: dict[tuple[str, int], tuple[int, dict[str, Value]]] = field(default_factory=dict)
    sequence: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    doubled: int = 0

    def receive(self, payload: bytes) -> Ack:
        """Stores what continues the prefix; the answer says how far it reaches."""
        message = decode_telemetry(payload)
        epoch = str(message.epoch)
        cursor = self.sequence.get(epoch, 0)
        if message.sequence - message.dropped > cursor + 1:
            # Something before it is still on its way; -1 says that nothing of this epoch was ever heard.
            return Ack(message.epoch, self.sequence.get(epoch, -1))
        if message.sequence > cursor + 1:
            self.dropped[epoch] = self.dropped.get(epoch, 0) + message.sequence - cursor - 1
            cursor = message.sequence - 1
        for sequence, point in enumerate(message.points, start=message.sequence):
            if sequence == cursor + 1:
                self.doubled += (epoch, sequence) in self.points
                self.points[epoch, sequence] = point
                cursor = sequence
        self.sequence[epoch] = cursor
        return Ack(message.epoch, cursor)

    @property
    def readings(self) -> list[tuple[int, dict[str, Value]]]:
        return list(self.points.values())


class Platform:
    """Listens on a `MemoryBroker`, acknowledges telemetry, answers hellos with a profile, collects replies."""

    def __init__(self, broker: MemoryBroker, profile: dict[str, float] | None) -> None:
        self.broker = broker
        self.profile = profile
        self.version = 1
        self.cursor = Cursor()
        self.signer = Ed25519PrivateKey.generate()
        self.hellos: list[Hello] = []
        self.replies: asyncio.Queue[Reply] = asyncio.Queue()
        self.mute = False
        """Loses all telemetry, as a dead ingest does."""

    @property
    def signer_public(self) -> bytes:
        return self.signer.public_key().public_bytes_raw()

    async def run(self) -> None:
        while True:
            message = await self.broker.heard.get()
            if message.kind == subjects.HELLO:
                content = cose.verify(message.payload, public_key=self._key(message.payload), purpose="hello")
                self.hellos.append(msgspec.convert(content, Hello))
                self.say_profile()
            elif message.kind == subjects.TELEMETRY and not self.mute:
                self.broker.say(subjects.ACK, encode_json(self.cursor.receive(message.payload)))
            elif message.kind == subjects.REPLY:
                content = cose.verify(message.payload, public_key=self.hellos[-1].key, purpose="reply")
                self.replies.put_nowait(msgspec.convert(content, Reply))

    def say_profile(self, profile: dict[str, float] | None = None) -> None:
        if profile is not None:
            self.profile = profile
            self.version += 1
        if self.profile is not None:
            self.broker.say(subjects.PROFILE, encode_json(Profile(self.version, self.profile)))

    def order(self, command: str, args: dict[str, Any], *, counter: int, **changes: Any) -> bytes:
        """A command for the module that said hello last, signed; `changes` spoil it."""
        hello = self.hellos[-1]
        order = Command(
            serial=hello.serial,
            id=changes.pop("id", f"00000000-0000-4000-8000-{counter:012}"),
            command=command,
            args=args,
            epoch=hello.epoch,
            boot=hello.boot,
            counter=counter,
            expires_ms=hello.clock_ms + 60_000,
        )
        content = msgspec.to_builtins(msgspec.structs.replace(order, **changes))
        message = cose.sign(content, key=self.signer, purpose="command")
        self.broker.say(subjects.COMMAND, message)
        return message

    @staticmethod
    def _key(payload: bytes) -> bytes:
        return bytes(cose.unverified(payload)["key"])
