"""A wire to PostgreSQL that can be cut at an exact point of the conversation.

It listens on a Unix socket in a folder of its own and passes bytes both ways. ``cut`` names the
words of a statement and whether to cut before the server sees them or after the server has
answered: what was lost is then the question, or only the answer. PostgreSQL's messages are read as
far as needed (its manual, section "Message Formats"): COMMIT goes as a simple Query.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOCKET = ".s.PGSQL.5432"


@dataclass
class Wire:
    """The wire. ``cuts`` counts how often it was cut."""

    server: Path
    folder: Path
    cuts: int = 0
    down: bool = False
    _words: bytes = b""
    _when: Literal["before", "after"] = "before"
    _left: int = 0
    _then: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(
        self,
        words: bytes,
        when: Literal["before", "after"],
        *,
        times: int = 1,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Cut the next ``times`` times that a client sends ``words``; then do ``then``."""
        with self._lock:
            self._words, self._when, self._left, self._then = words, when, times, then

    def _is_due(self, data: bytes) -> bool:
        with self._lock:
            if self._left and self._words in data:
                self._left -= 1
                self.cuts += 1
                return True
            return False

    def serve(self, listener: socket.socket) -> None:
        """Pass on every connection until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            if self.down:
                return
            server.connect(str(self.server / SOCKET))
            answers = Answers(server, client)
            answers.start()
            while data := client.recv(65_536):
                if not self._is_due(data):
                    server.sendall(data)
                    continue
                if self._when == "after":
                    answers.withheld.set()
                    server.sendall(data)
                    assert answers.came.wait(10)
                self._then()
                client.shutdown(socket.SHUT_RDWR)
                break
            server.shutdown(socket.SHUT_RDWR)


class Answers(threading.Thread):
    """Passes the server's answers on, until they are ``withheld``; then says that one ``came``."""

    def __init__(self, server: socket.socket, client: socket.socket) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._client = client
        self.withheld = threading.Event()
        self.came = threading.Event()

    def run(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(65_536):
                if self.withheld.is_set():
                    self.came.set()
                else:
                    self._client.sendall(data)
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(server: Path, folder: Path) -> Iterator[Wire]:
    """A wire from ``folder`` to the server whose socket is in ``server``."""
    folder.mkdir()
    made = Wire(server, folder)
    with socket.socket(socket.AF_UNIX) as listener:
        # A Unix socket's whole path has at most 107 bytes, and a test's folder may be deep.
        place = os.open(folder, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{place}/{SOCKET}")
        os.close(place)
        listener.listen(64)
        accepting = threading.Thread(target=made.serve, args=(listener,), daemon=True)
        accepting.start()
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
