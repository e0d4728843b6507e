"""``counterseal log``: what others need to check the log by themselves."""

from __future__ import annotations

import click

from webui.cli.home import home_option, opened


@click.group()
def log() -> None:
    """Print the log's verifier key or its newest checkpoint."""


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


@log.command("begin-guard")
@home_option
def begin_guard() -> None:
    """Let an empty guard begin at the head, once that is surely the newest there is."""
    with opened() as wiring:
        kept = wiring.log.begin_guard()
        click.echo(f"The guard begins at {kept.size} entries, root {kept.root.hex()}")
