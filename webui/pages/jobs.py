"""Jobs: what is being made and how far it is, what was made, what failed; cancelled here too."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from flask import flash, jsonify, redirect, render_template

from webui.here import wired
from webui.jobs.book import Book
from webui.jobs.kinds import KINDS
from webui.jobs.steps import STEPS
from webui.pages.frame import before, first_page, me, next_page
from webui.reads import may_oversee

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from webui.jobs.book import Job

ON_A_PAGE: Final = 50
HERE: Final = "/jobs"


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    one = f"{HERE}/<int:number>"
    blueprint.add_url_rule(HERE, "jobs", _jobs)
    blueprint.add_url_rule(one, "job", _job)
    blueprint.add_url_rule(f"{one}/progress", "job_progress", _progress)
    blueprint.add_url_rule(f"{one}/cancel", "cancel_job", _cancel, methods=["POST"])


def have_done(kind: str, wanted: Mapping[str, object], once: str) -> ResponseReturnValue:
    """Have something done by a worker, and go to where it is shown.

    Raises:
        BusyError: too many jobs wait.
    """
    asked = _book().ask(me().actor, kind, wanted, f"page/{once}" if once else "")
    return redirect(f"{HERE}/{asked.number}")


def _jobs() -> ResponseReturnValue:
    found = _book().all(me().actor.id, before=before(), limit=ON_A_PAGE)
    return render_template(
        "jobs.html",
        jobs=found,
        kinds=KINDS,
        steps=STEPS,
        oversees=may_oversee(wired(), me().actor.id),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda one: one.number),
    )


def _job(number: int) -> ResponseReturnValue:
    book = _book()
    found = book.find(number, me().actor.id)
    report = wired().reader.report(found.result) if found.result is not None else None
    return render_template(
        "job.html",
        job=found,
        kind=KINDS[found.kind],
        step=STEPS.get(found.step, found.step),
        report=report,
        may_cancel=book.may_cancel(found, me().actor.id),
    )


def _progress(number: int) -> ResponseReturnValue:
    """How far it is, for the script of its page."""
    found: Job = _book().find(number, me().actor.id)
    return jsonify(
        running=found.is_open,
        step=STEPS.get(found.step, found.step) or "waiting for a worker",
        done=found.done,
        total=found.total,
    )


def _cancel(number: int) -> ResponseReturnValue:
    found = _book().cancel(number, me().actor.id)
    if found.state == "cancelled":
        flash("The job is cancelled; nothing was recorded.", "ok")
    elif found.is_open:
        flash("The job is told to stop.", "ok")
    else:
        flash("The job had ended already; it stays what it is.", "warn")
    return redirect(f"{HERE}/{number}")


def _book() -> Book:
    return Book(wired(), partial(may_oversee, wired()))
