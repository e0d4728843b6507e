"""``counterseal entry`` and ``proof``: one entry, and the file that proves it offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webui.cli.files import write_file
from webui.cli.home import home_option, opened

if TYPE_CHECKING:
    from ledger.query import Told


@click.command()
@home_option
@click.argument("number", type=click.IntRange(min=0))
@click.option("--json", "as_json", is_flag=True, help="Print the statement as JSON.")
@click.option("--envelope", is_flag=True, help="Print the stored bytes, exactly.")
def entry(number: int, as_json: bool, envelope: bool) -> None:
    """Show entry NUMBER: who did what, when, and what the policy said."""
    with opened() as wiring:
        told = wiring.reader.tell(number)
        name = wiring.reader.person(told.entry.actor.id).name
    if envelope:
        click.echo(told.entry.envelope, nl=False)
    elif as_json:
        click.echo(json.dumps(as_object(told), indent=1, ensure_ascii=False))
    else:
        _show(told, name)


def as_object(told: Told) -> dict[str, Any]:
    """An entry as plain JSON: its place, its statement, and the private texts still known."""
    from ledger.core.envelope import parse_envelope

    return {
        "sequence": told.entry.sequence,
        "leaf_hash": told.entry.leaf.hex(),
        "statement": json.loads(parse_envelope(told.entry.envelope).payload),
        "private": told.private,
    }


def _show(told: Told, name: str) -> None:
    it = told.entry
    who = f"{name} ({it.actor.type} {it.actor.id})" if name else f"{it.actor.type} {it.actor.id}"
    click.echo(f"Entry     {it.sequence} of {it.origin}")
    click.echo(f"Kind      {it.kind}")
    click.echo(f"Recorded  {it.recorded_at}")
    click.echo(f"Actor     {who}, by {it.actor.via}")
    click.echo(f"Leaf      {it.leaf.hex()}")
    if it.decision is not None:
        click.echo(f"Decision  {it.decision.outcome}, under policy {it.decision.policy}")
        for result in it.decision.results:
            click.echo(f"          {result.state:<9} {result.gate}/{result.requirement}")
    click.echo()
    click.echo(json.dumps(it.event.facts(), indent=1))
    for field, text in told.private.items():
        click.echo(f"{field}: {'(erased)' if text is None else text}")


@click.command()
@home_option
@click.argument("number", type=click.IntRange(min=0))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the proof is written, such as 7.tlog-proof.",
)
def proof(number: int, output: Path) -> None:
    """Write the proof that entry NUMBER is in the log (C2SP tlog-proof)."""
    from ledger.core.proof import format_proof

    with opened() as wiring:
        data = format_proof(wiring.log.prove(number))
    write_file(output, data)
    click.echo(
        f"{output}: entry {number}; `counterseal entry {number} --envelope` gives its bytes."
    )
