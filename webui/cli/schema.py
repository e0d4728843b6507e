"""``counterseal schema``: which metadata is asked for: shown, checked, put in force."""

from __future__ import annotations

from pathlib import Path

import click

from webui.cli.home import home_option, opened

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def schema() -> None:
    """Fields that models and versions of the organisation have."""


@schema.command()
@home_option
def show() -> None:
    """Write the schema in force as YAML, to be changed and put in force again."""
    from policies.metadata_schema import write_schema
    from webui.described import schema_of

    with opened() as wiring:
        held = schema_of(wiring.reader)
    click.echo(write_schema(held.fields, held.sections), nl=False)


@schema.command()
@_FILE
def check(file: Path) -> None:
    """Check a file without putting it in force; asks no installation.

    A mistake is told with its file, line and column.
    """
    from policies.metadata_schema import read_schema
    from webui.cli.policy_history import read_text

    found = read_schema(read_text(file), str(file))
    click.echo(f"{file}: {len(found.fields)} fields")
    click.echo(f"SHA-256 {found.digest()}")


@schema.command()
@home_option
@_FILE
def activate(file: Path) -> None:
    """Put the schema of FILE in force. That it is, is an entry of the ledger."""
    from webui.cli.key import allowed
    from webui.cli.policy_history import read_text
    from webui.described import drafted, schema_of

    with opened() as wiring:
        found = drafted(wiring.reader, read_text(file), str(file))
        if found.digest() == schema_of(wiring.reader).digest:
            click.echo("this schema is in force already")
            return
        receipt = allowed(wiring.submitter.submit(wiring.service, found))
    click.echo(f"in force, entry {receipt.sequence}: {len(found.fields)} fields")
    click.echo(f"SHA-256 {found.digest()}")
