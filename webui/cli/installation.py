"""``counterseal init``, ``setup-link`` and ``migrate``: the life of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from webui.cli.home import home_option, opened, settings

if TYPE_CHECKING:
    from webui.wiring import Wiring

DEFAULT_PORT = 8470


@click.command()
@home_option
@click.option(
    "--origin",
    default="",
    metavar="NAME",
    help="The log's name for ever; best the address below which it will be served, without "
    "https://, such as ledger.example.org/log/main. Default: a random one.",
)
@click.option("--port", default=DEFAULT_PORT, help="The port that the set-up link will name.")
def init(origin: str, port: int) -> None:
    """Make a new installation and print the link that sets up its administrator."""
    from webui.wiring import create

    place = settings()
    wiring = create(place, origin=origin)
    try:
        click.echo(f"Origin        {wiring.log.origin}")
        click.echo(f"Verifier key  {wiring.log.vkey}")
        click.echo(f"Home          {place.home}")
        click.echo(f"Keys          {place.keys}")
        click.echo(f"Guard         {_without_password(place.guard_url)}")
        click.echo()
        click.echo("Keep the verifier key where others can find it, away from this machine.")
        click.echo("Back up the keys apart from the database: who has both can write the ledger.")
        click.echo(
            "Move the guard to another disk or host (COUNTERSEAL_GUARD_URL); it tells an old"
        )
        click.echo("copy of the database from the newest only if it is not restored with it.")
        click.echo()
        _print_link(wiring, port)
    finally:
        wiring.close()


@click.command("setup-link")
@home_option
@click.option("--port", default=DEFAULT_PORT, help="The port that the link will name.")
def setup_link(port: int) -> None:
    """Make a new one-time link that sets up the first administrator."""
    with opened() as wiring:
        _print_link(wiring, port)


@click.command()
@home_option
def migrate() -> None:
    """Bring the database's tables to this version of the program."""
    from ledger.store.database import open_engine
    from ledger.store.migrate import migrate as migrate_tables
    from webui.identity.schema import prepare

    engine = open_engine(settings().database_url)
    migrate_tables(engine)
    prepare(engine)
    engine.dispose()
    click.echo("The database's tables are those of this version.")


def _print_link(wiring: Wiring, port: int) -> None:
    from webui.identity.links import FIRST_MINUTES, issue_setup_link, setup_url

    secret = issue_setup_link(wiring)
    click.echo(f"Set up the administrator with this link, once, within {FIRST_MINUTES} minutes,")
    click.echo("while `counterseal serve` runs:")
    click.echo()
    click.echo(f"  {setup_url(f'http://localhost:{port}', secret)}")


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    if url.startswith(("file:", "s3:")):
        return url
    return make_url(url).render_as_string(hide_password=True)
