"""How a module gets its certificates: the first by a claim code, the following ones with the one that it has."""

import asyncio
import email.utils
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from kolonne.module.errors import LinkLost, SettingsError
from kolonne.module.identity import Files, Identity, fingerprint_and_key, in_base64, request_of
from kolonne.module.log import Log
from kolonne.wire import cose

TIMEOUT_S = 20.0
TRIES = 12
"""At a claim, while the platform says that it issues nothing yet or cannot be reached."""
SOONEST_S, LATEST_S = 60.0, 6 * 3600.0
LOOK_S = 3600.0
"""How often the clock is compared with the day of renewal: it may be set meanwhile."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Answer(NamedTuple):
    """What the platform said to a request."""

    status: int
    content: dict[str, Any]
    time_s: float
    """The platform's clock."""


def claim(code: str, *, platform: str, serial: str, store: Path, pause_s: float = 5.0) -> Identity:
    """Comes into service, with an empty store. Raises SettingsError, LinkLost. Blocks."""
    platform, files = address_of(platform), Files(store)
    key = files.key_to_come()
    body = {"claim": code, "serial": serial, "csr": in_base64(request_of(key))}
    for left in range(TRIES - 1, -1, -1):
        try:
            answer = post(f"{platform}/api/v1/modules/enrol", body)
        except LinkLost:
            if not left:
                raise
        else:
            if answer.status == 200:
                files.forget_past()
                return files.keep(platform, answer.content, key)
            if answer.status != 503:
                raise SettingsError(f"the platform refuses the claim: {_words(answer)}")
        time.sleep(pause_s)
    raise LinkLost(f"{platform} issues no certificates now: try again with the same code")


def renew(identity: Identity, files: Files) -> Identity:
    """The next certificate. Raises SettingsError when it is refused, LinkLost to try again later. Blocks."""
    key = files.key_to_come()
    fingerprint, own = fingerprint_and_key(files.certificate.read_text(encoding="ascii"))
    now = time.time()
    for _ in range(2):
        content = {
            "serial": identity.serial,
            "certificate": fingerprint,
            "request": request_of(key),
            "time_s": int(now),
        }
        message = cose.sign(content, key=own, purpose="renewal")
        answer = post(f"{identity.platform}/api/v1/modules/renew", {"message": in_base64(message)})
        if answer.status == 200:
            return files.keep(identity.platform, answer.content, key)
        if not str(answer.content.get("type", "")).endswith(":clock_differs"):
            break
        now = answer.time_s
    if answer.status == 403:
        raise SettingsError(f"the platform does not renew the certificate: {_words(answer)}")
    raise LinkLost(f"no new certificate yet: {_words(answer)}")


async def keep_renewed(store: Path, *, random: Random, log: Log, look_s: float = LOOK_S) -> None:
    """Renews the certificate in time, until cancelled. The connection takes the new one when it is next made."""
    files, wait = Files(store), SOONEST_S
    identity = await asyncio.to_thread(files.load)
    while identity is not None:
        at = identity.renew_at(random)
        await _until_due(identity, at, look_s)
        try:
            identity = await asyncio.to_thread(renew, identity, files)
            log.info("certificate renewed", until=int(identity.not_after))
            wait = SOONEST_S
        except (LinkLost, SettingsError) as error:
            log.warning("certificate not renewed", reason=error)
            await asyncio.sleep(random.uniform(wait / 2, wait))
            wait = min(LATEST_S, wait * 2)


async def _until_due(identity: Identity, at: float, look_s: float) -> None:
    """Looks now and then: the clock may be set while we wait."""
    while not identity.is_due(at):  # noqa: ASYNC110  # nobody tells us that the clock was set
        await asyncio.sleep(look_s)


def address_of(platform: str) -> str:
    """`https://host[:port]`; a code never travels unencrypted, except on this computer. Raises SettingsError."""
    parts = urlsplit(platform if "://" in platform else f"https://{platform}")
    if parts.scheme == "https" and parts.hostname:
        return f"https://{parts.netloc}"
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return f"http://{parts.netloc}"
    raise SettingsError(f"platform {platform!r}: expected https://host")


def post(url: str, body: dict[str, Any]) -> Answer:
    """Raises LinkLost when nobody answers."""
    from urllib import error, request  # noqa: PLC0415  # needed a few times a year

    asked = request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310  # checked
    open_url: Callable[..., Any] = request.urlopen
    try:
        with open_url(asked, timeout=TIMEOUT_S) as answer:
            return _answer(answer.status, answer.headers, answer.read(1 << 20))
    except error.HTTPError as refusal:
        with refusal:
            return _answer(refusal.code, refusal.headers, refusal.read(1 << 20))
    except OSError as lost:
        raise LinkLost(f"{url} cannot be reached ({lost})") from lost


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    try:
        content = json.loads(body)
    except ValueError:
        content = {}
    date = email.utils.parsedate_tz(str(headers.get("Date", "")))
    said = email.utils.mktime_tz(date) if date else time.time()
    return Answer(status, content if isinstance(content, dict) else {}, said)


def _words(answer: Answer) -> str:
    parts = [str(answer.content.get(name, "")) for name in ("detail", "remedy")]
    return "; ".join(part for part in parts if part) or f"status {answer.status}"
