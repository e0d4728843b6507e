"""``counterseal control``: controls as they stand, kept up entry by entry."""

from __future__ import annotations

import click

from webui.cli.exit_codes import ExitCode
from webui.cli.home import home_option, opened


@click.group()
def control() -> None:
    """Show how controls stand now, and check what is kept of them."""


@control.command("list")
@home_option
@click.option("--framework", default="", metavar="NAME", help="Only this framework's controls.")
@click.option("--all", "all_", is_flag=True, help="Also those whose tests passed.")
def list_(framework: str, all_: bool) -> None:
    """Take the entries since the last time and show each control's verdict.

    Nothing goes into the ledger. A running server does the same by itself.
    """
    from policies.controls.finding import VERDICTS
    from webui.reports.appearance import VERDICT_LOOKS
    from webui.standing.board import board, boards
    from webui.standing.follower import Follower

    with opened() as wiring:
        Follower(wiring, at_once=1_000).catch_up()
        shown = [board(wiring, framework)] if framework else boards(wiring)
    for one in shown:
        counts = ", ".join(
            f"{one.counts[verdict]} {VERDICT_LOOKS[verdict].word.lower()}"
            for verdict in VERDICTS
            if one.counts.get(verdict)
        )
        click.echo(f"{one.short}, after {one.position:,} entries: {counts}")
        for row in one.rows:
            if all_ or row.verdict not in {"pass", "not_applicable"}:
                click.echo(f"  {VERDICT_LOOKS[row.verdict].word:<24} {row.ref:<14} {row.title}")
                click.echo(f"  {'':<24} {row.sentence}")


@control.command()
@home_option
def check() -> None:
    """Compute every control from the first entry and compare it with what is kept."""
    from webui.standing.checking import check as check_kept
    from webui.standing.follower import Follower

    with opened() as wiring:
        Follower(wiring, at_once=1_000).catch_up()
        position, differences = check_kept(wiring)
    for one in differences:
        click.echo(f"{one.control}: {one.field} is kept as {one.kept}, not {one.computed}")
    if differences:
        click.echo("Throw the kept state away with `counterseal control rebuild`.", err=True)
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)
    click.echo(f"The controls kept after {position:,} entries are those that the entries give.")


@control.command()
@home_option
def rebuild() -> None:
    """Throw away what is kept of the controls and make it again from the entries.

    When verdicts turned stays known. Nothing goes into the ledger.
    """
    from webui.standing.follower import Follower

    with opened() as wiring:
        follower = Follower(wiring, at_once=1_000)
        follower.forget()
        position = follower.catch_up()
    click.echo(f"Made again from {position:,} entries.")
