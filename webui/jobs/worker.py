"""Workers: Huey has the jobs carried out that the database holds.

Huey's consumer brings the threads, the polling that slows down where there is nothing to do, and
the clean end. Its storages take a message out of the queue before the work is done, so a worker
that is killed loses it; here the queue is the table of jobs itself, from which one is taken for the
length of a lease (``ledger.store.jobs``). Nothing is pickled: a task is the number of a job.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from huey import Huey
from huey.consumer import Consumer
from huey.storage import BlackHoleStorage

from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from ledger.store.jobs import forget_ended, give_up_dead, insert_job, is_waiting, take_job
from webui.jobs.book import new_job
from webui.jobs.running import LEASE, carry_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.events.actor import Actor
    from ledger.store.jobs import StoredJob
    from webui.wiring import Wiring

FIRST_LOOK_SECONDS: Final = 0.2
LAST_LOOK_SECONDS: Final = 2.0
KEPT: Final = timedelta(days=90)


def take(wiring: Wiring, number: int | None = None) -> StoredJob | None:
    """Take the next job, or one by its number; None where there is none, or nothing is recorded.

    What ended long ago is forgotten by the way.

    Raises:
        LedgerError: the database failed.
    """
    log = wiring.log
    now = wiring.now()
    with reading(log.engine) as connection:
        if log.alarm or not is_waiting(connection, log.log_id, format_instant(now)):
            return None
    with writing(log.engine) as connection:
        give_up_dead(connection, log.log_id, format_instant(now))
        forget_ended(connection, log.log_id, format_instant(now - KEPT))
        until = format_instant(now + LEASE)
        return take_job(connection, log.log_id, format_instant(now), until, number)


def ask_and_take(
    wiring: Wiring, actor: Actor, kind: str, wanted: Mapping[str, object]
) -> StoredJob:
    """Ask for a job and take it at once, for who carries it out in this process and waits.

    Raises:
        LedgerError: the database failed.
    """
    now = wiring.now()
    with writing(wiring.engine) as connection:
        asked = insert_job(connection, wiring.log.log_id, new_job(wiring, actor, kind, wanted))
        taken = take_job(
            connection,
            wiring.log.log_id,
            format_instant(now),
            format_instant(now + LEASE),
            asked.number,
        )
    assert taken is not None  # noqa: S101 (nobody else could see it yet)
    return taken


class _Queue(Huey):  # type: ignore[misc]  # Huey ships no types
    """Huey with the table of jobs for its queue."""

    def __init__(self, take_next: Callable[[], StoredJob | None]) -> None:
        super().__init__("counterseal", results=False, storage_class=BlackHoleStorage)
        self._take_next = take_next
        self._make: Callable[[StoredJob], Any] | None = None

    def carries_out(self, run: Callable[[StoredJob], None]) -> None:
        """Say what carries out a job."""
        self._make = self.task(name="job")(run).s

    def dequeue(self) -> Any:
        """The next task, or None."""
        found = self._take_next()
        return None if found is None or self._make is None else self._make(found)


class _Quiet(Consumer):  # type: ignore[misc]  # Huey ships no types
    """A consumer in threads of a process that handles its own signals."""

    def _set_signal_handlers(self) -> None:
        pass


class Worker:
    """Carries out jobs of an installation, in threads of its own, until it is stopped.

    ``processes`` check signatures: one beside a server, so that requests go on; by default one for
    each core.
    """

    def __init__(self, wiring: Wiring, *, threads: int = 1, processes: int | None = None) -> None:
        self._stopping = threading.Event()
        logging.getLogger("huey").setLevel(logging.WARNING)
        queue = _Queue(lambda: take(wiring))
        queue.carries_out(lambda job: carry_out(wiring, job, self._stopping, processes))
        self._consumer = _Quiet(
            queue,
            workers=threads,
            periodic=False,
            initial_delay=FIRST_LOOK_SECONDS,
            max_delay=LAST_LOOK_SECONDS,
        )

    def start(self) -> None:
        """Begin."""
        self._consumer.start()

    def stop(self) -> None:
        """End; a job under way is given back at its next step, and goes on with another worker."""
        self._stopping.set()
        self._consumer.stop(graceful=True)
