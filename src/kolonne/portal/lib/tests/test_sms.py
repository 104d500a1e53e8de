"""CO-05: SMS leave by the operator's provider, or lie as files; nobody else reads whom they are for."""

import base64
import json
import logging
import os
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import override_settings

from kolonne import config
from kolonne.config import ConfigError
from kolonne.portal.lib import sms
from kolonne.portal.lib.sms import Sms, SmsNotTaken

MESSAGE = Sms("sms-1", "+4791234567", "Kom inn: https://k.example/join/x/ æøå")


class Provider(HTTPServer):
    """Takes what is posted and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status = 200
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_message_becomes_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    folder = tmp_path / "sms"
    with override_settings(SMS_FOLDER=folder):
        sms.send(MESSAGE)
        sms.send(MESSAGE)
    (file,) = folder.iterdir()
    assert json.loads(file.read_text()) == {"key": "sms-1", "to": MESSAGE.to, "text": MESSAGE.text}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_that_a_killed_job_left_half_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / f".sms-1.{os.getpid()}").write_text("half")
    with override_settings(SMS_FOLDER=tmp_path):
        sms.send(MESSAGE)
    assert [file.name for file in tmp_path.iterdir()] == ["sms-1.json"]


def test_a_provider_gets_number_words_and_a_key_that_stays(provider: Provider) -> None:
    with override_settings(SMS_URL=f"http://us%40er:p%2Fw@{provider.place}/sms?x=1"):
        sms.send(MESSAGE)
        sms.send(MESSAGE)
    (headers, body), (again, _) = provider.got
    assert body == {"to": MESSAGE.to, "text": MESSAGE.text}
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"us@er:p/w"
    assert headers["Idempotency-Key"] == again["Idempotency-Key"] == "sms-1"


def test_a_provider_may_want_a_token(provider: Provider) -> None:
    with override_settings(SMS_URL=f"http://{provider.place}/", SMS_TOKEN="secret-token"):
        sms.send(MESSAGE)
    assert provider.got[0][0]["Authorization"] == "Bearer secret-token"


@pytest.mark.parametrize("status", [302, 400, 401, 429, 500])
def test_what_is_not_taken_says_why_and_gives_nothing_away(
    status: int, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.status = status
    with caplog.at_level(logging.WARNING), override_settings(SMS_URL=f"http://user:secret@{provider.place}/path"):
        with pytest.raises(SmsNotTaken) as refusal:
            sms.send(MESSAGE)
        said = f"{refusal.value!r} {refusal.value.__cause__} {caplog.text}"
    assert str(status) in said
    assert not [word for word in ("secret", "/path", MESSAGE.to, "join") if word in said]


def test_a_provider_who_is_away_is_tried_again(provider: Provider) -> None:
    place = provider.place
    provider.server_close()
    with override_settings(SMS_URL=f"http://user:secret@{place}/path"), pytest.raises(SmsNotTaken) as refusal:
        sms.send(MESSAGE)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("url", ["https://a:b@sms.example/x", "http://127.0.0.1:9/", "http://u:p@localhost:8/x"])
def test_an_address_is_taken(url: str) -> None:
    assert config.load({"KOLONNE_SMS_URL": url}).sms_url == url


@pytest.mark.parametrize(
    "url", ["http://a:secret@sms.example/", "ftp://secret.example", "secret", "http://127.0.0.1@x/"]
)
def test_an_address_that_leaks_is_refused_without_its_value(url: str) -> None:
    with pytest.raises(ConfigError, match="KOLONNE_SMS_URL") as refusal:
        config.load({"KOLONNE_SMS_URL": url})
    assert url not in str(refusal.value)
