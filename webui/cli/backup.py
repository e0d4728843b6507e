"""``counterseal backup`` and ``restore``: copies that are made, proved, and put back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.cli.exit_codes import ExitCode
from webui.cli.home import home_option, opened, settings
from webui.cli.progress import shown

if TYPE_CHECKING:
    from ledger.audit import Audit

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_identity = click.option(
    "--identity",
    type=_FILE,
    metavar="FILE",
    help="The file with the identity (AGE-SECRET-KEY-1...) that opens the backup.",
)


@click.group()
def backup() -> None:
    """Make backups, list them, and restore them for practice."""


@backup.command()
@home_option
@click.option("--plain", is_flag=True, help="Write it unencrypted.")
def make(plain: bool) -> None:
    """Copy the ledger while it is in use, read the copy back, and record it."""
    from webui.custody import back_up

    with opened() as wiring:
        kept = back_up(wiring, plain=plain)
    made = kept.backup
    click.echo(f"{made.path}: {made.manifest.position} entries, {made.size_bytes:,} bytes")
    click.echo(f"SHA-256 {made.sha256}")
    click.echo(f"Root    {made.manifest.root}")
    recorded = f"entry {kept.sequence}"
    if kept.sequence < 0:
        recorded = f"NOT recorded: {kept.unrecorded}"
    click.echo(f"{'Encrypted' if made.encrypted else 'NOT encrypted'}; {recorded}")
    for name in kept.removed:
        click.echo(f"Removed {name}")


@backup.command("list")
@home_option
def list_() -> None:
    """List the backups of this log, and which of them were restored for practice."""
    from webui.custody import in_folder

    with opened() as wiring:
        found = in_folder(wiring)
        folder = wiring.settings.backups
    if not found:
        click.echo(f"There is no backup of this log in {folder}.")
    for one in found:
        click.echo(f"{one.name}  {one.size_bytes:>14,} bytes")
        if one.sequence is None:
            click.echo("    recorded by no entry: nothing says what it holds")
        else:
            how = "encrypted" if one.encrypted else "NOT encrypted"
            click.echo(f"    {one.position:,} entries, {how}; entry {one.sequence}")
        if one.drill is None:
            click.echo("    never restored for practice: `counterseal backup drill`")
        else:
            went = "passed" if one.drill.outcome == "pass" else "FAILED"
            click.echo(f"    restored for practice {one.drilled_at}: {went}")


@backup.command()
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the identity is written; keep it away from this machine.",
)
def keygen(output: Path) -> None:
    """Make a pair for encrypting backups: the identity in FILE, the recipient printed."""
    from pyrage import x25519

    from ledger.keys.signer import write_secret

    identity = x25519.Identity.generate()
    write_secret(output, f"{identity}\n".encode())
    click.echo(f"COUNTERSEAL_BACKUP_RECIPIENT={identity.to_public()}")


@backup.command()
@home_option
@click.argument("file", type=_FILE)
@_identity
@click.option(
    "--scratch",
    default="",
    metavar="URL",
    help="For a backup of PostgreSQL: an empty database to restore into.",
)
def drill(file: Path, identity: Path | None, scratch: str) -> None:
    """Restore FILE beside the ledger, verify every entry of it, and record the outcome."""
    from webui.custody import drill as practise

    with opened() as wiring, shown() as progress:
        done = practise(wiring, file, _secret(identity), scratch, progress)
    _tell(done.found)
    more = "1 entry" if done.behind == 1 else f"{done.behind:,} entries"
    click.echo(f"The ledger has {more} more than the backup.")
    recorded = f"Recorded: entry {done.sequence}."
    click.echo(recorded if done.sequence >= 0 else f"NOT recorded: {done.unrecorded}")
    if not done.passed:
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)


@click.command()
@home_option
@click.argument("file", type=_FILE)
@_identity
@click.option(
    "--against",
    type=_FILE,
    metavar="FILE",
    help="A checkpoint or a proof that was given out, to tell whether the backup is older.",
)
def restore(file: Path, identity: Path | None, against: Path | None) -> None:
    """Put the backup FILE back as the ledger of this home, and say how old it is.

    The home must hold its keys and no database. What the guard says, and a witness's checkpoint or
    somebody's proof given by --against, is held against the copy.
    """
    from webui.custody import restore as put_back

    with shown() as progress:
        restored, found = put_back(settings(), file, _secret(identity), against, progress)
    _tell(found)
    if restored.again.people:
        click.echo(
            f"ERASED AGAIN: {restored.again.texts} texts and keys of {restored.again.people} "
            "people who were erased after this backup was made."
        )
    if not restored.witness:
        click.echo("Nothing outside the backup says how far the ledger once reached:")
        click.echo("whether this is the newest copy can't be told. Compare it with --against.")
    elif restored.lost:
        click.echo(
            f"OLDER: {restored.witness} speaks for {restored.promised} entries, this copy holds "
            f"{restored.position}: {restored.lost} are lost unless an export or a mirror has them."
        )
    else:
        click.echo(f"Not older than {restored.witness} says ({restored.promised} entries).")
    if restored.lost or not found.sound:
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)


def _secret(file: Path | None) -> str:
    """The identity in a file, without comments."""
    if file is None:
        return ""
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")), "")


def _tell(found: Audit) -> None:
    from webui.cli.verify import told

    for line in told(found):
        click.echo(line)
