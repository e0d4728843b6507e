"""``counterseal policy``: the rules in force, and the tools for changing them well."""

from __future__ import annotations

import click

from webui.cli.home import home_option, opened
from webui.cli.policy_history import replay, simulate
from webui.cli.policy_reading import check, diff, explain
from webui.cli.policy_trial import test


@click.group()
def policy() -> None:
    """Look at policies: read them, test them, hold them against the past."""


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


for _command in (check, explain, diff, test, simulate, replay):
    policy.add_command(_command)
