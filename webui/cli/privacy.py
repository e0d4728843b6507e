"""``counterseal privacy``: requests, holds, what keeps somebody's data, export and erasure."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened

_MOST: Final = 500
_ACTOR: Final = click.argument("actor", metavar="ACTOR")


@click.group()
def privacy() -> None:
    """Answer requests of the people whose data the ledger's vault holds.

    Requests, approvals, refusals and holds are made by people under their own names, on the page
    Privacy or over the API; what was approved can be carried out here.
    """


@privacy.command()
@home_option
def requests() -> None:
    """List requests for erasure, newest first, with the day on which an answer is due."""
    from webui.privacy import request_of

    with opened() as wiring:
        found = [request_of(wiring, one) for one in wiring.reader.erasures(limit=_MOST)]
    rows = [
        (
            str(one.state.since),
            one.state.actor,
            one.state.received,
            one.due + (" OVERDUE" if one.overdue else ""),
            one.state.status.replace("_", " "),
            str(one.texts),
            one.duties[0].rule if one.duties else "",
        )
        for one in found
    ]
    print_columns(("entry", "person", "received", "due", "status", "texts", "kept by"), rows)


@privacy.command()
@home_option
def holds() -> None:
    """List holds, newest first."""
    with opened() as wiring:
        rows = [
            (str(one.since), one.scope, one.actor or one.model, one.at[:10], one.status)
            for one in wiring.reader.holds(limit=_MOST)
        ]
    print_columns(("entry", "scope", "on", "since", "status"), rows)


@privacy.command()
@home_option
@_ACTOR
def keeps(actor: str) -> None:
    """List the rules of the policy that keep what the vault holds of ACTOR, and until when."""
    from ledger.store.database import reading
    from webui.beside import duties_of

    with opened() as wiring:
        wiring.reader.actor(actor)
        with reading(wiring.engine) as connection:
            found = duties_of(wiring.reader, connection, wiring.policy(), actor)
    rows = [(str(one.entry), one.rule, one.until or "still in use", one.basis) for one in found]
    print_columns(("entry", "rule", "until", "basis"), rows)


@privacy.command()
@home_option
@click.argument("request", type=int, metavar="REQUEST")
def erase(request: int) -> None:
    """Carry out the approved request that entry REQUEST recorded: destroy key and texts.

    It can't be undone. A hold, a rule that keeps something, or a role that is still held stops it,
    and nothing is destroyed then.
    """
    from ledger.errors import RefusedError
    from webui.privacy import carry_out

    with opened() as wiring:
        receipt = carry_out(wiring, wiring.service, request)
        if receipt.outcome == "deny":
            raise RefusedError(
                "The policy in force refuses subject.erased to the service.",
                remedy="The data protection officer does it, on the page Privacy.",
                entry=receipt.sequence,
            )
        event = wiring.log.entry(receipt.sequence).event.facts()
    click.echo(f"Erased {event['actor_id']}: {event['texts']} texts; entry {receipt.sequence}")
    for key in event.get("keys", ()):
        click.echo(f"Key {key} destroyed")
    click.echo("Backups that are older still hold them, sealed: docs/privacy.md says until when.")


@privacy.command()
@home_option
@_ACTOR
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Where it is written; a name that ends in .pdf gives a PDF, any other JSON.",
)
def export(actor: str, output: Path) -> None:
    """Write everything the ledger holds of ACTOR: their data, and every entry with their part."""
    from ledger.keys.signer import write_secret

    with opened() as wiring:
        if output.suffix == ".pdf":
            from webui.subject_pdf import subject_pdf

            data = subject_pdf(wiring, actor)
        else:
            from webui.subject_export import subject_export_json

            data = subject_export_json(wiring, actor)
    write_secret(output, data)
    click.echo(f"{output}: {len(data):,} bytes. It holds personal data: hand it over, then delete")
