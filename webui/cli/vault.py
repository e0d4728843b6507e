"""``counterseal vault``: the key that wraps the keys of the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from webui.cli.home import home_option, opened

if TYPE_CHECKING:
    from ledger.log import Log


@click.group()
def vault() -> None:
    """Look after the key that wraps every person's key in the vault."""


@vault.command()
@home_option
@click.option(
    "--to",
    default="",
    metavar="PLACE",
    help="`file`, or a key of AWS (awskms:), Google (gcpkms:) or a Vault (hv:) that wraps the new"
    " one. Default: where the old one is.",
)
def rotate(to: str) -> None:
    """Replace the key-encryption key: wrap every person's key anew, touch no text.

    With --to it moves: from its file to a key service that wraps it, or back.

    What backups and the database's own log hold of wrapped keys opens under the old key alone,
    which is deleted here. Delete its copies too, and make a backup: older ones keep the ledger,
    but no longer its private texts.
    """
    from ledger.rewrap import rotate_wrapping_key

    with opened() as wiring:
        number = rotate_wrapping_key(wiring.log, to)
        place = _place(wiring.log)
    click.echo(f"{number} keys are wrapped anew. The old key-encryption key is deleted here.")
    click.echo(f"The new one is {place}.")
    click.echo("Make a backup now, and delete every other copy of the old key.")


@vault.command()
@home_option
def show() -> None:
    """Say where the key-encryption key is, and whether it opens what is stored."""
    from ledger.errors import IntegrityError
    from ledger.store.database import reading

    with opened() as wiring:
        click.echo(f"The key-encryption key is {_place(wiring.log)}.")
        with reading(wiring.engine) as connection:
            opens = wiring.log.vault.opens(connection)
        if opens is False:
            raise IntegrityError("It does not open the vault's keys.", code="vault-damaged")
        click.echo("Nothing is stored under it yet." if opens is None else "It opens the vault.")


def _place(log: Log) -> str:
    from ledger.keys.keyring import VAULT
    from ledger.keys.signer import read_secret
    from ledger.keys.wrapping import FILE, place_of

    place = place_of(read_secret(log.keyring.folder / VAULT))
    return f"in the file {VAULT}" if place == FILE else f"wrapped by {place}"
