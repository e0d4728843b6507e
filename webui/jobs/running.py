"""Carry out one job that was taken: tell how far it is, keep it, and say how it ended.

Rules:

* The work tells its step as it goes on and learns by that whether it shall stop. A thread beside it
  renews the lease each second, so that a worker that lives keeps its job however long a step takes.
* Right before something is kept, who has the job is asked once more.
* What failed for a cause outside (a database, a disk, a guard) is tried again after a while; what
  the policy or the state refused is not.
* A failure that is kept holds no name and no text of anybody.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from ledger.errors import BusyError, ConflictError, LedgerError, OutsideError, RefusedError
from ledger.events.names import format_instant
from ledger.store.database import writing
from ledger.store.jobs import (
    CANCELLED,
    DONE,
    FAILED,
    MOST_ATTEMPTS,
    Standing,
    end_job,
    release_job,
    renew_job,
)
from webui.jobs.kinds import KINDS, silent

if TYPE_CHECKING:
    from ledger.store.jobs import StoredJob
    from webui.jobs.kinds import Note
    from webui.wiring import Wiring

LEASE: Final = timedelta(seconds=30)
AGAIN: Final = timedelta(seconds=10)
BEAT_SECONDS: Final = 1.0
KEEPING: Final = "recording"
_LOGGER = logging.getLogger("counterseal.jobs")


class _EndedError(Exception):
    """The work shall go no further."""


class _CancelledError(_EndedError):
    """Somebody cancelled the job."""


class _StoppedError(_EndedError):
    """The worker stops; another one goes on."""


class _LostError(_EndedError):
    """Another worker has the job."""


class Hold:
    """A job while it is carried out: how far it is, and whether it shall go on."""

    def __init__(
        self, wiring: Wiring, job: StoredJob, stopping: threading.Event, watch: Note = silent
    ) -> None:
        self._wiring = wiring
        self._job = job
        self._stopping = stopping
        self._watch = watch
        self._standing = Standing(job.step, 0, 0)
        self._said: bool | None = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="counterseal-job", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def note(self, step: str, done: int, total: int) -> None:
        """Take how far the work is.

        Raises:
            _EndedError: it shall go no further.
        """
        self._standing = Standing(step, done, total)
        self._watch(step, done, total)
        if step == KEEPING:
            self._renew()
        if self._said is None:
            raise _LostError
        if self._said:
            raise _CancelledError
        if self._stopping.is_set():
            raise _StoppedError

    def _renew(self) -> None:
        until = format_instant(self._wiring.now() + LEASE)
        with writing(self._wiring.engine) as connection:
            self._said = renew_job(
                connection, self._wiring.log.log_id, self._job, self._standing, until
            )

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                self._renew()
            except LedgerError as error:
                _LOGGER.warning("a job can't be renewed now: %s", error.code)


def carry_out(
    wiring: Wiring, job: StoredJob, stopping: threading.Event, workers: int | None = None
) -> None:
    """Carry out a job that was taken, for a worker; whatever becomes of it is kept, not raised.

    Args:
        wiring: the installation.
        job: as it was taken.
        stopping: set where the worker shall stop; the job is given back then.
        workers: processes for signatures; by default one for each core.
    """
    try:
        with Hold(wiring, job, stopping) as hold:
            result = KINDS[job.kind].run(wiring, job, hold.note, workers)
        _end(wiring, job, DONE, result)
    except _StoppedError:
        with writing(wiring.engine) as connection:
            release_job(connection, wiring.log.log_id, job)
    except (BusyError, OutsideError) as error:
        _try_again(wiring, job, error)
    except LedgerError as error:
        _end(wiring, job, FAILED, why=told_of(error))
    except _LostError:
        _LOGGER.warning("job %s went on with another worker", job.number)
    except _CancelledError:
        _end(wiring, job, CANCELLED)
    except Exception:
        _LOGGER.exception("a job failed unexpectedly")
        _end(wiring, job, FAILED, why="Something went wrong; the service's log says what.")


def carry_out_here(wiring: Wiring, job: StoredJob, watch: Note) -> int:
    """Carry out a job that was taken, for somebody who waits; the entry that it recorded.

    ``watch`` is told how far it is. What fails is kept and raised; an interruption cancels.

    Raises:
        ConflictError: ``job-cancelled``, or ``job-elsewhere``: another worker took it.
        LedgerError: what kept it from being done.
    """
    try:
        with Hold(wiring, job, threading.Event(), watch) as hold:
            result = KINDS[job.kind].run(wiring, job, hold.note, None)
    except _LostError:
        raise ConflictError(
            "Another worker has this job now.",
            code="job-elsewhere",
            remedy="`counterseal job list` says how far it is.",
        ) from None
    except _CancelledError:
        _end(wiring, job, CANCELLED)
        raise ConflictError("The job was cancelled.", code="job-cancelled") from None
    except LedgerError as error:
        _end(wiring, job, FAILED, why=told_of(error))
        raise
    except KeyboardInterrupt:
        _end(wiring, job, CANCELLED)
        raise
    _end(wiring, job, DONE, result)
    return result


def told_of(error: LedgerError) -> str:
    """An error as it is kept beside a job: a refusal names people, so its entry stands for it."""
    if isinstance(error, RefusedError):
        return f"The policy does not allow this; entry {error.numbers.get('entry', '')} says why."
    return f"{error.sentence} {error.remedy}".strip()


def _end(wiring: Wiring, job: StoredJob, state: str, result: int = -1, why: str = "") -> None:
    now = format_instant(wiring.now())
    with writing(wiring.engine) as connection:
        end_job(connection, wiring.log.log_id, job, now, state=state, result=result, failure=why)


def _try_again(wiring: Wiring, job: StoredJob, error: LedgerError) -> None:
    _LOGGER.warning("job %s failed for now: %s", job.number, error.code)
    if job.attempts >= MOST_ATTEMPTS:
        _end(wiring, job, FAILED, why=error.sentence)
        return
    until = format_instant(wiring.now() + AGAIN)
    standing = Standing("waiting to be tried again", 0, 0)
    with writing(wiring.engine) as connection:
        renew_job(connection, wiring.log.log_id, job, standing, until)
