"""The configuration that we generate, judged by a real server: who may say what."""

import asyncio
import contextlib
import json
import subprocess
import time

import nats.errors
import pytest
from nats.aio.client import Client

from kolonne.module.mqtt_codec import connect_packet
from kolonne.supervisor import files, ports, secrets
from kolonne.supervisor import nats as embedded
from kolonne.wire.nkeys import CurveKey, Key, jwt_decode, jwt_encode

ACCEPTED = b"\x20\x02\x00\x00"
"""MQTT's CONNACK."""

COMPLAINT_S = 0.5


def test_the_server_accepts_the_configuration(own_data):
    files.make_data_directory(own_data.data)
    secrets.make(own_data)
    command = embedded.prepare(own_data, ports.choose(own_data))
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


async def connect(settings, user, **options):
    client = Client()
    try:
        await client.connect(
            settings.endpoints().nats,
            user=user,
            password=options.pop("password", None) or settings.secret(f"nats-{user}"),
            allow_reconnect=False,
            **options,
        )
    except BaseException:
        # Who is refused keeps his half of the connection open, and the collector would find it in a later test.
        await leave(client)
        raise
    return client


async def leave(client):
    """Closes; the client library does not wait until its socket is really gone."""
    transport = client._transport
    await client.close()
    if transport is not None:
        with contextlib.suppress(OSError):
            await transport.wait_closed()


async def refused(settings, user, action):
    """Whether the server answers `action` with a permissions violation."""
    violated = asyncio.Event()

    async def keep(error):
        if "permissions violation" in str(error).lower():
            violated.set()

    client = await connect(settings, user, error_cb=keep)
    await action(client)
    await client.flush()
    with contextlib.suppress(TimeoutError):
        # On a busy machine the complaint was seen to come after the answer to the flush.
        async with asyncio.timeout(COMPLAINT_S):
            await violated.wait()
    await leave(client)
    return violated.is_set()


@pytest.mark.parametrize(
    ("user", "may_hear", "may_say"),
    [
        ("ingest", "m.*.up.telemetry", "m.KOL00001.down.ack"),
        ("registry", "m.*.up.hello", "m.KOL00001.down.profile"),
        ("signer", "m.*.up.reply", "m.KOL00001.down.command"),
        ("portal", "live.*", None),
    ],
)
async def test_each_program_hears_and_says_what_its_work_needs(platform, user, may_hear, may_say):
    assert not await refused(platform, user, lambda client: client.subscribe(may_hear))
    if may_say:
        assert not await refused(platform, user, lambda client: client.publish(may_say, b""))


@pytest.mark.parametrize("user", ["ingest", "signer"])
async def test_screens_are_told_by_those_who_commit(platform, user):
    assert not await refused(platform, user, lambda client: client.publish("live.7", b""))


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("ingest", "m.KOL00001.down.command"),
        ("registry", "m.KOL00001.down.command"),
        ("portal", "m.KOL00001.down.command"),
        ("portal", "live.7"),
        ("registry", "live.7"),
        ("signer", "m.KOL00001.down.ack"),
        ("auth", "m.KOL00001.down.command"),
        ("ingest", "m.KOL00001.up.telemetry"),
    ],
)
async def test_no_program_can_speak_in_the_place_of_another(platform, user, subject):
    """CD-04: only the signer may send what looks like a command."""
    assert await refused(platform, user, lambda client: client.publish(subject, b""))


@pytest.mark.parametrize(
    ("user", "subject"),
    [("portal", "m.>"), ("portal", ">"), ("ingest", "m.*.up.reply"), ("registry", "m.>"), ("auth", ">"), ("sys", ">")],
)
async def test_no_program_hears_more_than_it_needs(platform, user, subject):
    assert await refused(platform, user, lambda client: client.subscribe(subject))


@contextlib.asynccontextmanager
async def callout(platform):
    """Lets in whoever says that the password is `right`, as the registry would."""
    issuer = Key.from_seed(platform.secret("nats-issuer"))
    curve = CurveKey.from_seed(platform.secret("nats-xkey"))
    auth = await connect(platform, "auth")

    async def decide(message):
        server = message.headers["Nats-Server-Xkey"]
        request = jwt_decode(curve.open(message.data, sender=server))["nats"]
        options = request["connect_opts"]
        answer = {"type": "authorization_response", "version": 2}
        if options["pass"] == "right":
            answer["jwt"] = jwt_encode(issuer, _user_claims(request["user_nkey"], options["user"]))
        else:
            answer["error"] = "refused"
        body = {"sub": request["user_nkey"], "aud": request["server_id"]["id"], "nats": answer}
        await message.respond(curve.seal(jwt_encode(issuer, body).encode(), to=server))

    await auth.subscribe("$SYS.REQ.USER.AUTH", queue="registry", cb=decide)
    await auth.flush()
    try:
        yield
    finally:
        await leave(auth)


async def test_the_callout_decides_who_comes_in_and_its_words_are_sealed(platform):
    async with callout(platform):
        van = await connect(platform, "KOL00001", password="right")
        await leave(van)
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
            await connect(platform, "KOL00001", password="wrong", error_cb=_ignore, max_reconnect_attempts=0)


async def by_mqtt(platform, user, password, then=b""):
    """What the listener for modules answers to this user and to what he says next, until it is quiet."""
    reader, writer = await asyncio.open_connection(*platform.endpoints().mqtt.split(":"))
    heard = b""
    try:
        writer.write(connect_packet(user, user=user, password=password, keep_alive_s=60) + then)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                while data := await reader.read(100):
                    heard += data
                return heard, "closed"
        return heard, "open"
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@pytest.mark.parametrize("user", sorted(embedded.PERMISSIONS))
async def test_our_programs_do_not_come_in_where_modules_do(platform, user):
    heard, state = await by_mqtt(platform, user, platform.secret(f"nats-{user}"))
    assert (heard[:4] != ACCEPTED, state) == (True, "closed")


async def test_no_module_fills_the_store_with_messages_that_it_never_releases(platform):
    def said(first, number):
        topic = b"m/KOL00001/up/telemetry"
        body = len(topic).to_bytes(2, "big") + topic + number + b"{}"
        return bytes((first, len(body))) + body

    async with callout(platform):
        assert await by_mqtt(platform, "KOL00001", "right", said(0x30, b"")) == (ACCEPTED, "open")
        assert await by_mqtt(platform, "KOL00001", "right", said(0x34, b"\x00\x01")) == (ACCEPTED, "closed")


async def test_the_system_user_finds_and_ends_connections(platform):
    portal = await connect(platform, "portal", error_cb=_ignore)
    system = await connect(platform, "sys")
    query = json.dumps({"auth": True, "user": "portal", "acc": "KOLONNE"}).encode()
    found = json.loads((await system.request("$SYS.REQ.SERVER.PING.CONNZ", query, timeout=5)).data)
    server, cid = found["server"]["id"], found["data"]["connections"][-1]["cid"]
    await system.request(f"$SYS.REQ.SERVER.{server}.KICK", json.dumps({"cid": cid}).encode(), timeout=5)
    async with asyncio.timeout(5):
        while portal.is_connected:  # noqa: ASYNC110  # the server ends it
            await asyncio.sleep(0.01)
    await leave(system)
    await leave(portal)


def _user_claims(user_key, name):
    permissions = {"pub": {"allow": ["m.KOL00001.up.>"]}, "sub": {"allow": ["m.KOL00001.down.>"]}}
    limits = {"subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2}
    now = int(time.time())
    return {
        "sub": user_key,
        "name": name,
        "aud": "KOLONNE",
        "iat": now,
        "exp": now + 60,
        "nats": {**permissions, **limits},
    }


async def _ignore(_error):
    pass
