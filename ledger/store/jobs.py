"""Long work as rows: what is asked for, who works on it, how far it is, how it ended.

The table is the queue and the record of it in one, in the database of the log, so that nothing can
be in one and not in the other. Rules:

* a job is taken by one worker at a time, for the length of a lease that the worker renews; one
  whose lease is over was left by a worker that died, and is taken again;
* whoever took it is told apart by the number of the attempt: a worker whose lease went to another
  can neither renew it nor end the job;
* after ``MOST_ATTEMPTS`` a job that killed its workers is not taken again;
* one actor's key stands for one job.

What a job records, it records under an idempotency key of its own (``ledger.store.idempotency``):
that is what keeps two attempts from recording twice, not this table.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, delete, func, insert, or_, select, update

from ledger.store.tables import job

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

WAITING: Final = "waiting"
RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
OPEN: Final = (WAITING, RUNNING)
MOST_ATTEMPTS: Final = 3
DIED: Final = "The worker died each of the times that it was tried."


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is asked for: ``wanted`` and ``actor`` are JSON, ``key`` tells the same wish again."""

    kind: str
    wanted: str
    actor: str
    owner: str
    key: str
    asked_at: str


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as it stands. ``result`` is the entry that it recorded, -1 for none yet."""

    number: int
    kind: str
    wanted: str
    actor: str
    owner: str
    key: str
    state: str
    step: str
    done: int
    total: int
    asked_at: str
    begun_at: str
    ended_at: str
    attempts: int
    leased_until: str
    cancelled: bool
    result: int
    failure: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a job is."""

    step: str
    done: int
    total: int


def insert_job(connection: Connection, log_id: int, wanted: NewJob) -> StoredJob:
    """Ask for a job."""
    values = {
        **asdict(wanted),
        "state": WAITING,
        "step": "",
        "done": 0,
        "total": 0,
        "begun_at": "",
        "ended_at": "",
        "attempts": 0,
        "leased_until": "",
        "cancelled": False,
        "result": -1,
        "failure": "",
    }
    made = connection.execute(insert(job).values(log_id=log_id, **values).returning(job.c.number))
    return StoredJob(number=made.scalar_one(), **values)


def count_open(connection: Connection, log_id: int) -> dict[str, int]:
    """How many jobs wait or run, by owner."""
    query = (
        select(job.c.owner, func.count())
        .where(job.c.log_id == log_id, job.c.state.in_(OPEN))
        .group_by(job.c.owner)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def find_job(connection: Connection, log_id: int, number: int) -> StoredJob | None:
    """One job, or None."""
    query = select(job).where(job.c.log_id == log_id, job.c.number == number)
    return _stored(connection.execute(query).first())


def job_of_key(connection: Connection, log_id: int, owner: str, key: str) -> StoredJob | None:
    """The job that an actor's key stands for, or None."""
    query = select(job).where(job.c.log_id == log_id, job.c.owner == owner, job.c.key == key)
    return _stored(connection.execute(query).first())


def read_jobs(
    connection: Connection,
    log_id: int,
    *,
    owner: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[StoredJob]:
    """Jobs, newest first; of one owner, or of everybody."""
    query = select(job).where(job.c.log_id == log_id).order_by(job.c.number.desc()).limit(limit)
    if owner:
        query = query.where(job.c.owner == owner)
    if before is not None:
        query = query.where(job.c.number < before)
    return [StoredJob(**_fields(row)) for row in connection.execute(query)]


def is_waiting(connection: Connection, log_id: int, now: str) -> bool:
    """Whether there is something to take or to give up: a look that locks nothing."""
    left = and_(job.c.state == RUNNING, job.c.leased_until < now)
    query = select(job.c.number).where(job.c.log_id == log_id, or_(job.c.state == WAITING, left))
    return connection.execute(query.limit(1)).first() is not None


def take_job(
    connection: Connection, log_id: int, now: str, until: str, number: int | None = None
) -> StoredJob | None:
    """Take the job that has waited longest, or one by its number, until a lease ends.

    None where there is nothing to take. Within a writing transaction.
    """
    query = (
        select(job)
        .where(job.c.log_id == log_id, _free(now), job.c.attempts < MOST_ATTEMPTS)
        .order_by(job.c.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if number is not None:
        query = query.where(job.c.number == number)
    found = _stored(connection.execute(query).first())
    if found is None:
        return None
    connection.execute(
        update(job)
        .where(job.c.log_id == log_id, job.c.number == found.number)
        .values(
            state=RUNNING,
            attempts=found.attempts + 1,
            leased_until=until,
            begun_at=found.begun_at or now,
        )
    )
    return find_job(connection, log_id, found.number)


def give_up_dead(connection: Connection, log_id: int, now: str) -> int:
    """End the jobs whose workers died once too often, or that were cancelled meanwhile; how many.

    Within a writing transaction.
    """
    state = case((job.c.cancelled, CANCELLED), else_=FAILED)
    failure = case((job.c.cancelled, ""), else_=DIED)
    over = or_(job.c.attempts >= MOST_ATTEMPTS, job.c.cancelled)
    ended = connection.execute(
        update(job)
        .where(job.c.log_id == log_id, job.c.state == RUNNING, job.c.leased_until < now, over)
        .values(state=state, failure=failure, ended_at=now)
    )
    return int(ended.rowcount)


def forget_ended(connection: Connection, log_id: int, before: str) -> int:
    """Forget jobs that ended before an instant; what they recorded stays. How many.

    Within a writing transaction.
    """
    ended = connection.execute(
        delete(job).where(job.c.log_id == log_id, job.c.state.not_in(OPEN), job.c.ended_at < before)
    )
    return int(ended.rowcount)


def renew_job(
    connection: Connection, log_id: int, held: StoredJob, standing: Standing, until: str
) -> bool | None:
    """Say how far the job is and keep it; whether it shall stop. None where another has it."""
    renewed = connection.execute(
        update(job).where(_held(log_id, held)).values(**asdict(standing), leased_until=until)
    )
    if not renewed.rowcount:
        return None
    query = select(job.c.cancelled).where(job.c.log_id == log_id, job.c.number == held.number)
    return bool(connection.execute(query).scalar_one())


def end_job(
    connection: Connection,
    log_id: int,
    held: StoredJob,
    now: str,
    *,
    state: str,
    result: int = -1,
    failure: str = "",
) -> bool:
    """Say how it ended; whether the worker still had it."""
    ended = connection.execute(
        update(job)
        .where(_held(log_id, held))
        .values(state=state, result=result, failure=failure, ended_at=now)
    )
    return bool(ended.rowcount)


def release_job(connection: Connection, log_id: int, held: StoredJob) -> None:
    """Give back a job that was not ended, for a worker that stops; the attempt does not count."""
    connection.execute(
        update(job)
        .where(_held(log_id, held))
        .values(state=WAITING, attempts=held.attempts - 1, leased_until="")
    )


def cancel_job(connection: Connection, log_id: int, number: int, now: str) -> None:
    """Cancel: at once where it waits, by its worker where it runs; what has ended stays."""
    of = (job.c.log_id == log_id, job.c.number == number)
    connection.execute(
        update(job)
        .where(*of, job.c.state == WAITING)
        .values(state=CANCELLED, ended_at=now, cancelled=True)
    )
    connection.execute(update(job).where(*of, job.c.state == RUNNING).values(cancelled=True))


def _free(now: str) -> ColumnElement[bool]:
    left = and_(job.c.state == RUNNING, job.c.leased_until < now, ~job.c.cancelled)
    return or_(job.c.state == WAITING, left)


def _held(log_id: int, held: StoredJob) -> ColumnElement[bool]:
    return and_(
        job.c.log_id == log_id,
        job.c.number == held.number,
        job.c.state == RUNNING,
        job.c.attempts == held.attempts,
    )


def _stored(row: Row[Any] | None) -> StoredJob | None:
    return None if row is None else StoredJob(**_fields(row))


def _fields(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name != "log_id"}  # noqa: SLF001 (the row as a mapping)
