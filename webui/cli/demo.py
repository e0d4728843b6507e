"""``counterseal demo``: the whole chain on real input."""

from __future__ import annotations

import os
from pathlib import Path

import click

from webui.cli.exit_codes import ExitCode
from webui.cli.home import home_option, said_home


@click.command()
@home_option
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Default: a free one.")
@click.option("--no-serve", is_flag=True, help="End after the summary.")
def demo(port: int, no_serve: bool) -> None:
    """Train models, govern them as a whole company would, and show what can be proved.

    Everything lives in the home, by default ./demo-home. Run again on the same home it goes on
    where it was; a home that holds anything else is left alone.
    """
    from webui.demo.show import show
    from webui.settings import HOME, read_settings

    home = said_home() or Path(os.environ.get(HOME) or "demo-home")
    sound = show(read_settings(os.environ, home), port=port, serve=not no_serve)
    if not sound:
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)
