"""``counterseal verify``: prove the whole ledger again from its stored bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from webui.cli.exit_codes import ExitCode
from webui.cli.home import home_option, opened
from webui.cli.progress import shown

if TYPE_CHECKING:
    from ledger.audit import Audit

_COUNTED: Final = (
    ("entries", "entries", "hash, chain, order, schema, decision"),
    ("signatures", "signatures", "Ed25519 over each statement"),
    ("tiles", "full tiles", "each hash of the Merkle tree"),
    ("checkpoints", "checkpoints", "signature and root"),
    ("rows", "registry rows", "rebuilt from the entries and compared"),
    ("private_texts", "private texts", "against their commitments"),
    ("erased_texts", "erased texts", "recorded as erased"),
)


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(as_json: bool) -> None:
    """Verify every entry, signature, link, tile, checkpoint and registry row."""
    from ledger.audit import audit

    with opened() as wiring, shown() as progress:
        found = audit(wiring.log, progress)
    if as_json:
        click.echo(json.dumps(as_object(found), indent=1))
    else:
        for line in told(found):
            click.echo(line)
    if not found.sound:
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)


def told(found: Audit) -> list[str]:
    """What was checked, how many, and what was found, in lines."""
    from ledger.audit import MOST_PROBLEMS

    lines = [
        f"Log   {found.origin}",
        f"Size  {found.size}",
        f"Root  {found.root.hex()}",
        "",
    ]
    counts = vars(found.counts)
    lines += [
        f"{counts[name]:>10,}  {noun:<14} {what}" for name, noun, what in _COUNTED if counts[name]
    ]
    lines.append("")
    if found.sound:
        return [*lines, "verified"]
    lines += [
        f"{_place(one.table, one.sequence)}: {one.sentence} [{one.code}]" for one in found.problems
    ]
    number = len(found.problems)
    shown = f"the first {number} problems are shown" if number == MOST_PROBLEMS else _many(number)
    return [*lines, "", f"NOT VERIFIED: {shown}."]


def as_object(found: Audit) -> dict[str, Any]:
    """The same as plain JSON."""
    return {
        "origin": found.origin,
        "size": found.size,
        "root": found.root.hex(),
        "verified": found.sound,
        "counts": vars(found.counts),
        "problems": [vars(one) for one in found.problems],
    }


def _place(table: str, sequence: int) -> str:
    if sequence < 0:
        return table
    return f"entry {sequence}" if table == "entry" else f"{table}, entry {sequence}"


def _many(number: int) -> str:
    return "1 problem" if number == 1 else f"{number} problems"
