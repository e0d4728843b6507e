"""The test process reaches this machine and no other."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from tests.tools.closed_network import NetworkRefusedError

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: belongs to nobody


def test_a_connection_to_another_machine_is_refused() -> None:
    with (
        socket.socket() as connection,
        pytest.raises(NetworkRefusedError, match=DOCUMENTATION_ADDRESS),
    ):
        connection.connect((DOCUMENTATION_ADDRESS, 80))


def test_a_datagram_to_another_machine_is_refused() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as sender,
        pytest.raises(NetworkRefusedError),
    ):
        sender.sendto(b"x", (DOCUMENTATION_ADDRESS, 9))


def test_the_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(NetworkRefusedError, match=r"counterseal\.example"):
        urllib.request.urlopen("http://counterseal.example/", timeout=1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=5),
    ):
        accepted, _ = server.accept()
        accepted.close()
