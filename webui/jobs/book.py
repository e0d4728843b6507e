"""Jobs as people see them: asked for, looked at, cancelled; who may do which, and how many wait.

Rules:

* Whoever may do a thing may have it done as a job; it is done in their name, and what the policy
  says when it is recorded counts, not what it said when it was asked for.
* A job is seen by who asked for it and by whoever oversees others; for everybody else there is
  none. It is cancelled by who asked for it, or by an administrator.
* At most ``MOST_OPEN`` wait or run, ``MOST_OF_ONE`` of one actor; who asks for more is told so at
  once, and nothing is kept.
* Whether something is a job is a matter of how many entries it reads, which anybody can know
  beforehand, and of nothing else.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from ledger.errors import BusyError, ConflictError, UnknownSubjectError
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from ledger.store.jobs import (
    DONE,
    OPEN,
    NewJob,
    StoredJob,
    cancel_job,
    count_open,
    find_job,
    insert_job,
    job_of_key,
    read_jobs,
)
from webui.identity.administrators import check_administrator, is_administrator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.events.actor import Actor
    from webui.wiring import Wiring

MOST_OPEN: Final = 100
MOST_OF_ONE: Final = 20
_KEY_BYTES: Final = 16


@dataclass(frozen=True)
class Job:
    """A job as it is shown. ``result`` is the entry that it recorded, if it has recorded one."""

    number: int
    kind: str
    wanted: Mapping[str, object]
    owner: str
    state: str
    step: str
    done: int
    total: int
    asked_at: str
    begun_at: str
    ended_at: str
    attempts: int
    cancelling: bool
    result: int | None
    failure: str

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in OPEN

    @property
    def is_done(self) -> bool:
        """Whether it has done what was asked."""
        return self.state == DONE


class Book:
    """The jobs of an installation. Safe from several threads and processes."""

    def __init__(self, wiring: Wiring, oversees: Callable[[str], bool]) -> None:
        self._wiring = wiring
        self._oversees = oversees

    def ask(self, actor: Actor, kind: str, wanted: Mapping[str, object], key: str = "") -> Job:
        """Have something done; the same key with the same wish is the same job.

        Raises:
            BusyError: ``jobs-full`` or ``jobs-full-of-yours``.
            ConflictError: ``idempotency-key-reused``: the key stands for another wish.
        """
        wiring, log_id = self._wiring, self._wiring.log.log_id
        asked = new_job(wiring, actor, kind, wanted, key)
        with writing(wiring.engine) as connection:
            known = job_of_key(connection, log_id, actor.id, asked.key)
            if known is None:
                _check_room(count_open(connection, log_id), actor.id)
                known = insert_job(connection, log_id, asked)
        if (known.kind, known.wanted) != (asked.kind, asked.wanted):
            raise ConflictError(
                "This idempotency key was used for another command.",
                code="idempotency-key-reused",
                remedy="Use a new key for a new command.",
            )
        return shown(known)

    def find(self, number: int, reader: str) -> Job:
        """One job that somebody may see.

        Raises:
            UnknownSubjectError: there is none, or it is not theirs to see.
        """
        with reading(self._wiring.engine) as connection:
            found = find_job(connection, self._wiring.log.log_id, number)
        if found is None or not (found.owner == reader or self._oversees(reader)):
            raise UnknownSubjectError("There is no such job.", code="unknown-job")
        return shown(found)

    def all(self, reader: str, *, before: int | None = None, limit: int = 50) -> list[Job]:
        """The jobs that somebody may see, newest first."""
        owner = "" if self._oversees(reader) else reader
        with reading(self._wiring.engine) as connection:
            found = read_jobs(
                connection, self._wiring.log.log_id, owner=owner, before=before, limit=limit
            )
        return [shown(one) for one in found]

    def cancel(self, number: int, actor_id: str) -> Job:
        """Cancel a job: at once where it waits, within a second where it runs.

        One that is recording at this moment, or has ended, stays what it is.

        Raises:
            UnknownSubjectError: there is none, or it is not theirs to see.
            AdministratorError: it is somebody else's.
        """
        wiring = self._wiring
        if self.find(number, actor_id).owner != actor_id:
            check_administrator(wiring, actor_id)
        with writing(wiring.engine) as connection:
            cancel_job(connection, wiring.log.log_id, number, format_instant(wiring.now()))
        return self.find(number, actor_id)

    def may_cancel(self, job: Job, actor_id: str) -> bool:
        """Whether somebody may cancel a job, and there is something to cancel."""
        theirs = job.owner == actor_id or is_administrator(self._wiring, actor_id)
        return job.is_open and not job.cancelling and theirs


def new_job(
    wiring: Wiring, actor: Actor, kind: str, wanted: Mapping[str, object], key: str = ""
) -> NewJob:
    """A wish as it is kept; without a key it has one of its own."""
    return NewJob(
        kind=kind,
        wanted=orjson.dumps(wanted, option=orjson.OPT_SORT_KEYS).decode(),
        actor=actor.model_dump_json(exclude_none=True),
        owner=actor.id,
        key=f"{kind}/{key or secrets.token_hex(_KEY_BYTES)}",
        asked_at=format_instant(wiring.now()),
    )


def cancel_any(wiring: Wiring, number: int) -> Job:
    """Cancel a job for whoever is at the machine of the ledger.

    Raises:
        UnknownSubjectError: there is none.
    """
    with writing(wiring.engine) as connection:
        cancel_job(connection, wiring.log.log_id, number, format_instant(wiring.now()))
        found = find_job(connection, wiring.log.log_id, number)
    if found is None:
        raise UnknownSubjectError("There is no such job.", code="unknown-job")
    return shown(found)


def is_long(wiring: Wiring) -> bool:
    """Whether what reads the whole ledger is a job: by the number of entries alone."""
    return wiring.log.head().size >= wiring.settings.job_entries


def shown(stored: StoredJob) -> Job:
    """A row as it is shown."""
    return Job(
        number=stored.number,
        kind=stored.kind,
        wanted=orjson.loads(stored.wanted),
        owner=stored.owner,
        state=stored.state,
        step=stored.step,
        done=stored.done,
        total=stored.total,
        asked_at=stored.asked_at,
        begun_at=stored.begun_at,
        ended_at=stored.ended_at,
        attempts=stored.attempts,
        cancelling=stored.cancelled and stored.state in OPEN,
        result=stored.result if stored.result >= 0 else None,
        failure=stored.failure,
    )


def _check_room(waiting: Mapping[str, int], actor_id: str) -> None:
    if waiting.get(actor_id, 0) >= MOST_OF_ONE:
        raise BusyError(
            f"{MOST_OF_ONE} jobs of yours wait or run already.",
            code="jobs-full-of-yours",
            remedy="Wait until one has ended, or cancel one.",
        )
    if sum(waiting.values()) >= MOST_OPEN:
        raise BusyError(
            f"{MOST_OPEN} jobs wait or run already.",
            code="jobs-full",
            remedy="Ask again when some have ended; an administrator can cancel one.",
        )
