"""``counterseal key client``: a workload's own key, made and used on the workload's machine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_MOST_MINUTES: Final = 15


@click.group("client")
def client() -> None:
    """Make a workload's key and sign requests with it; needs no installation."""


@client.command()
@click.argument("file", type=_FILE)
@click.option("--actor", required=True, metavar="ID", help="The workload, by its id.")
@click.option("--origin", required=True, help="The log's origin, as /log shows it.")
def new(file: Path, actor: str, origin: str) -> None:
    """Make an Ed25519 key in FILE and print what an administrator enrols."""
    from ledger.core.encoding import canonical
    from ledger.events.client_key import possession_message
    from ledger.keys.signer import create_signer

    signer = create_signer(file)
    public = signer.public.hex()
    possession = signer.sign(possession_message(origin, actor, public)).hex()
    shown = {"actor_id": actor, "possession": possession, "public": public}
    click.echo(f"The private key is in {file}. Its fingerprint is {signer.keyid}.", err=True)
    click.echo(canonical(shown).decode())


@client.command()
@click.option("--key", "file", required=True, type=_FILE, help="The file of the key.")
@click.option("--actor", required=True, metavar="ID", help="The workload, by its id.")
@click.option("--origin", required=True, help="The log's origin, as /log shows it.")
@click.option("--kind", required=True, help="The kind of event.")
@click.option("--minutes", default=5, show_default=True, type=click.IntRange(1, _MOST_MINUTES))
@click.argument("event", type=_FILE)
def sign(*, file: Path, actor: str, origin: str, kind: str, minutes: int, event: Path) -> None:
    """Sign the command whose fields stand in EVENT (JSON), and print the envelope to send."""
    import secrets
    from datetime import timedelta

    from ledger import clock
    from ledger.core.encoding import parse_json
    from ledger.core.envelope import seal
    from ledger.errors import OutsideError
    from ledger.events.catalogue import read_command
    from ledger.events.names import format_instant
    from ledger.events.request import REQUEST_TYPE, RequestedCommand, SignedRequest
    from ledger.keys.signer import open_signer

    try:
        data = event.read_bytes()
    except OSError:
        raise OutsideError("The file of the event can't be read.", code="file-missing") from None
    read = read_command(kind, parse_json(data))
    asked = SignedRequest(
        log=origin,
        actor=actor,
        command=RequestedCommand(kind=kind, event=read.facts()),
        expires=format_instant(clock.now() + timedelta(minutes=minutes)),
        nonce=secrets.token_urlsafe(24),
    )
    signer = open_signer(file)
    click.echo(seal(asked.payload(), REQUEST_TYPE, signer.keyid, signer.sign).decode())
