"""``counterseal policy``: the rules in force."""

from __future__ import annotations

import click

from webui.cli.home import home_option, opened


@click.group()
def policy() -> None:
    """Look at the policy in force."""


@policy.command()
@home_option
def show() -> None:
    """Print the policy in force as YAML, as its entry in the ledger holds it."""
    import yaml

    with opened() as wiring:
        state, event = wiring.reader.policy()
    click.echo(f"# {state.policy}, in force since entry {state.since}")
    click.echo(f"# digest {state.digest}")
    click.echo(yaml.safe_dump(event.document, sort_keys=False, allow_unicode=True), nl=False)
