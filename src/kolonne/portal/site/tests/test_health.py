"""What probes are told."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from kolonne.config import Config
from kolonne.supervisor.ports import LOOPBACK, free_port


def test_probes_are_told_whether_the_database_answers(
    platform: Config, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with django_db_blocker.unblock():
        connection.close()
        assert Client().get("/health/").status_code == 200
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "PORT", free_port(LOOPBACK))
        answer = Client().get("/health/")
        assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
        connection.close()
