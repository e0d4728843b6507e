"""The embedded web server: waitress on one address, started and stopped cleanly.

Whoever sends a request slowly is let go: its head must be there after ``head_seconds``, all of it
after ``request_seconds``. Reading costs no thread, so others are answered meanwhile. The address of
whoever asks is that of the connection, or what the one proxy named by the operator says it is; what
anybody else says in ``X-Forwarded-*`` is thrown away.

When it is stopped it takes no new connections, finishes the requests that have begun (for at most
five seconds) and then closes. ``start``, ``stop`` and ``wait`` are for the main thread.
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ledger.errors import OutsideError

if TYPE_CHECKING:
    from types import FrameType

    from flask import Flask
    from waitress.channel import HTTPChannel

LOOPBACK: Final = "127.0.0.1"
FREE_PORT: Final = 0
MOST_BODY_BYTES: Final = 1_073_741_824
_LOOK_UP_SECONDS: Final = 0.5
_FINISH_SECONDS: Final = 5.0
HEAD_SECONDS: Final = 20.0
REQUEST_SECONDS: Final = 300.0
MOST_HEAD_BYTES: Final = 65_536
# An answer of less is sent when it is whole.
_SEND_BYTES: Final = 65_536


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone. A name other than localhost is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def wait_until_interrupted() -> None:
    """Wait until the process is interrupted (SIGINT) or told to end (SIGTERM).

    For the main thread; afterwards signals mean what they did before.
    """
    interrupted = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        interrupted.set()

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interrupt) for number in signals]
    try:
        interrupted.wait()
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


class Server:
    """An application on one address.

    Raises:
        OutsideError: the address is taken or not ours.
    """

    def __init__(
        self,
        app: Flask,
        *,
        host: str = LOOPBACK,
        port: int = FREE_PORT,
        threads: int = 8,
        https: bool = False,
        most_body_bytes: int = MOST_BODY_BYTES,
        proxy: str = "",
        head_seconds: float = HEAD_SECONDS,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        from waitress import wasyncore
        from waitress.server import create_server

        # That requests wait for a thread is not a fault to print with each of them.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._map: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._limits = head_seconds, request_seconds
        self._begun: dict[int, tuple[object, float]] = {}
        address = LOOPBACK if host == "localhost" else host
        try:
            self._server: Any = create_server(
                app,
                map=self._map,
                host=f"[{address}]" if ":" in address else address,
                port=port,
                threads=threads,
                ident=None,
                url_scheme="https" if https else "http",
                asyncore_use_poll=True,
                max_request_body_size=most_body_bytes,
                max_request_header_size=MOST_HEAD_BYTES,
                clear_untrusted_proxy_headers=True,
                **_trusted(proxy),
            )
        except (OSError, ValueError) as error:
            wasyncore.close_all(self._map)
            raise _unavailable(host, port, error) from error
        self._server.channel_class = _patient_channel()
        self._server.adj.send_bytes = _SEND_BYTES
        self.host = host
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._run, name="counterseal-web", daemon=True)

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it; browsers want a name, not 127.0.0.1."""
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Answer requests from now on, in threads of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what has begun and close."""
        self._stopping.set()
        with suppress(OSError):  # it may have noticed by itself, and closed what would wake it
            self._server.pull_trigger()
        self._thread.join()

    def wait(self) -> None:
        """Wait until the process is interrupted (SIGINT) or told to end (SIGTERM)."""
        wait_until_interrupted()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._turn(_LOOK_UP_SECONDS)
            self._let_go(time.monotonic())
        self._server.del_channel()
        self._server.socket.close()
        until = time.monotonic() + _FINISH_SECONDS
        while self._is_busy() and time.monotonic() < until:
            self._turn(0.05)
        self._server.task_dispatcher.shutdown()
        self._server.asyncore.close_all(self._map)

    def _turn(self, seconds: float) -> None:
        self._server.asyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _let_go(self, now: float) -> None:
        """Close the connections whose request takes too long to arrive."""
        head_seconds, request_seconds = self._limits
        begun: dict[int, tuple[object, float]] = {}
        for number, channel in list(self._server.active_channels.items()):
            arriving = channel.request
            if arriving is None or arriving.completed:
                continue
            known, since = self._begun.get(number, (None, now))
            since = since if known is arriving else now
            begun[number] = (arriving, since)
            limit = request_seconds if arriving.headers_finished else head_seconds
            if now - since > limit:
                channel.will_close = True
        self._begun = begun

    def _is_busy(self) -> bool:
        """Whether a request has begun that is not answered whole."""
        channels = self._server.active_channels.values()
        return any(one.requests or one.total_outbufs_len for one in list(channels))


def _patient_channel() -> type[HTTPChannel]:
    """Connections that don't ask to send what the thread at work on the request will send.

    Waitress looks whether a connection takes bytes as soon as there are any, and then leaves them
    to the thread that holds them. While that thread waits for its turn with the interpreter, the
    loop would look again and again, and take the very turns away.
    """
    from waitress.channel import HTTPChannel

    class PatientChannel(HTTPChannel):  # type: ignore[misc] # it declares no types
        def writable(self) -> bool:
            if self.requests and self.total_outbufs_len < _SEND_BYTES:
                return bool(self.will_close or self.close_when_flushed)
            return bool(super().writable())

    return PatientChannel


def _trusted(proxy: str) -> dict[str, Any]:
    """What waitress needs to believe one proxy what it says of whoever asks."""
    if not proxy:
        return {}
    return {
        "trusted_proxy": proxy,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for"},
    }


def _unavailable(host: str, port: int, error: OSError | ValueError) -> OutsideError:
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        return OutsideError(
            f"Port {port} is taken by another program.",
            code="port-in-use",
            remedy="Name another one with --port, or stop the other program.",
        )
    why = getattr(error, "strerror", None) or "there is no such address"
    return OutsideError(
        f"The address {host}, port {port}, can't be used: {why}.",
        code="address-unavailable",
        remedy="Name another one with --host and --port.",
    )
