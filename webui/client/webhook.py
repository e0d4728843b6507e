"""The admission webhook's server: TLS 1.2 or later, one path, bounded in every way.

It has a certificate and a key, and reads them again when their files change, because clusters
replace them. ``start`` and ``stop`` are for one thread; each request has a thread of its own.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from webui.client.kubernetes import ReviewError, review

if TYPE_CHECKING:
    from pathlib import Path

    from webui.client.kubernetes import Judge, Rules

PATH: Final = "/validate"
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_AT_ONCE: Final = 64
SECONDS: Final = 10.0
_LOGGER = logging.getLogger("counterseal.webhook")


class Webhook:
    """A server on one address; ``address`` is where it listens."""

    def __init__(
        self, host: str, port: int, *, certificate: Path, key: Path, rules: Rules, judge: Judge
    ) -> None:
        self._files = (certificate, key)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._loaded: tuple[float, ...] = ()
        self._load()
        self._server = _Server((host, port), _handler(rules, judge), self._wrapped)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and let go of the address."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _load(self) -> None:
        changed = tuple(file.stat().st_mtime for file in self._files)
        if changed != self._loaded:
            self._context.load_cert_chain(*self._files)
            self._loaded = changed

    def _wrapped(self, connection: socket.socket) -> ssl.SSLSocket:
        try:
            self._load()
        except (OSError, ssl.SSLError):
            _LOGGER.warning("the new certificate can't be read; the one before serves on")
        return self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = MOST_AT_ONCE

    def __init__(self, address: tuple[str, int], handler: Any, wrap: Any) -> None:
        super().__init__(address, handler)
        self._wrap = wrap
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = self.socket.accept()
        connection.settimeout(SECONDS)
        # Head and body are two packets, and the second must not wait until the first is confirmed.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._wrap(connection), address

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In a thread of its own, where a handshake that drips holds up nobody else."""
        if not self._room.acquire(timeout=SECONDS):
            self.shutdown_request(request)
            return
        try:
            request.do_handshake()
        except OSError:
            self.shutdown_request(request)
        else:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault of ours."""


def _handler(rules: Rules, judge: Judge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SECONDS
        server_version = "counterseal"
        sys_version = ""

        def do_GET(self) -> None:
            """A probe."""
            if self.path == "/healthz":
                self._answer(HTTPStatus.OK, b"ok\n", "text/plain")
            else:
                self._answer(HTTPStatus.NOT_FOUND, b"", "text/plain")

        def do_POST(self) -> None:
            """A review."""
            if self.path.partition("?")[0] != PATH:
                self._answer(HTTPStatus.NOT_FOUND, b"", "text/plain")
                return
            length = self.headers.get("Content-Length", "")
            if not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
                self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"", "text/plain")
                return
            try:
                plain = json.loads(self.rfile.read(int(length)))
                told = json.dumps(review(plain, rules, judge)).encode()
            except (ReviewError, ValueError, RecursionError):
                self._answer(HTTPStatus.BAD_REQUEST, b"This is no AdmissionReview.\n", "text/plain")
                return
            self._answer(HTTPStatus.OK, told, "application/json")

        def _answer(self, status: HTTPStatus, body: bytes, media: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            if status is not HTTPStatus.OK:
                # What was not read of a body must not be taken for the next request.
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The API server keeps the log of what it asked."""

    return Handler
