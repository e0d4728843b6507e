"""The gate against servers that are not ours, lie, break off or answer something else: always 2."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.client.conftest import HASTY, Command
from webui.client.client import Client
from webui.client.errors import AnswerError, ClientError, UnreachableError
from webui.client.pooled import PooledWire
from webui.client.wire import StandardWire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from webui.client.wire import Wire

GOOD: dict[str, Any] = {
    "format": "counterseal-gate/1",
    "outcome": "allow",
    "model": "churn",
    "version": "1.0.0",
    "environment": "production",
    "artifact": "5e" * 32,
    "policy": "aa" * 32,
    "checked_at": "2026-11-01T10:00:00.000000Z",
    "size": 7,
    "results": [],
    "sentences": [],
    "admission": None,
}
Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}


def good(asked: dict[str, Any], **changes: Any) -> Answer:
    found = {**GOOD, "challenge": asked["challenge"], **changes}
    return 200, JSON, json.dumps({k: v for k, v in found.items() if v != "gone"}).encode()


@contextmanager
def answering(
    answer: Callable[[dict[str, Any]], Answer], context: ssl.SSLContext | None = None
) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, body = answer(asked)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", headers.get("X-Length", str(len(body))))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    scheme, host = ("http", "127.0.0.1") if context is None else ("https", "localhost")
    try:
        yield f"{scheme}://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


LIES: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "a page": lambda _: (200, {"Content-Type": "text/html"}, b"<html>allow</html>"),
    "JSON that is a page by type": lambda a: (200, {"Content-Type": "text/html"}, good(a)[2]),
    "an empty answer": lambda _: (200, JSON, b""),
    "JSON cut short": lambda a: (200, JSON, good(a)[2][:-9]),
    "a list": lambda _: (200, JSON, b"[]"),
    "a bare allow": lambda _: (200, JSON, b'{"outcome": "allow"}'),
    "an outcome that is none": lambda a: good(a, outcome="allowed"),
    "an outcome that is true": lambda a: good(a, outcome=True),
    "no outcome": lambda a: good(a, outcome="gone"),
    "another version": lambda a: good(a, version="1.0.1"),
    "another environment": lambda a: good(a, environment="staging"),
    "an old answer": lambda a: good(a, challenge="00" * 16),
    "another format": lambda a: good(a, format="counterseal-gate/2"),
    "no format": lambda a: good(a, format="gone"),
    "no policy": lambda a: good(a, policy="gone"),
    "an outcome twice": lambda a: (200, JSON, b'{"outcome":"deny",' + good(a)[2][1:]),
    "a created": lambda a: (201, JSON, good(a)[2]),
    "a redirect": lambda a: (302, {**JSON, "Location": "/elsewhere"}, good(a)[2]),
    "a partial answer": lambda a: (206, JSON, good(a)[2]),
    "a failure": lambda a: (500, JSON, good(a)[2]),
    "a refusal by a proxy": lambda a: (407, JSON, good(a)[2]),
    "too busy": lambda a: (503, {**JSON, "Retry-After": "0"}, good(a)[2]),
    "less than it says": lambda a: (200, {**JSON, "X-Length": "99999"}, good(a)[2]),
}


def ask(url: str, wire: Wire) -> Any:
    client = Client(url, "cst_x", wire=wire, patience=HASTY, seconds=2.0, sleep=lambda _: None)
    return client.gate("churn", "1.0.0", "production")


@pytest.fixture(params=[StandardWire, PooledWire])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    made = request.param()
    yield made
    made.close()


def test_an_honest_answer_is_understood(wire: Wire) -> None:
    with answering(good) as url:
        assert ask(url, wire).allowed


@pytest.mark.parametrize("lie", sorted(LIES))
def test_no_other_answer_is_a_yes(lie: str, wire: Wire) -> None:
    with answering(LIES[lie]) as url, pytest.raises(ClientError):
        ask(url, wire)


@pytest.mark.parametrize("lie", ["a page", "an old answer", "a redirect"])
def test_the_command_ends_with_2(lie: str) -> None:
    with answering(LIES[lie]) as url:
        run = Command({"COUNTERSEAL_URL": url, "COUNTERSEAL_TOKEN": "cst_x"})
        told = run("gate", "churn", "1.0.0", "--to", "production")
    assert told.exit_code == 2, told.output


def test_other_bytes_than_were_asked_about_are_no_yes(wire: Wire) -> None:
    with answering(good) as url:
        client = Client(url, "cst_x", wire=wire, patience=HASTY)
        with pytest.raises(AnswerError):
            client.gate("churn", "1.0.0", "production", artifact="00" * 32)


def test_what_is_no_http_at_all_is_no_yes(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            for _ in range(3):
                peer, _ = server.accept()
                peer.sendall(b"220 mail.example.org ESMTP\r\n")
                peer.close()

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(UnreachableError):
            ask(f"http://127.0.0.1:{server.getsockname()[1]}", wire)
        thread.join()


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate that nobody trusts."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    made = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    where = ("-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2")
    subprocess.run(
        [*made, *where, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.certificate = certificate  # type: ignore[attr-defined]
    return context


def test_a_certificate_that_is_not_trusted_is_no_yes_and_is_not_tried_again(
    certified: ssl.SSLContext, wire: Wire
) -> None:
    with answering(good, certified) as url, pytest.raises(UnreachableError) as raised:
        ask(url, wire)
    assert raised.value.code == "certificate-not-trusted"


def test_a_certificate_that_is_trusted_is_asked(
    certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified.certificate))  # type: ignore[attr-defined]
    with answering(good, certified) as url:
        assert ask(url, StandardWire()).allowed


def test_a_wrong_pinned_key_makes_no_receipt(tmp_path: Path) -> None:
    """With a pinned key, an admission receipt that does not verify is not kept."""
    with answering(lambda asked: good(asked, admission="{}")) as url:
        run = Command(
            {
                "COUNTERSEAL_URL": url,
                "COUNTERSEAL_TOKEN": "cst_x",
                "COUNTERSEAL_VKEY": "log+00000000+AQ==",
            }
        )
        file = tmp_path / "admission.json"
        told = run("gate", "churn", "1.0.0", "--to", "production", "--admission", str(file))
    assert told.exit_code == 2
    assert not file.exists()
