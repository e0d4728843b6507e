"""How changes reach the ledger: protected ones asked for before, all told after, in order, once.

Rules:

* whoever asks and gets no answer is refused: a protected change fails closed;
* what the policy refuses is submitted too, so that the refusal is an entry;
* what happened is told with a key that was drawn before the first attempt, so that it is recorded
  once; while the server is away it waits in the spool, and what comes after it waits behind it;
* a refusal of what has happened already is logged and recorded, and is not undone, but where the
  change was a protected one;
* with a journal, what is not protected is on this machine's disk when MLflow answers, and in the
  ledger a moment later, many in one commit. Whoever asks waits until all of it is there.

Safe for several threads and several processes with one spool.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from webui.client import moment
from webui.client.client import new_key
from webui.client.errors import (
    BusyError,
    ClientError,
    DeniedError,
    InvalidError,
    NotAllowedError,
    SpoolError,
    UnreachableError,
)
from webui.client.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from webui.client.client import Client
    from webui.client.journal import Line
    from webui.client.spool import Spool

LOGGER: Final = logging.getLogger("counterseal.mlflow")
AGAIN_SECONDS: Final = 15.0
_DRAIN_SECONDS: Final = 10.0
_END_SECONDS: Final = 5.0
_LATER: Final = "later"
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True)
class Command:
    """Something to tell. ``rather`` is told instead where the policy does not take it.

    ``asked`` was allowed before the change, so that a refusal now takes the change back. ``beside``
    is told after it, where it is what is told.
    """

    kind: str
    event: Mapping[str, Any]
    rather: Command | None = None
    asked: bool = False
    beside: Command | None = None


class RefusedChangeError(Exception):
    """A change must not happen, with the sentence that says why."""


class Teller:
    """Asks and tells one server."""

    def __init__(self, client: Client, spool: Spool, *, later: bool = False) -> None:
        self.client = client
        self._spool = spool
        self._lock = threading.Lock()
        self._sender: threading.Thread | None = None
        self._usual: set[tuple[str, ...]] = set()
        self._journal = Journal(spool.folder / _LATER, client.url, self._send) if later else None
        if self._journal is not None:
            # What a short program told is sent when it ends; what is not then, by the next.
            atexit.register(self._journal.drained, _END_SECONDS)

    def ask(self, command: Command) -> None:
        """Ask whether this may happen.

        Raises:
            RefusedChangeError: it may not, or it can't be told.
        """
        self._settle()
        try:
            decision = self.client.decide(command.kind, command.event)
            if decision.allowed:
                return
            self._record_refusal(command)
        except ClientError as error:
            raise _cant_tell(error) from None
        raise RefusedChangeError(_said(decision.sentences))

    def gate(self, model: str, version: str, environment: str, artifact: str) -> str:
        """Ask whether a version may be deployed; the digest that was registered.

        Raises:
            RefusedChangeError: it may not, or it can't be told.
        """
        self._settle()
        try:
            found = self.client.gate(model, version, environment, artifact=artifact)
            if found.allowed:
                return found.artifact
            event = {"model": model, "version": version, "environment": environment}
            self._record_refusal(
                Command("deployment.recorded", {**event, "artifact": found.artifact})
            )
        except ClientError as error:
            raise _cant_tell(error) from None
        raise RefusedChangeError(_said(found.sentences))

    def tell(self, commands: Sequence[Command]) -> None:
        """Tell what happened. Where the server is away it waits on disk.

        Raises:
            RefusedChangeError: what was asked before is refused now; the change is to be undone.
        """
        for command in commands:
            if self._journal is not None and not command.asked:
                self._tell_later(self._journal, command)
            else:
                self._tell(command, new_key())

    def settled(self, seconds: float) -> bool:
        """Wait until what is told later is told; whether it is."""
        return self._journal is None or self._journal.drained(seconds)

    def _settle(self) -> None:
        if not self.settled(_DRAIN_SECONDS):
            raise RefusedChangeError(
                "The ledger can't be asked, so this protected change is refused: what happened "
                "before it still waits to be told."
            )

    def _tell_later(self, journal: Journal, command: Command) -> None:
        line: Line = {"kind": command.kind, "event": dict(command.event), "key": new_key()}
        if command.rather is not None:
            rather = command.rather
            line["rather"] = {"kind": rather.kind, "event": dict(rather.event)}
            if rather.beside is not None:
                beside = rather.beside
                line["beside"] = {"kind": beside.kind, "event": dict(beside.event)}
        try:
            journal.add(line)
        except SpoolError as error:
            LOGGER.error("%s is not kept, and told at once: %s", command.kind, error)  # noqa: TRY400
            self._tell(command, line["key"])

    def _send(self, lines: Sequence[Line]) -> int:
        """Tell what waits in the journal, as much of it in one request as can be; how many."""
        done = 0
        while done < len(lines):
            part = self._part(lines[done:])
            if not self._send_part(part):
                break
            done += len(part)
        return done

    def _part(self, lines: Sequence[Line]) -> Sequence[Line]:
        """The first, and those behind it that are usual.

        What is not is asked about first, which must wait until all before it is recorded: a
        version of a model that the ledger does not know yet would be told otherwise than it is.
        """
        for place, line in enumerate(lines):
            command = _command_of(line)
            if place and command.rather is not None and _shape(command) not in self._usual:
                return lines[:place]
        return lines

    def _send_part(self, lines: Sequence[Line]) -> bool:
        told = [_command_of(line) for line in lines]
        try:
            chosen = [
                (one.rather, f"{line['key']}-rather")
                if one.rather is not None and not self._taken(one)
                else (one, line["key"])
                for one, line in zip(told, lines, strict=True)
            ]
            found = self.client.submit_many([(one.kind, one.event, key) for one, key in chosen])
        except InvalidError:
            for one, line in zip(told, lines, strict=True):
                self._tell(one, line["key"])
            return True
        except ClientError as error:
            LOGGER.warning("the ledger is away, %d changes wait: %s", len(lines), error)
            return False
        for answer, (one, key) in zip(found, chosen, strict=True):
            if answer.status == "denied":
                self._usual.discard(_shape(one))
                LOGGER.warning("%s was not taken by the ledger", one.kind)
                if one.rather is not None:
                    self._tell(one.rather, f"{key}-rather")
            elif one.beside is not None:
                self._tell(one.beside, f"{key}-beside")
        return True

    def _tell(self, command: Command, key: str) -> None:
        if self._waits():
            self._keep(command, key)
            return
        try:
            if command.rather is not None and not self._taken(command):
                self._tell(command.rather, key)
                return
            self.client.submit(command.kind, command.event, key=key)
            if command.beside is not None:
                self._tell(command.beside, f"{key}-beside")
        except (DeniedError, InvalidError) as error:
            self._usual.discard(_shape(command))
            if command.rather is not None:
                self._tell(command.rather, new_key())
                return
            if command.asked:
                raise RefusedChangeError(str(error)) from None
            LOGGER.warning("%s was not taken by the ledger: %s", command.kind, error)
        except NotAllowedError as error:
            if error.status == _UNAUTHORIZED:
                self._keep(command, key)
            else:
                LOGGER.error("%s is out of the token's reach: %s", command.kind, error)  # noqa: TRY400
        except ClientError as error:
            LOGGER.warning("the ledger is away, %s waits: %s", command.kind, error)
            self._keep(command, key)

    def _taken(self, command: Command) -> bool:
        """Whether the ledger would take it: a refusal of what happened already helps nobody.

        It is not asked again while what has the same fields is taken.
        """
        shape = _shape(command)
        if shape in self._usual:
            return True
        try:
            allowed = self.client.decide(command.kind, command.event).allowed
        except InvalidError:
            return False
        if allowed:
            self._usual.add(shape)
        return allowed

    def _record_refusal(self, command: Command) -> None:
        """A refusal is an entry, so what is refused is asked for in earnest."""
        try:
            self.client.submit(command.kind, command.event)
        except (DeniedError, InvalidError):
            return
        # Allowed a moment later: it did not happen, and nothing may say that it did.
        LOGGER.error("%s was recorded although it was refused a moment before", command.kind)

    def _waits(self) -> bool:
        try:
            return any(kept.url == self.client.url for kept in self._spool.waiting())
        except SpoolError as error:
            LOGGER.error("the spool can't be read: %s", error)  # noqa: TRY400
            return False

    def _keep(self, command: Command, key: str) -> None:
        try:
            self._spool.add(
                self.client.url,
                command.kind,
                command.event,
                key=key,
                at=f"{moment.now():%Y-%m-%dT%H:%M:%SZ}",
            )
        except SpoolError as error:
            # The change has happened; the sweep finds what is lost here.
            LOGGER.error("%s is NOT recorded: %s", command.kind, error)  # noqa: TRY400
            return
        self._send_later()

    def _send_later(self) -> None:
        with self._lock:
            if self._sender is None or not self._sender.is_alive():
                self._sender = threading.Thread(
                    target=self._send_until_empty, name="counterseal-spool", daemon=True
                )
                self._sender.start()

    def _send_until_empty(self) -> None:
        while True:
            try:
                sending = self._spool.send(self.client)
            except SpoolError:
                sending = None
            if sending is not None:
                for one in sending.aside:
                    LOGGER.error("%s was set aside: %s", one.kept.kind, one.error)
                if not sending.left:
                    return
            time.sleep(AGAIN_SECONDS)


def _command_of(line: Line) -> Command:
    rather, beside = line.get("rather"), line.get("beside")
    more = Command(beside["kind"], beside["event"]) if beside else None
    other = Command(rather["kind"], rather["event"], beside=more) if rather else None
    return Command(line["kind"], line["event"], rather=other)


def _shape(command: Command) -> tuple[str, ...]:
    return (command.kind, *sorted(command.event))


def _said(sentences: Sequence[str]) -> str:
    return "The policy refuses this: " + ("; ".join(sentences) or "it gave no reason") + "."


def _cant_tell(error: ClientError) -> RefusedChangeError:
    if isinstance(error, UnreachableError | BusyError):
        said = "The ledger can't be asked, so this protected change is refused"
    else:
        said = "The ledger does not allow this"
    return RefusedChangeError(f"{said}: {error}")
