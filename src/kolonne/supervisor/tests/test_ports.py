"""Ports: configured, remembered, or free."""

import socket

import pytest

from kolonne import config
from kolonne.supervisor import files, ports
from kolonne.supervisor.errors import StartError


def load(own_data, **environ):
    files.make_data_directory(own_data.data)
    zero = {"KOLONNE_PORT": "0", "KOLONNE_MQTT_PORT": "0", "KOLONNE_NATS_PORT": "0"}
    return config.load({"KOLONNE_DATA": str(own_data.data), **zero, **environ})


def test_the_second_start_takes_the_ports_of_the_first(own_data):
    settings = load(own_data)
    first = ports.choose(settings)
    ports.write(settings, first)
    assert ports.choose(settings) == first == settings.endpoints()


def test_a_remembered_port_that_somebody_else_took_is_given_up(own_data, monkeypatch):
    monkeypatch.setattr(ports, "PATIENCE_S", 0.1)
    settings = load(own_data)
    first = ports.choose(settings)
    ports.write(settings, first)
    with socket.create_server((ports.LOOPBACK, first.postgres_port)):
        assert ports.choose(settings).postgres_port != first.postgres_port


def test_a_configured_port_that_is_used_is_named_with_the_remedy(own_data, monkeypatch):
    """NF-04"""
    monkeypatch.setattr(ports, "PATIENCE_S", 0.1)
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"KOLONNE_MQTT_PORT={port} is used .* choose another port"):
            ports.choose(load(own_data, KOLONNE_MQTT_PORT=str(port)))


def test_servers_of_ones_own_are_used_where_they_are(own_data):
    settings = load(
        own_data,
        KOLONNE_DATABASE_URL="postgresql://admin:x@db.example.org/vans",
        KOLONNE_NATS_URL="nats://broker.example.org:4300",
        KOLONNE_MQTT_PORT="1884",
    )
    endpoints = ports.choose(settings)
    assert (endpoints.postgres_host, endpoints.postgres_port, endpoints.database) == ("db.example.org", 5432, "vans")
    assert endpoints.nats == "nats://broker.example.org:4300"
    assert endpoints.mqtt == "broker.example.org:1884"


def test_a_database_address_without_a_database_is_refused(own_data):
    """NF-04"""
    with pytest.raises(StartError, match="KOLONNE_DATABASE_URL"):
        ports.choose(load(own_data, KOLONNE_DATABASE_URL="postgresql://db.example.org"))
