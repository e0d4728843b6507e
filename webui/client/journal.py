"""Commands that are told a moment later, many at once: one file, appended to, fsynced, then sent.

For a program that tells often and need not wait for each receipt. Where single commands wait for a
server that is away, ``webui.client.spool`` keeps them.

Rules:

* what ``add`` returned is on this machine's disk; several threads share one fsync;
* one thread sends, in order, as many as wait but at most ``MOST``, a quarter of a second after the
  first of them, or as soon as somebody waits until they are sent; the file is emptied when nothing
  waits any more, so a crash sends again what was sent: each line has its idempotency key, and is
  recorded once;
* a file belongs to the process that holds its lock. Whoever starts takes over, before anything of
  its own, the files for the same server that nobody holds;
* a last line that is not whole was never acknowledged, and is dropped.

The file is readable by its owner only and never holds a token. Safe for several threads.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from webui.client.errors import SpoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

MOST: Final = 200
AGAIN_SECONDS: Final = 15.0
GATHER_SECONDS: Final = 0.25
_SUFFIX: Final = ".journal"

Line = dict[str, Any]


class Journal:
    """A file of lines for one server. ``send`` returns how many of the lines it was given are done.

    Less than all means that the server can't be asked now; the rest is sent again later.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        send: Callable[[Sequence[Line]], int],
        *,
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        self._send = send
        self._again_seconds = again_seconds
        self._url = url
        self._lock = threading.Condition()
        self._syncing = threading.Lock()
        self._waiting: deque[Line] = deque()
        self._written = self._synced = self._asked_for = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path = folder / f"{secrets.token_hex(8)}{_SUFFIX}"
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._take_over(folder)
            _sync(folder)
        except OSError as error:
            raise _failed(error) from None
        self._sender = threading.Thread(
            target=self._send_for_ever, name="counterseal-journal", daemon=True
        )
        self._sender.start()

    def add(self, line: Line) -> None:
        """Keep a line; durable when this returns.

        Raises:
            SpoolError: the disk does not take it.
        """
        data = json.dumps({**line, "url": self._url}).encode() + b"\n"
        try:
            with self._lock:
                os.write(self._file, data)
                self._written += 1
                mine = self._written
                self._waiting.append(line)
                self._lock.notify_all()
            with self._syncing:
                if self._synced < mine:
                    reached = self._written
                    os.fdatasync(self._file)
                    self._synced = reached
        except OSError as error:
            raise _failed(error) from None

    def drained(self, seconds: float) -> bool:
        """Wait until everything that waits now or meanwhile is sent; whether it is."""
        with self._lock:
            self._asked_for += 1
            self._lock.notify_all()
            try:
                return self._lock.wait_for(lambda: not self._waiting, seconds)
            finally:
                self._asked_for -= 1

    def _enough(self) -> bool:
        return bool(self._asked_for) or len(self._waiting) >= MOST

    def _send_for_ever(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting)
                self._lock.wait_for(self._enough, GATHER_SECONDS)
                lines = list(islice(self._waiting, MOST))
            done = self._send(lines)
            with self._lock:
                for _ in range(done):
                    self._waiting.popleft()
                if not self._waiting:
                    os.ftruncate(self._file, 0)
                    self._lock.notify_all()
                if done < len(lines):
                    self._lock.wait(self._again_seconds)

    def _take_over(self, folder: Path) -> None:
        for path in sorted(folder.glob(f"*{_SUFFIX}"), key=lambda one: one.stat().st_mtime):
            if path == self._path:
                continue
            left = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
                lines = list(_lines(path))
                if any(line.get("url") != self._url for line in lines):
                    continue
                for line in lines:
                    os.write(self._file, json.dumps(line).encode() + b"\n")
                    self._waiting.append(line)
                os.fsync(self._file)
                path.unlink()
            except BlockingIOError:
                continue  # another process writes it
            finally:
                os.close(left)


def _lines(path: Path) -> Iterator[Line]:
    *whole, _ = path.read_bytes().split(b"\n")
    for data in whole:
        try:
            line = json.loads(data)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(error: OSError) -> SpoolError:
    return SpoolError(
        f"What is told later can't be kept on disk: {error.strerror}.",
        remedy="Name another folder with COUNTERSEAL_SPOOL.",
    )
