"""``counterseal job`` and ``counterseal worker``: long work, listed, cancelled, carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened
from webui.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webui.jobs.book import Book
    from webui.wiring import Wiring

_NUMBER = click.argument("number", type=click.IntRange(min=1))


@click.group()
def job() -> None:
    """See long work, and cancel it; `counterseal worker` and `serve` carry it out."""


@job.command("list")
@home_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500))
def list_jobs(limit: int) -> None:
    """List jobs, the newest first."""
    from webui.naming import namer

    with opened() as wiring:
        found = book(wiring).all(wiring.service.id, limit=limit)
        name = namer(wiring.reader)
        rows = [
            (
                str(one.number),
                f"{one.kind} {one.wanted.get('kind', '')}",
                one.state,
                _how_far(one.step, one.done, one.total) if one.state == "running" else "",
                one.asked_at[:19],
                name(one.owner),
                one.failure or ("" if one.result is None else f"entry {one.result}"),
            )
            for one in found
        ]
    print_columns(("job", "of", "state", "step", "asked at", "by", "result"), rows)


@job.command()
@home_option
@_NUMBER
def cancel(number: int) -> None:
    """Cancel job NUMBER, whoever asked for it; what has ended stays what it is."""
    from webui.jobs.book import cancel_any

    with opened() as wiring:
        found = cancel_any(wiring, number)
    said = "it is told to stop" if found.is_open else f"it is {found.state}"
    click.echo(f"Job {number}: {said}.")


@click.command()
@home_option
@click.option(
    "--threads", default=1, show_default=True, type=click.IntRange(1, 16), help="Jobs at a time."
)
def worker(threads: int) -> None:
    """Carry out long work until interrupted, beside one or several `counterseal serve`."""
    from webui.jobs import Worker
    from webui.logs import write_to_stderr
    from webui.server import wait_until_interrupted

    write_to_stderr()
    with opened(serves=True) as wiring:
        working = Worker(wiring, threads=threads)
        working.start()
        click.echo(f"Working for {wiring.log.origin} (stop with Ctrl-C)")
        try:
            wait_until_interrupted()
        finally:
            working.stop()
    click.echo("Stopped.")


def book(wiring: Wiring) -> Book:
    """The jobs, for whoever is at the machine of the ledger and may see everything there."""
    from webui.jobs.book import Book

    return Book(wiring, lambda _: True)


def done_here(wiring: Wiring, kind: str, wanted: Mapping[str, object]) -> int:
    """Do something as a job in this process, with a bar; the entry that it recorded.

    Where this process dies, a worker takes the job up.

    Raises:
        LedgerError: it can't be done.
    """
    from webui.jobs.running import carry_out_here
    from webui.jobs.steps import STEPS
    from webui.jobs.worker import ask_and_take

    taken = ask_and_take(wiring, wiring.service, kind, wanted)
    with shown() as show:
        return carry_out_here(
            wiring, taken, lambda step, done, total: show(STEPS.get(step, step), done, total)
        )


def _how_far(step: str, done: int, total: int) -> str:
    from webui.jobs.steps import STEPS

    word = STEPS.get(step, step).lower()
    return f"{word} {done} of {total}" if total else word
