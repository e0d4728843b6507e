"""``counterseal log``: what others need to check the log by themselves, and a copy of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger.core.digest import hex_digest
from webui.cli.home import home_option, opened
from webui.cli.progress import shown

if TYPE_CHECKING:
    from ledger.log import Log
    from webui.wiring import Wiring


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
def publish() -> None:
    """Publish the newest checkpoint once: sign it, ask every witness, and say what each said."""
    from ledger.errors import IntegrityError
    from ledger.publish import Publisher, publication_state

    with opened() as wiring:
        publisher = Publisher(wiring.log, now=wiring.now)
        try:
            made = publisher.publish()
        finally:
            publisher.close()
        state = publication_state(wiring.log)
        click.echo(f"Published {made.size} entries of {wiring.log.origin}")
        for witness in state.witnesses:
            said = witness.word.sentence if witness.word else "It has no address to be asked at."
            click.echo(f"{witness.signed_size:>12}  {witness.signer}  {said}")
        needed = "is met" if state.quorum_met else "is not met yet"
        click.echo(
            f"The quorum {state.quorum} {needed}: {state.witnessed} of {len(state.witnesses)}"
        )
        if state.alarms:
            names = ", ".join(one.name for one in state.alarms)
            raise IntegrityError(
                f"A split view is reported by {names}: somebody holds another history of this log.",
                remedy="Compare the checkpoints; docs/witnesses.md says how.",
                code="split-view",
            )


@log.command()
@home_option
def timestamp() -> None:
    """Publish the newest checkpoint, and have it time-stamped by every authority (RFC 3161)."""
    from ledger.errors import InputError, OutsideError
    from ledger.publish import Publisher
    from webui.publishing import new_stamper

    with opened() as wiring:
        stamper = new_stamper(wiring)
        if stamper is None:
            raise InputError(
                "No time-stamping authority is set.",
                code="no-authority",
                remedy="Set COUNTERSEAL_TIMESTAMP_URLS.",
            )
        publisher = Publisher(wiring.log, now=wiring.now)
        try:
            publisher.publish()
            made = stamper.stamp()
        finally:
            publisher.close()
            stamper.close()
        for one in made:
            click.echo(f"{one.size:>12}  {one.authority}  {one.time or one.sentence}")
        if not all(one.time for one in made):
            raise OutsideError("Not every authority gave a time stamp.", code="timestamp-missing")


@log.command()
@home_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(folder: Path, as_json: bool) -> None:
    """Bring the copy of the log in DIR up to date, for any static web server (C2SP tlog-tiles).

    All of it is proved before anything is written, and what stands is never changed. Run it again
    to add what is new, also after it was interrupted.
    """
    from ledger.errors import IntegrityError
    from ledger.export import export as write
    from ledger.published import LogSource

    with opened() as wiring, shown() as progress:
        if wiring.log.alarm:
            raise IntegrityError(
                f"Nothing was published, because the ledger is read-only: {wiring.log.alarm}",
                code="ledger-read-only",
            )
        current, *former = wiring.log.vkeys
        source = LogSource(wiring.log)
        done = write(source, current, folder, progress, former=former)
    if as_json:
        click.echo(json.dumps({**vars(done), "root": done.root.hex()}, indent=1))
        return
    click.echo(f"{folder}: {done.size} entries of {done.origin}, {done.size - done.before} new")
    click.echo(f"{done.written} files written, {done.kept} were there, {done.removed} removed")


@log.command("export-timestamps")
@home_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
def export_timestamps(folder: Path) -> None:
    """Write every time stamp into DIR, with the note that it is over, for `openssl ts -verify`."""
    from ledger.stamp import stored_tokens

    with opened() as wiring:
        folder.mkdir(parents=True, exist_ok=True)
        for made, stored in stored_tokens(wiring.log):
            name = f"{stored.size}-{hex_digest(stored.authority.encode())[:8]}"
            (folder / f"{stored.size}.note").write_bytes(made.note)
            (folder / f"{name}.tsr").write_bytes(stored.token)
            click.echo(f"{folder / name}.tsr  over {stored.size}.note  by {stored.authority}")


@log.command("import")
@home_option
@click.argument("source", metavar="SOURCE")
def import_(source: str) -> None:
    """Bring back entries that the ledger lacks from SOURCE, a folder or an address of a copy.

    For a ledger that is behind its guard because an older database was put back. Every entry is
    verified before it is stored; afterwards the ledger takes entries again.
    """
    from ledger.bring_back import bring_back
    from webui.cli.verify import source_of

    with opened() as wiring, source_of(source) as copy, shown() as progress:
        done = bring_back(wiring.log, copy, progress)
    click.echo(f"{done.size - done.before} entries brought back; the ledger holds {done.size}")
    if done.texts_missing:
        click.echo(f"{done.texts_missing} private texts of them are in no copy and stay missing")
    click.echo("The guard agrees: the ledger takes entries again.")


@log.command("begin-guard")
@home_option
def begin_guard() -> None:
    """Let an empty guard begin at the head, once that is surely the newest there is."""
    with opened() as wiring:
        kept = wiring.log.begin_guard()
        click.echo(f"The guard begins at {kept.size} entries, root {kept.root.hex()}")


@log.command("list")
@home_option
def list_() -> None:
    """List the logs of this installation, with their sizes."""
    from ledger.store.database import reading
    from ledger.store.entries import logs_there, read_head

    with opened() as wiring, reading(wiring.engine) as connection:
        for log_id, name, origin in logs_there(connection):
            here = "*" if name == wiring.log.name else " "
            click.echo(f"{here} {name:<16} {read_head(connection, log_id).size:>10}  {origin}")


@log.command()
@home_option
@click.option("--successor", required=True, metavar="ORIGIN", help="The log that continues it.")
@click.option("--reason", default=None, help="Why; kept in the vault, not in the ledger.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def freeze(successor: str, reason: str | None, yes: bool) -> None:
    """End this log for good: its last entry names the ORIGIN of the log that continues it.

    `log shard` does this and begins the other log; this is for one that is begun elsewhere. What
    would not come over is said first.
    """
    from webui.sharding import freeze as end

    with opened() as wiring:
        _ask(wiring, "NAME", yes=yes)
        receipt = end(wiring, successor, reason)
        click.echo(f"Entry {receipt.sequence} is the last of {wiring.log.origin}")


@log.command()
@home_option
@click.option("--name", required=True, metavar="NAME", help="Such as 2027.")
@click.option("--origin", default="", metavar="ORIGIN", help="Default: beside the old one.")
@click.option("--reason", default=None, help="Why; kept in the vault, not in the ledger.")
@click.option("--with-loss", is_flag=True, help="For a read-only log: state what is lost.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option(
    "--promised",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --with-loss: a checkpoint of the old log that reaches further than the guard.",
)
def shard(  # noqa: PLR0917 (click names them)
    name: str,
    origin: str,
    reason: str | None,
    with_loss: bool,
    yes: bool,
    promised: Path | None,
) -> None:
    """End this log and begin the one that continues it: the next year's, or after a loss.

    People, roles, publishers, passkeys and the policy come over; what would not is said first, and
    asked about. The new log has keys of its own; the old one can still be verified, served and
    exported. Can be repeated after an interruption.
    """
    from webui.sharding import shard as begin
    from webui.sharding import shard_with_loss

    with opened() as wiring:
        if not wiring.log.successor:
            _ask(wiring, name, yes=yes)
        if with_loss:
            note = promised.read_bytes() if promised else None
            with shown() as progress:
                made = shard_with_loss(wiring, name, progress, origin=origin, promised=note)
        else:
            made = begin(wiring, name, origin, reason)
        old = wiring.log
        click.echo(f"{old.origin} has ended with {_previous_size(made)} entries")
        click.echo(f"Origin        {made.origin}")
        click.echo(f"Verifier key  {made.vkey}")
        click.echo(f"Keys          {made.keyring.folder}")
        click.echo()
        click.echo(f"Set COUNTERSEAL_LOG={name} and start the service again. Then")
        click.echo("- tell witnesses, mirrors and auditors the verifier key above;")
        click.echo(
            f"- publish the old log's end: COUNTERSEAL_LOG={old.name} counterseal log publish"
        )
        click.echo("- back up the new keys apart from the database.")


def _ask(wiring: Wiring, name: str, *, yes: bool) -> None:
    """Say what would be left behind, and ask whether that is meant."""
    from ledger.left_behind import left_behind

    left = left_behind(wiring.log)
    click.echo(f"{wiring.log.origin} takes no entry more after this, and can't be opened again.")
    if left:
        click.echo("It stays readable, but what would not come over to the log that continues it:")
        for what, many in left.items():
            click.echo(f"{many:>12,}  {what}")
        click.echo("Numbers of entries mean this log. Register there what goes on living.")
    else:
        click.echo("Nothing lives here that would not come over to the log that continues it.")
    if not yes:
        click.confirm(f"End it and go on in {name}?", abort=True)


def _previous_size(made: Log) -> int:
    from ledger.events.log import LogCreated

    event = made.entry(0).event
    assert isinstance(event, LogCreated)  # noqa: S101 (it was just written)
    assert event.previous is not None  # noqa: S101
    return event.previous.size
