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

FRAMEWORKS: Final = ("soc2", "gdpr", "hipaa", "hipaa-proposed", "eu-ai-act")
_DAY: Final = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@home_option
@click.argument("framework", type=click.Choice(FRAMEWORKS))
@click.option("--from", "first", type=_DAY, required=True, metavar="DATE", help="First day.")
@click.option("--to", "last", type=_DAY, required=True, metavar="DATE", help="Last day.")
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="Only this model. May be given several times. Default: all.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the sealed PDF is written.",
)
def report(
    *, framework: str, first: datetime, last: datetime, models: tuple[str, ...], output: Path
) -> None:
    """Issue a report as a sealed PDF; that it was issued is an entry of the ledger."""
    from webui.issuing import issue_report

    if first > last:
        msg = "the period ends before it begins."
        raise click.BadParameter(msg, param_hint="'--to'")
    period = first.date().isoformat(), last.date().isoformat()
    with _arriving(output) as part, opened() as wiring:
        issued = issue_report(wiring, wiring.service, framework, *period, models)
        shutil.copyfile(issued.path, part)
    click.echo(f"{output}: {issued.pages} pages, entry {issued.sequence}")
    click.echo(f"SHA-256 {issued.sealed_sha256}")
    click.echo(counted(issued.verdicts))


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
