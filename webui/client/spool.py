"""Commands that wait on disk for a server that is away, and are sent later: in order, once.

Rules:

* one file for each command, complete and fsynced before it counts, readable by its owner only;
* its idempotency key is fixed when it is kept, so that sending it again after a crash, or after an
  answer that was lost, records nothing twice;
* files are sent in the order of their numbers, and one process sends at a time;
* what the server can't take (malformed, contradictory, out of the token's reach) is *set aside*
  with the reason and does not hold up what comes behind it; what the policy refused is recorded by
  the server, and its file set aside too. Neither is ever dropped by itself;
* what may succeed later (no answer, a busy server, a token that is not known) stops the sending,
  and everything stays as it is;
* a file is bound to the address of the server that it was kept for.

A file holds the command with its private texts, and never a token.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from webui.client.client import new_key
from webui.client.errors import (
    AnswerError,
    ClientError,
    DeniedError,
    InvalidError,
    NotAllowedError,
    SpoolError,
)
from webui.client.plain import number, object_of, read_object, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from webui.client.answers import Receipt
    from webui.client.client import Client

FORMAT: Final = "counterseal-spool/1"
ASIDE: Final = "set-aside"
_NAME: Final = re.compile(r"([0-9]{12})\.json", re.ASCII)
_MOST_BYTES: Final = 1_000_000
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True)
class Kept:
    """A command that waits; ``reason`` says why it was set aside, and is empty while it was not."""

    number: int
    url: str
    kind: str
    event: Mapping[str, Any]
    key: str
    kept_at: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one command: a receipt, or the error for which it was set aside."""

    kept: Kept
    receipt: Receipt | None
    error: ClientError | None


@dataclass(frozen=True, slots=True)
class Sending:
    """What one round did; ``stopped`` is why it ended early, ``left`` how many still wait."""

    sent: tuple[Sent, ...]
    stopped: ClientError | None
    left: int

    @property
    def aside(self) -> tuple[Sent, ...]:
        """What was set aside in this round."""
        return tuple(one for one in self.sent if one.error is not None)


class Spool:
    """A folder of commands that wait. Several processes may add; one at a time sends.

    What ``add`` returned is durable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.aside = folder / ASIDE

    def add(self, url: str, kind: str, event: Mapping[str, Any], *, key: str = "", at: str) -> Kept:
        """Keep a command, behind everything that waits already.

        Raises:
            SpoolError: the disk does not take it; nothing is half kept.
        """
        with self._locked("add", wait=True):
            numbers = [*self._numbers(self.folder), *self._numbers(self.aside)]
            kept = Kept(max(numbers, default=0) + 1, url, kind, event, key or new_key(), at)
            self._write(self.folder, kept)
        return kept

    def waiting(self) -> tuple[Kept, ...]:
        """What waits, in the order in which it is sent. A file that can't be read is set aside."""
        return tuple(self._read_all(self.folder))

    def set_aside(self) -> tuple[Kept, ...]:
        """What was set aside, oldest first."""
        return tuple(self._read_all(self.aside))

    def again(self, wanted: int) -> Kept:
        """Let a command that was set aside wait again, behind the others, under its own key."""
        kept = self._aside(wanted)
        moved = self.add(kept.url, kept.kind, kept.event, key=kept.key, at=kept.kept_at)
        self._remove(self.aside, kept.number)
        return moved

    def drop(self, wanted: int) -> Kept:
        """Forget a command that was set aside."""
        kept = self._aside(wanted)
        self._remove(self.aside, kept.number)
        return kept

    def send(self, client: Client) -> Sending:
        """Send what waits for this client's server.

        Raises:
            SpoolError: another process sends, or the folder can't be written.
        """
        with self._locked("send", wait=False):
            sent: list[Sent] = []
            stopped: ClientError | None = None
            for kept in self.waiting():
                if kept.url != client.url:
                    continue
                try:
                    receipt = client.submit(kept.kind, kept.event, key=kept.key)
                except ClientError as error:
                    if not _is_of_the_command(error):
                        stopped = error
                        break
                    self._put_aside(kept, str(error))
                    sent.append(Sent(kept, None, error))
                else:
                    self._remove(self.folder, kept.number)
                    sent.append(Sent(kept, receipt, None))
            left = sum(1 for kept in self.waiting() if kept.url == client.url)
            return Sending(tuple(sent), stopped, left)

    def _aside(self, wanted: int) -> Kept:
        for kept in self.set_aside():
            if kept.number == wanted:
                return kept
        raise SpoolError(f"Nothing of the number {wanted} was set aside.", code="spool-unknown")

    def _put_aside(self, kept: Kept, reason: str) -> None:
        self._write(self.aside, replace(kept, reason=reason))
        self._remove(self.folder, kept.number)

    def _read_all(self, folder: Path) -> Iterator[Kept]:
        for one in self._numbers(folder):
            path = self._path(folder, one)
            try:
                kept = _parse(path.read_bytes())
                if kept.number != one:
                    raise AnswerError("the number is another")  # noqa: TRY301 (one way out)
            except FileNotFoundError:
                continue  # another process sent it meanwhile
            except OSError as error:
                raise _failed(error) from None
            except AnswerError:
                if folder == self.folder:
                    self._put_damaged_aside(path)
            else:
                yield kept

    def _put_damaged_aside(self, path: Path) -> None:
        """A file that is none is kept under another name, where people find it."""
        try:
            self.aside.mkdir(mode=0o700, exist_ok=True)
            path.replace(self.aside / f"{path.name}.damaged")
        except OSError as error:
            raise _failed(error) from None

    def damaged(self) -> tuple[str, ...]:
        """Names of files that could not be read, among what was set aside."""
        if not self.aside.is_dir():
            return ()
        return tuple(sorted(path.name for path in self.aside.glob("*.damaged")))

    def _numbers(self, folder: Path) -> list[int]:
        try:
            names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        except OSError as error:
            raise _failed(error) from None
        return sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))

    def _path(self, folder: Path, one: int) -> Path:
        return folder / f"{one:012d}.json"

    def _write(self, folder: Path, kept: Kept) -> None:
        path = self._path(folder, kept.number)
        part = path.with_suffix(".part")
        data = json.dumps({"format": FORMAT, **asdict(kept)}, indent=1).encode()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync(folder)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise _failed(error) from None

    def _remove(self, folder: Path, one: int) -> None:
        try:
            self._path(folder, one).unlink(missing_ok=True)
            _sync(folder)
        except OSError as error:
            raise _failed(error) from None

    @contextmanager
    def _locked(self, what: str, *, wait: bool) -> Iterator[None]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / f".{what}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _failed(error) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            yield
        except BlockingIOError:
            raise SpoolError("Another process sends what waits.", code="spool-busy") from None
        finally:
            os.close(handle)


def _is_of_the_command(error: ClientError) -> bool:
    """Whether the command itself is at fault, so that sending it again changes nothing."""
    if isinstance(error, NotAllowedError):
        return error.status != _UNAUTHORIZED
    return isinstance(error, DeniedError | InvalidError)


def _parse(data: bytes) -> Kept:
    if len(data) > _MOST_BYTES:
        raise AnswerError("The file is larger than any.")
    plain = read_object(data)
    if plain.get("format") != FORMAT:
        raise AnswerError("The file is of another format.")
    return Kept(
        number=number(plain, "number"),
        url=text(plain, "url"),
        kind=text(plain, "kind"),
        event=object_of(plain, "event"),
        key=text(plain, "key"),
        kept_at=text(plain, "kept_at"),
        reason=text(plain, "reason"),
    )


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(error: OSError) -> SpoolError:
    return SpoolError(
        f"The spool can't be read or written: {error.strerror}.",
        remedy="Name another folder with COUNTERSEAL_SPOOL.",
    )
