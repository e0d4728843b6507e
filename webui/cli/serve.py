"""``counterseal serve``: the pages and the API of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from webui.cli.home import home_option, opened
from webui.cli.installation import DEFAULT_PORT

if TYPE_CHECKING:
    from webui.wiring import Wiring


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any."
)
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256))
@click.option(
    "--behind-tls",
    is_flag=True,
    help="Say that a proxy in front speaks https; needed to listen beyond this machine.",
)
@click.option(
    "--proxy",
    default="",
    metavar="ADDRESS",
    help="The address of the proxy in front, whose X-Forwarded-For says who asks. Without it "
    "everybody behind the proxy counts as one address.",
)
@click.option(
    "--public-name",
    multiple=True,
    metavar="HOST",
    help="A further host name under which it may be reached. May be given several times.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(0, 16),
    help="How many jobs are worked on at a time beside the pages. 0 leaves them to "
    "`counterseal worker`.",
)
def serve(  # noqa: PLR0917 (the options of a command)
    host: str,
    port: int,
    threads: int,
    behind_tls: bool,
    proxy: str,
    public_name: tuple[str, ...],
    workers: int,
) -> None:
    """Serve the pages and the API until interrupted."""
    from webui.app import create_app
    from webui.collector import settle
    from webui.custody import BackupClock, record_restore
    from webui.digesting import DigestClock
    from webui.intake.clerk import Clerk
    from webui.jobs import Worker
    from webui.life.sunset import SunsetClock
    from webui.logs import write_to_stderr
    from webui.monthly import MonthClock
    from webui.notices.channels import read_channels
    from webui.notices.courier import Courier
    from webui.privacy import record_erased_again
    from webui.publishing import publishing
    from webui.server import Server, is_loopback
    from webui.standing.follower import Follower
    from webui.tombstones import keep_tombstones

    if not is_loopback(host) and not behind_tls:
        msg = (
            "passwords and tokens would travel unprotected. Put a proxy that speaks https in "
            "front and say so with --behind-tls, or listen on 127.0.0.1."
        )
        raise click.BadParameter(msg, param_hint="'--host'")
    write_to_stderr()
    with opened(serves=True) as wiring, publishing(wiring):
        app = create_app(wiring, hosts=public_name)
        settle()
        server = Server(app, host=host, port=port, threads=threads, https=behind_tls, proxy=proxy)
        server.start()
        record_restore(wiring)
        record_erased_again(wiring)
        keep_tombstones(wiring)
        beside = (
            BackupClock(wiring),
            DigestClock(wiring),
            Clerk(wiring),
            Worker(wiring, threads=workers, processes=1),
            Follower(wiring),
            SunsetClock(wiring),
            MonthClock(wiring),
        )
        for one in beside:
            one.start()
        courier = Courier(wiring, read_channels(wiring.settings))
        courier.start()
        _warn(wiring)
        click.echo(f"Serving {wiring.log.origin} at {server.url} (stop with Ctrl-C)")
        try:
            server.wait()
        finally:
            courier.close()
            for one in beside:
                one.stop()
            server.stop()
        click.echo("Stopped.")


def _warn(wiring: Wiring) -> None:
    """Say on the terminal what keeps the ledger from being written, or from being safe."""
    from ledger.store.guards import shared

    if wiring.log.alarm:
        click.echo(f"The ledger is read-only: {wiring.log.alarm}", err=True)
    elif wiring.log.guard_away:
        away = f"Nothing is recorded until the guard answers: {wiring.log.guard_away}"
        click.echo(away, err=True)
    if wiring.log.successor:
        click.echo(f"This log is frozen; it is continued by {wiring.log.successor}.", err=True)
    if close := shared(wiring.engine, wiring.log.guard).value:
        click.echo(f"WARNING: {close}.", err=True)
