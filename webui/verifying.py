"""Verify the whole ledger: from the command line, or beside a server, one run at a time.

Each run that ends is kept with what it said. A run beside a server reads in one thread, so that
requests go on; who may begin one is whoever the policy lets issue reports, for which everything is
verified too.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger.audit import audit
from ledger.errors import ConflictError, LedgerError
from ledger.events.assurance import ReportIssued
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from ledger.store.verifications import StoredRun, insert_run, read_runs
from webui.publishing import read_authorities

if TYPE_CHECKING:
    from ledger.audit import Audit
    from ledger.events.actor import Actor
    from webui.wiring import Wiring

_LOGGER = logging.getLogger("counterseal.verify")
SHOWN: Final = 20


@dataclass(frozen=True)
class Run:
    """A run that was kept: ``report`` is ``Audit.as_object()`` as it was then."""

    begun_at: str
    ended_at: str
    size: int
    root: str
    problems: int
    report: dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """Where the run beside the server is: the step, how much of it is done, and of how much."""

    running: bool = False
    step: str = ""
    done: int = 0
    total: int = 0
    failure: str = ""


def keep_run(wiring: Wiring, begun_at: str, found: Audit) -> None:
    """Keep a run that has just ended.

    Raises:
        OutsideError: the database can't be written.
    """
    run = StoredRun(
        begun_at=begun_at,
        ended_at=format_instant(wiring.now()),
        size=found.size,
        root=found.root,
        problems=len(found.problems) + found.more,
        report=orjson.dumps(found.as_object()),
    )
    with writing(wiring.engine) as connection:
        insert_run(connection, wiring.log.log_id, run)


def kept_runs(wiring: Wiring, before: str = "") -> list[Run]:
    """Runs, newest first; continues before the beginning of the last."""
    with reading(wiring.engine) as connection:
        rows = read_runs(connection, wiring.log.log_id, before=before, limit=SHOWN)
    return [
        Run(row.begun_at, row.ended_at, row.size, row.root.hex(), row.problems, _report(row.report))
        for row in rows
    ]


def _report(stored: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(stored)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def may_verify(wiring: Wiring, actor: Actor) -> bool:
    """Whether the policy lets this actor issue reports, and so have everything verified."""
    day = wiring.now().date().isoformat()
    nothing = "0" * 64
    event = ReportIssued(
        report="verification",
        framework="verification",
        period_from=day,
        period_until=day,
        models=(),
        position=0,
        root=nothing,
        unsealed=nothing,
        sealed=nothing,
        pages=0,
        verdicts={},
    )
    return wiring.submitter.preview(actor, event).allowed


class Verifier:
    """Runs of the verifier beside a server, at most one at a time. Safe from several threads."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._lock = threading.Lock()
        self._progress = Progress()
        self._thread: threading.Thread | None = None

    @property
    def progress(self) -> Progress:
        """Where the run is, if there is one, and what kept the last one from ending."""
        return self._progress

    def start(self) -> None:
        """Begin a run.

        Raises:
            ConflictError: ``verification-runs``, if one runs already.
        """
        with self._lock:
            if self._progress.running:
                raise ConflictError(
                    "The ledger is being verified already.",
                    code="verification-runs",
                    remedy="Wait until that run has ended; its result is shown on the log page.",
                )
            self._progress = Progress(running=True, step="beginning")
        self._thread = threading.Thread(target=self._run, name="counterseal-verify", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the run that was begun last; whether it has ended."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self._progress.running

    def _run(self) -> None:
        failure = ""
        try:
            begun_at = format_instant(self._wiring.now())
            authorities = read_authorities(self._wiring.settings)
            found = audit(
                self._wiring.log,
                self._note,
                workers=1,
                certificates=() if authorities is None else authorities.roots,
                redecide=self._wiring.redecide(),
            )
            keep_run(self._wiring, begun_at, found)
        except LedgerError as error:
            failure = error.sentence
            _LOGGER.error("the ledger can't be verified: %s", error)  # noqa: TRY400
        except Exception:
            failure = "Something went wrong; the service's log says what."
            _LOGGER.exception("verifying failed unexpectedly")
        finally:
            self._progress = Progress(failure=failure)

    def _note(self, step: str, done: int, total: int) -> None:
        self._progress = Progress(running=True, step=step, done=done, total=total)
