"""``counterseal import``: a registry's past brought in from an export, marked as imported."""

from __future__ import annotations

from typing import Any

import click

from webui.client.commands.ask import asking, json_option, show


@click.command("import")
@click.argument("kind", type=click.Choice(("wandb", "comet", "huggingface")))
@click.argument("file", type=click.File("rb"))
@click.option("--source", default="", help="Its short name in the ledger. Default: the KIND.")
@click.option("--record", "recording", is_flag=True, help="Record the difference.")
@json_option
def import_(*, kind: str, file: Any, source: str, recording: bool, as_json: bool) -> None:
    """Show what of an export of KIND the ledger does not know; with --record bring it in.

    What is brought in is marked as imported. Brought in again, nothing is recorded twice.
    """
    from webui.client.commands.inventory import PATIENT, hand_in, lines_of
    from webui.client.importers import MOST_BYTES, read_export

    items = read_export(kind, file.read(MOST_BYTES + 1))
    with asking(seconds=PATIENT) as client:
        found = hand_in(client, source or kind, items, told_by="import", dry_run=not recording)
    lines = lines_of(found)
    if not recording and found["unexplained"]:
        lines.append("Nothing was recorded: say --record.")
    show(found, lines, as_json=as_json)
