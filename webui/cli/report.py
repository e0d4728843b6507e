"""``counterseal report``: a sealed PDF for a framework, a period and a choice of models."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from webui.cli.home import home_option, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from webui.issuing import Wanted

_DAY: Final = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@home_option
@click.argument("kind", metavar="KIND")
@click.option("--from", "first", type=_DAY, metavar="DATE", help="First day.")
@click.option("--to", "last", type=_DAY, metavar="DATE", help="Last day.")
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="Only this model. May be given several times. Default: all.",
)
@click.option(
    "-e",
    "--environment",
    "environments",
    multiple=True,
    metavar="ENV",
    help="What counts as production. May be given several times. Default: production.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    metavar="ENTRY",
    help="The sample, for the kind `sample`; its period and models are taken.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Where the sealed PDF is written.",
)
@click.option("--background", is_flag=True, help="Leave it to a worker, and do not wait.")
@click.option("--missing", is_flag=True, help="Only say what the report would lack.")
def report(
    *,
    kind: str,
    first: datetime | None,
    last: datetime | None,
    models: tuple[str, ...],
    environments: tuple[str, ...],
    sample: int | None,
    output: Path | None,
    background: bool,
    missing: bool,
) -> None:
    """Issue a report as a sealed PDF; that it was issued is an entry of the ledger.

    \b
    A framework: soc2, gdpr, hipaa, hipaa-proposed, eu-ai-act, or one of your own by its name
    All of them: control-matrix
    Beside NIST AI RMF and ISO/IEC 42001: crosswalk
    A sample with a page for each row: sample --sample ENTRY
    One model: model-dossier -m MODEL
    The ledger, roles, activity: integrity, access-review, hipaa-activity
    Personal data, ended versions, logs: gdpr-pack, retirement, ai-act-logs
    """  # noqa: D301 (click reads the escape as "keep these lines")
    from webui.cli.job import done_here
    from webui.issuing import PRODUCTION, Wanted, check_may_issue, scope_wanted
    from webui.jobs.kinds import REPORT, report_wanted

    period = _period(kind, first, last)
    wanted = Wanted(kind, *period, models, environments or PRODUCTION, sample)
    if missing:
        _tell_missing(wanted)
        return
    if background:
        _leave_to_a_worker(wanted)
        return
    if output is None:
        raise click.MissingParameter(param_hint="'-o'", param_type="option")
    with _arriving(output) as part, opened() as wiring:
        check_may_issue(wiring, wiring.service, wanted, scope_wanted(wiring, wanted))
        number = done_here(wiring, REPORT, report_wanted(wanted))
        state = wiring.reader.report(number)
        shutil.copyfile(wiring.settings.reports / f"{state.report}.pdf", part)
    click.echo(f"{output}: {state.pages} pages, entry {number}")
    click.echo(f"SHA-256 {state.sealed}")
    click.echo(counted(state.verdicts))


def _leave_to_a_worker(wanted: Wanted) -> None:
    from webui.cli.job import book
    from webui.issuing import check_may_issue, scope_wanted
    from webui.jobs.kinds import REPORT, report_wanted

    with opened() as wiring:
        check_may_issue(wiring, wiring.service, wanted, scope_wanted(wiring, wanted))
        asked = book(wiring).ask(wiring.service, REPORT, report_wanted(wanted))
    click.echo(f"Job {asked.number}: a worker makes it; `counterseal job list` says how far it is.")


def _tell_missing(wanted: Wanted) -> None:
    from webui.preparing import prepare

    with opened() as wiring:
        found = prepare(wiring, wanted)
    for title, lacks in (
        ("nobody has written it", found.missing),
        ("it was written, and is over", found.expired),
        ("the test can't be computed", found.uncomputed),
        ("the test fails", found.failing),
    ):
        for one in lacks:
            what = one.sentence if "test" in title else "; ".join(one.texts)
            click.echo(f"{one.ref} ({one.control}): {title}: {what}")
    click.echo(
        f"{len(found.missing)} to be written, {len(found.expired)} over, "
        f"{len(found.uncomputed)} not computed, {len(found.failing)} failing"
    )


def _period(kind: str, first: datetime | None, last: datetime | None) -> tuple[str, str]:
    """The period in days; a sample brings its own."""
    if kind == "sample":
        return "", ""
    if first is None or last is None:
        missing = "--from" if first is None else "--to"
        raise click.MissingParameter(param_hint=f"'{missing}'", param_type="option")
    if first > last:
        msg = "the period ends before it begins."
        raise click.BadParameter(msg, param_hint="'--to'")
    return first.date().isoformat(), last.date().isoformat()


@contextmanager
def _arriving(output: Path) -> Iterator[Path]:
    """A file beside ``output`` that takes its place when the block ends well.

    Made before the report is issued, so that a folder that can't be written costs no entry.
    """
    from ledger.errors import OutsideError

    part = output.with_name(f"{output.name}.part")
    try:
        part.touch()
    except OSError as error:
        raise OutsideError(
            f"The file {output} can't be written: {error.strerror}.",
            code="file-unwritable",
            remedy="Name another one with -o; nothing was issued.",
        ) from error
    try:
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def counted(verdicts: Mapping[str, int]) -> str:
    """Verdicts with their numbers: ``12 pass, 2 fail, 5 insufficient evidence``."""
    return ", ".join(
        f"{number} {name.replace('_', ' ')}" for name, number in verdicts.items() if number
    )
