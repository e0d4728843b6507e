"""``counterseal component``: what this service can give evidence of, as OSCAL."""

from __future__ import annotations

from pathlib import Path

import click

from webui.cli.files import write_file
from webui.cli.home import home_option, opened


@click.command()
@home_option
@click.argument("framework", metavar="FRAMEWORK")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where it is written. Default: standard output.",
)
def component(*, framework: str, output: Path | None) -> None:
    """Write an OSCAL component definition of this service for a framework.

    It says which controls this ledger computes tests of, for a control owner to import. It is about
    what can be shown, not about what is so: that is what reports say.
    """
    from webui.components import definition

    with opened() as wiring:
        made = definition(wiring, framework)
    if output is None:
        click.echo(made.decode("utf-8"))
        return
    write_file(output, made)
    click.echo(str(output))
