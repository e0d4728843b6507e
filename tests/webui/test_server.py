"""The embedded server finishes what has begun before it ends."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import flask
import httpx
import pytest

from ledger.errors import OutsideError
from webui.server import Server, is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_request_that_has_begun_is_answered_though_the_server_is_stopped() -> None:
    app = flask.Flask(__name__)
    begun, go_on = threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> str:
        begun.set()
        go_on.wait(10)
        return "answered whole"

    server = Server(app)
    server.start()
    answers: list[str] = []

    def ask() -> None:
        answers.append(httpx.get(f"{server.url}/slow", trust_env=False).text)

    asker = threading.Thread(target=ask)
    asker.start()
    assert begun.wait(10)
    stopper = threading.Thread(target=server.stop)
    stopper.start()
    go_on.set()
    stopper.join(10)
    asker.join(10)
    assert answers == ["answered whole"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/slow", trust_env=False)


def test_an_answer_in_the_making_keeps_the_loop_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    app = flask.Flask(__name__)
    turns = 0
    turn = Server._turn

    def counted(server: Server, seconds: float) -> None:
        nonlocal turns
        turns += 1
        turn(server, seconds)

    monkeypatch.setattr(Server, "_turn", counted)

    @app.get("/")
    def parts() -> Iterator[str]:
        yield "begun, "
        before = turns
        time.sleep(0.3)
        yield f"{turns - before}"

    server = Server(app)
    server.start()
    try:
        begun, looked = httpx.get(server.url, trust_env=False).text.split(", ")
    finally:
        server.stop()
    assert begun == "begun"
    assert int(looked) < 10


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 200_000, 3_000_000])
def test_an_answer_of_any_size_arrives_whole(size: int) -> None:
    app = flask.Flask(__name__)

    @app.get("/")
    def pieces() -> Iterator[bytes]:
        for start in range(0, size, 40_000):
            yield b"x" * min(40_000, size - start)

    server = Server(app)
    server.start()
    try:
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            assert [len(client.get("/").content) for _ in range(3)] == [size] * 3
    finally:
        server.stop()


def test_two_servers_can_not_share_a_port() -> None:
    app = flask.Flask(__name__)
    server = Server(app)
    server.start()
    try:
        with pytest.raises(OutsideError) as caught:
            Server(app, port=server.port)
    finally:
        server.stop()
    assert caught.value.code == "port-in-use"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_an_address_of_this_machine_alone_is_a_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_any_other_address_is_not(host: str) -> None:
    assert not is_loopback(host)
