"""Requests that are sent slowly, or without end: they are let go, and others are answered meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import flask
import httpx
import pytest

from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def serving(**settings: float) -> Iterator[Server]:
    app = flask.Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def said() -> str:
        return f"{len(flask.request.get_data())} bytes"

    server = Server(app, head_seconds=0.4, request_seconds=0.8, **settings)  # type: ignore[arg-type]
    server.start()
    try:
        yield server
    finally:
        server.stop()


def closed(line: socket.socket) -> bool:
    """Wait until the server lets go of a connection."""
    line.settimeout(20)
    try:
        while line.recv(4096):
            pass
    except ConnectionError:
        pass
    return True


@pytest.mark.parametrize(
    "begin", [b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\nx"]
)
def test_whoever_drips_is_let_go_and_others_are_answered(begin: bytes) -> None:
    with serving() as server, ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            for _ in range(24)
        ]
        over = threading.Event()

        def drip() -> None:
            for line in lines:
                line.sendall(begin)
            while not over.wait(0.05):
                for line in lines:
                    with suppress(OSError):
                        line.sendall(b"X-A: b\r\n" if begin.startswith(b"GET") else b"x")

        dripping = threading.Thread(target=drip)
        dripping.start()
        assert httpx.get(server.url, trust_env=False).text == "0 bytes"
        assert all(closed(line) for line in lines)
        over.set()
        dripping.join()
        assert httpx.get(server.url, trust_env=False).text == "0 bytes"


def test_a_connection_that_waits_between_requests_is_kept() -> None:
    with serving() as server, httpx.Client(trust_env=False) as client:
        assert client.get(server.url).text == "0 bytes"
        time.sleep(1.2)
        assert client.get(server.url).text == "0 bytes"


def test_a_head_without_end_is_refused() -> None:
    with serving() as server:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            with suppress(OSError):
                for _ in range(80):
                    line.sendall(b"X-Long: " + b"a" * 1_000 + b"\r\n")
            line.settimeout(10)
            try:
                told = line.recv(4096)
            except ConnectionError:
                told = b"HTTP/1.1 431"
        assert told.startswith((b"HTTP/1.1 431", b"HTTP/1.0 431", b"HTTP/1.1 400"))


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n X-Folded: a\r\nContent-Length : 5\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    ],
)
def test_a_message_whose_end_is_in_doubt_is_answered_once_and_closed(sent: bytes) -> None:
    with (
        serving() as server,
        socket.create_connection(("127.0.0.1", server.port)) as line,
    ):
        line.sendall(sent + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        line.settimeout(20)
        told = b""
        try:
            while more := line.recv(4096):
                told += more
        except ConnectionError:
            pass
        assert b"404" not in told, "a second request was read out of the first"


def test_where_both_lengths_are_given_the_chunks_count() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving() as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(head + b"5\r\nhello\r\n0\r\n\r\n")
        line.settimeout(10)
        told = line.recv(4096)
        while b"bytes" not in told:
            told += line.recv(4096)
    assert told.endswith((b"5 bytes", b"400")), told


def test_only_the_proxy_that_was_named_says_who_asks() -> None:
    app = flask.Flask(__name__)

    @app.get("/")
    def who() -> str:
        return flask.request.remote_addr or ""

    said = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "evil.example"}
    for proxy, told in (
        ("", "127.0.0.1"),
        ("192.0.2.1", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7"),
    ):
        server = Server(app, proxy=proxy)
        server.start()
        try:
            assert httpx.get(server.url, headers=said, trust_env=False).text == told
        finally:
            server.stop()
