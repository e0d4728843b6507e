"""``counterseal vault``: the key that wraps the keys of the vault."""

from __future__ import annotations

import click

from webui.cli.home import home_option, opened


@click.group()
def vault() -> None:
    """Look after the key that wraps every person's key in the vault."""


@vault.command()
@home_option
def rotate() -> None:
    """Replace the key-encryption key: wrap every person's key anew, touch no text.

    What backups and the database's own log hold of wrapped keys opens under the old key alone,
    which is deleted here. Delete its copies too, and make a backup: older ones keep the ledger,
    but no longer its private texts.
    """
    from ledger.rewrap import rotate_wrapping_key

    with opened() as wiring:
        number = rotate_wrapping_key(wiring.log)
    click.echo(f"{number} keys are wrapped anew. The old key-encryption key is deleted here.")
    click.echo("Make a backup now, and delete every other copy of the old key.")
