"""No test of this process speaks to another machine.

An audit hook (PEP 578) sees every connection and look-up that Python's socket module begins, and
refuses all but Unix sockets and the loopback addresses. It can't be taken off again, so no test can
open the network by accident. Chromium is closed by its own arguments.
"""

from __future__ import annotations

import ipaddress
import socket
import sys


class NetworkRefusedError(RuntimeError):
    """A test tried to leave the machine. Not an OSError, so that no retry swallows it."""


def close() -> None:
    """Close the network for the rest of the process; closing twice changes nothing."""
    if not _State.closed:
        _State.closed = True
        sys.addaudithook(_refuse)


class _State:
    closed = False


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        connection, address = arguments[:2]
        internet = getattr(connection, "family", None) in {socket.AF_INET, socket.AF_INET6}
        host = address[0] if isinstance(address, tuple) and address else None
        if internet and not _stays_here(host):
            raise NetworkRefusedError(f"{event} to {host!r}: tests speak to this machine alone")
    elif event == "socket.getaddrinfo" and not _stays_here(arguments[0]):
        raise NetworkRefusedError(f"look-up of {arguments[0]!r}: tests know this machine alone")


def _stays_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False
