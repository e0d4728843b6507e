"""``counterseal framework``: rows of one's own: checked, put in force, listed, withdrawn."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webui.cli.home import home_option, opened

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def framework() -> None:
    """Frameworks that reports are made under: those that ship, and your own."""


@framework.command("list")
@home_option
def list_() -> None:
    """List every framework with its rows' digest and since which entry they are in force."""
    from webui.frameworks import every_framework

    with opened() as wiring:
        found = every_framework(wiring.reader)
    for one in found:
        since = "ships with the program" if one.entry is None else f"since entry {one.entry}"
        click.echo(f"{one.id}: {one.title}. {len(one.controls)} controls, {since}")
        click.echo(f"    SHA-256 {one.digest}")


@framework.command()
@_FILE
def check(file: Path) -> None:
    """Check a file of rows without putting it in force; asks no installation.

    A mistake is told with its file, line and column.
    """
    from policies.controls.own import read_own
    from webui.cli.policy_history import read_text

    found = read_own(read_text(file), str(file))
    click.echo(f"{file}: {len(found.framework.controls)} controls of {found.framework.id}")
    click.echo(f"SHA-256 {found.digest}")


@framework.command()
@home_option
@_FILE
def activate(file: Path) -> None:
    """Put the rows of FILE in force. That they are is an entry of the ledger."""
    from webui.cli.key import allowed
    from webui.cli.policy_history import read_text
    from webui.frameworks import draft

    with opened() as wiring:
        found = draft(wiring.reader, read_text(file), str(file))
        if found.event is None:
            click.echo(f"{found.own.framework.id}: these rows are in force already")
            return
        receipt = allowed(wiring.submitter.submit(wiring.service, found.event))
    click.echo(f"{found.own.framework.id}: in force, entry {receipt.sequence}")
    click.echo(f"SHA-256 {found.own.digest}")


@framework.command()
@home_option
@click.argument("name")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept with the entry.")
def withdraw(name: str, reason: str) -> None:
    """Withdraw a framework of one's own; reports that were made under it stay as they are."""
    from ledger.events.catalogue import read_command
    from webui.cli.key import allowed

    event = read_command("framework.withdrawn", {"framework": name, "reason": reason})
    with opened() as wiring:
        receipt = allowed(wiring.submitter.submit(wiring.service, event))
    click.echo(f"{name}: withdrawn, entry {receipt.sequence}")


@framework.command()
def schema() -> None:
    """Print the JSON Schema of such files, for an editor."""
    from policies.controls.mapping import framework_schema

    click.echo(json.dumps(framework_schema(), indent=1))
