"""Long work over the API: accepted with 202, looked at, listed, cancelled.

What is accepted says in ``Location`` where to look, and in ``Retry-After`` when that is worth it
(RFC 9110, 15.3.3 and 10.2.3). Who may see or cancel whose job: ``webui.jobs.book``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from ledger.events.names import ActorId, Count, Slug, Value
from webui.api.answer import json_answer, page_answer
from webui.api.model import Paging
from webui.api.route import Answer, Route
from webui.api.strict import RESPOND_ASYNC, number, prefers_to_wait, read_query
from webui.jobs.book import Book
from webui.reads import may_oversee

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from webui.api.route import Asker
    from webui.jobs.book import Job

LOOK_AGAIN_SECONDS: Final = 1


class JobAnswer(Value):
    """Long work: ``state`` is waiting, running, done, failed or cancelled.

    While it runs, ``step`` says what is done now, and ``done`` of ``total`` how far that is (0
    where it can't be counted). ``result`` is what it made, once it is done; ``failure`` why it
    failed.
    """

    job: Count
    kind: Slug
    state: str
    step: str
    done: Count
    total: Count
    asked_by: ActorId
    asked_at: str
    begun_at: str
    ended_at: str
    attempts: Count
    cancelling: bool
    result: str
    failure: str


def accepted(asker: Asker, kind: str, wanted: Mapping[str, object], key: str) -> Response:
    """Have something done by a worker, and answer where to look.

    Raises:
        BusyError: too many jobs wait.
        ConflictError: the key stands for something else.
    """
    asked = _book(asker).ask(asker.actor, kind, wanted, key)
    answer = json_answer(_answer(asked), 202)
    answer.headers["Location"] = f"/api/v1/jobs/{asked.number}"
    answer.headers["Retry-After"] = str(LOOK_AGAIN_SECONDS)
    if prefers_to_wait():
        answer.headers["Preference-Applied"] = RESPOND_ASYNC
    return answer


def _jobs(asker: Asker) -> Response:
    query = read_query(Paging)
    found = _book(asker).all(asker.actor.id, before=query.before, limit=query.limit)
    return page_answer([_answer(one) for one in found], query.limit, lambda item: int(item.job))


def _job(asker: Asker, job: str) -> Response:
    found = _book(asker).find(number(job, "job"), asker.actor.id)
    answer = json_answer(_answer(found))
    if found.is_open:
        answer.headers["Retry-After"] = str(LOOK_AGAIN_SECONDS)
    return answer


def _cancel(asker: Asker, job: str) -> Response:
    return json_answer(_answer(_book(asker).cancel(number(job, "job"), asker.actor.id)))


def _book(asker: Asker) -> Book:
    return Book(asker.wiring, partial(may_oversee, asker.wiring))


def _answer(job: Job) -> JobAnswer:
    return JobAnswer(
        job=job.number,
        kind=job.kind,
        state=job.state,
        step=job.step,
        done=job.done,
        total=job.total,
        asked_by=job.owner,
        asked_at=job.asked_at,
        begun_at=job.begun_at,
        ended_at=job.ended_at,
        attempts=job.attempts,
        cancelling=job.cancelling,
        result="" if job.result is None else f"/api/v1/reports/{job.result}",
        failure=job.failure,
    )


_JOB = {"job": "The number of the job."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/jobs",
        name="list_jobs",
        says="Long work, newest first: the asker's own; of everybody for who oversees others.",
        view=_jobs,
        query=Paging,
        answers=(Answer(200, "A page of jobs.", JobAnswer, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/jobs/{job}",
        name="get_job",
        says="How far a job is, and what it made.",
        view=_job,
        parameters=_JOB,
        answers=(Answer(200, "The job.", JobAnswer),),
    ),
    Route(
        method="DELETE",
        path="/v1/jobs/{job}",
        name="cancel_job",
        says="Cancel a job: one's own, or anybody's for an administrator. What has ended stays.",
        view=_cancel,
        needs="token",
        parameters=_JOB,
        answers=(Answer(200, "The job as it stands now.", JobAnswer),),
    ),
)
