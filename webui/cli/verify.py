"""``counterseal verify``: prove a ledger again, or what somebody took home of one."""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from webui.cli.exit_codes import ExitCode
from webui.cli.home import home_option, opened
from webui.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.audit import Audit
    from ledger.core.checkpoint import Checkpoint
    from ledger.core.note import Vkey
    from ledger.source import TileSource
    from webui.wiring import Wiring

    Progress = Callable[[str, int, int], None]

TOKEN: Final = "COUNTERSEAL_TOKEN"  # noqa: S105 (the name of a variable)
_COUNTED: Final = (
    ("entries", "entries", "hash, chain, order, schema, decision"),
    ("signatures", "signatures", "Ed25519 over each statement"),
    ("decisions", "decisions", "taken again by the policy then in force"),
    ("proofs", "proofs", "of who asked, such as approvals signed by passkeys"),
    ("tiles", "tiles", "each hash of the Merkle tree"),
    ("checkpoints", "checkpoints", "signature and root"),
    ("publications", "publications", "what the world was shown"),
    ("cosignatures", "cosignatures", "by the log and by witnesses"),
    ("timestamps", "time-stamps", "RFC 3161 tokens"),
    ("rows", "registry rows", "rebuilt from the entries and compared"),
    ("private_texts", "private texts", "against their commitments"),
    ("erased_texts", "erased texts", "recorded as erased"),
)


@click.command()
@home_option
@click.argument("target", required=False, metavar="[TARGET]")
@click.option(
    "--vkey",
    "vkeys",
    multiple=True,
    metavar="VKEY",
    help="The log's verifier key, for a TARGET: `counterseal log vkey` prints it.",
)
@click.option(
    "--since",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Go on behind the checkpoint kept in FILE, and keep the new one there afterwards.",
)
@click.option(
    "--log",
    "log",
    default="",
    metavar="NAME",
    help="The log of this installation to verify. Default: the one that COUNTERSEAL_LOG names.",
)
@click.option(
    "--root",
    metavar="KEY",
    help="The root key that must certify the log's keys: `counterseal root create` printed it.",
)
@click.option("--tree-only", is_flag=True, help="Hash everything, but read no statement.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes. Default: one a core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(  # noqa: PLR0917 (each is an option of the command)
    target: str | None,
    vkeys: tuple[str, ...],
    since: Path | None,
    log: str,
    root: str | None,
    tree_only: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Verify every entry, signature, link, tile, checkpoint and registry row.

    TARGET is a folder that `counterseal log export` wrote, the address of a log (https://...), a
    bundle (.zip), a proof (.tlog-proof, with its entry beside it as .json) or a report (.pdf).
    Without one, the ledger of this installation is verified, to the last row.
    """
    from ledger.core.note import parse_vkey

    trusted = [parse_vkey(text) for text in vkeys]
    how = _How(since, _root(root, tree_only=tree_only), tree_only, workers)
    if target is None or target.lower().endswith(".pdf"):
        found = _live(target, log, how)
    elif target.startswith(("https://", "http://")) or Path(target).is_dir():
        found = _copy(target, trusted, how)
    else:
        from webui.cli.taken_home import check_file

        check_file(Path(target), vkeys, how.root)
        return
    if since is not None and found.sound:
        _keep(since, found)
    _tell(found, as_json=as_json)


@dataclass(frozen=True)
class _How:
    """How a whole log is verified."""

    since: Path | None
    root: bytes | None
    tree_only: bool
    workers: int | None


def _root(text: str | None, *, tree_only: bool) -> bytes | None:
    """The root key that was given.

    Raises:
        InputError: it is none, or nothing is read that would name one.
    """
    from ledger.errors import InputError

    if text is None:
        return None
    if tree_only:
        raise InputError("--tree-only reads no key; leave out --root.", code="invalid-root")
    if not re.fullmatch("[0-9a-f]{64}", text, re.ASCII):
        raise InputError(
            "A root key is 64 lower-case hexadecimal digits.", code="invalid-root", pointer="--root"
        )
    return bytes.fromhex(text)


def _live(report: str | None, log: str, how: _How) -> Audit:
    from ledger.audit import audit
    from ledger.events.names import format_instant
    from webui.collector import settle
    from webui.publishing import read_authorities

    with opened(log) as wiring:
        if report is not None:
            from webui.cli.taken_home import find_report

            click.echo(find_report(wiring, Path(report)))
        authorities = read_authorities(wiring.settings)
        begun_at = format_instant(wiring.now())
        with shown() as progress:
            settle()
            found = audit(
                wiring.log,
                progress,
                since=_kept(how.since, [parse_own(wiring.log.vkey)]),
                tree_only=how.tree_only,
                workers=how.workers,
                root=how.root,
                certificates=() if authorities is None else authorities.roots,
                redecide=wiring.redecide(),
            )
        _record(wiring, begun_at, found)
        return found


def _record(wiring: Wiring, begun_at: str, found: Audit) -> None:
    """Keep the run; where the database can't be written, what was found is still told."""
    from ledger.errors import LedgerError
    from webui.verifying import keep_run

    try:
        keep_run(wiring, begun_at, found)
    except LedgerError as error:
        click.echo(f"This run is not recorded: {error.sentence}", err=True)


def parse_own(vkey: str) -> Vkey:
    """The installation's own verifier key."""
    from ledger.core.note import parse_vkey

    return parse_vkey(vkey)


def _copy(target: str, vkeys: list[Vkey], how: _How) -> Audit:
    from ledger.audit import audit_copy
    from policies.replay import Replayer
    from webui.collector import settle

    with source_of(target) as source, shown() as progress:
        settle()
        return audit_copy(
            source,
            vkeys,
            progress,
            since=_kept(how.since, vkeys),
            tree_only=how.tree_only,
            workers=how.workers,
            root=how.root,
            redecide=Replayer(),
        )


@contextmanager
def source_of(target: str) -> Iterator[TileSource]:
    """The copy of a log in a folder or at an address, while it is read."""
    from ledger.mirror import DirectorySource, HttpSource

    if not target.startswith(("https://", "http://")):
        yield DirectorySource(Path(target))
        return
    source = HttpSource(target, token=os.environ.get(TOKEN, ""))
    try:
        yield source
    finally:
        source.close()


def _kept(file: Path | None, vkeys: list[Vkey]) -> Checkpoint | None:
    """The checkpoint that was kept, if any was; it must be signed by the log."""
    from ledger.core.checkpoint import parse_checkpoint
    from ledger.core.note import check_note, parse_note

    if file is None or not file.exists():
        return None
    note = parse_note(file.read_bytes())
    if vkeys:
        check_note(note, vkeys)
    return parse_checkpoint(note.text)


def _keep(file: Path, found: Audit) -> None:
    part = file.with_name(f"{file.name}.part-{os.getpid()}")
    part.write_bytes(found.checkpoint)
    part.replace(file)


def _tell(found: Audit, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.as_object(), indent=1))
    else:
        for line in told(found):
            click.echo(line)
    if not found.sound:
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)


def told(found: Audit) -> list[str]:
    """What was checked, how many, and what was found, in lines."""
    lines = [
        f"Log   {found.origin}",
        f"Size  {found.size}",
        f"Root  {found.root.hex()}",
        "",
    ]
    if found.since:
        lines += [f"The first {found.since} entries are those verified before.", ""]
    counts = vars(found.counts)
    lines += [
        f"{counts[name]:>10,}  {noun:<14} {what}" for name, noun, what in _COUNTED if counts[name]
    ]
    lines += [f"Not checked: {what}." for what in found.skipped]
    lines += [f"WARNING: {what}." for what in found.warnings]
    lines.append("")
    if found.sound:
        return [*lines, "verified"]
    lines += [
        f"{_place(one.table, one.sequence)}: {one.sentence} [{one.code}]" for one in found.problems
    ]
    number = len(found.problems)
    shown_ = (
        f"{number} of {number + found.more} problems are shown" if found.more else _many(number)
    )
    return [*lines, "", _still(found), f"NOT VERIFIED: {shown_}."]


def _still(found: Audit) -> str:
    if not found.trusted_size:
        return "No checkpoint of this log can be trusted."
    return f"Still trustworthy: the first {found.trusted_size} entries, by their checkpoint."


def _place(table: str, sequence: int) -> str:
    if sequence < 0:
        return table
    return f"entry {sequence}" if table == "entry" else f"{table}, entry {sequence}"


def _many(number: int) -> str:
    return "1 problem" if number == 1 else f"{number} problems"
