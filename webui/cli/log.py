"""``counterseal log``: what others need to check the log by themselves, and a copy of it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webui.cli.home import home_option, opened
from webui.cli.progress import shown


@click.group()
def log() -> None:
    """Print the log's verifier key or newest checkpoint, or write a copy of it."""


@log.command()
@home_option
def vkey() -> None:
    """Print the verifier key of the checkpoints (C2SP signed-note)."""
    with opened() as wiring:
        click.echo(wiring.log.vkey)


@log.command()
@home_option
def checkpoint() -> None:
    """Print the newest signed checkpoint (C2SP tlog-checkpoint)."""
    with opened() as wiring:
        click.echo(wiring.log.head().checkpoint, nl=False)


@log.command()
@home_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(folder: Path, as_json: bool) -> None:
    """Bring the copy of the log in DIR up to date, for any static web server (C2SP tlog-tiles).

    All of it is proved before anything is written, and what stands is never changed. Run it again
    to add what is new, also after it was interrupted.
    """
    from ledger.core.note import parse_vkey
    from ledger.errors import IntegrityError
    from ledger.export import export as write
    from ledger.published import LogSource

    with opened() as wiring, shown() as progress:
        if wiring.log.alarm:
            raise IntegrityError(
                f"Nothing was published, because the ledger is read-only: {wiring.log.alarm}",
                code="ledger-read-only",
            )
        done = write(LogSource(wiring.log), parse_vkey(wiring.log.vkey), folder, progress)
    if as_json:
        click.echo(json.dumps({**vars(done), "root": done.root.hex()}, indent=1))
        return
    click.echo(f"{folder}: {done.size} entries of {done.origin}, {done.size - done.before} new")
    click.echo(f"{done.written} files written, {done.kept} were there, {done.removed} removed")


@log.command("begin-guard")
@home_option
def begin_guard() -> None:
    """Let an empty guard begin at the head, once that is surely the newest there is."""
    with opened() as wiring:
        kept = wiring.log.begin_guard()
        click.echo(f"The guard begins at {kept.size} entries, root {kept.root.hex()}")
