"""``counterseal notices``: the channels, what was given up, and ways to try again."""

from __future__ import annotations

from typing import Final

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened

_MOST: Final = 1000


@click.group()
def notices() -> None:
    """See how notices arrive, try a channel, send again what was given up."""


@notices.command("list")
@home_option
def list_notices() -> None:
    """List the channels, and after them the deliveries that were given up."""
    from ledger.store.database import reading
    from ledger.store.notices import Tally, dead_deliveries, tally_channels
    from webui.notices.channels import read_channels

    with opened() as wiring:
        channels = read_channels(wiring.settings)
        with reading(wiring.engine) as connection:
            tallies = tally_channels(connection, wiring.log.log_id)
            dead = dead_deliveries(connection, wiring.log.log_id, _MOST)
    names = [*channels.names, *sorted(set(tallies) - set(channels.names))]
    rows = []
    for name in names:
        found, tally = channels.find(name), tallies.get(name, Tally())
        counts = (str(tally.delivered), str(tally.waiting), str(tally.dead))
        rows.append((name, found.type if found else "", tally.last_at, *counts))
    print_columns(("channel", "type", "last arrived", "arrived", "waiting", "given up"), rows)
    if dead:
        click.echo()
        lines = [
            (f"{one.occasion}:{one.subscription_id}", one.channel, one.settled_at, one.failure)
            for one in dead
        ]
        print_columns(("given up", "channel", "at", "why"), lines)


@notices.command()
@home_option
@click.argument("channel")
@click.option("--to", "recipient", default="", metavar="ADDRESS", help="For the channel email.")
def test(channel: str, recipient: str) -> None:
    """Send a message to CHANNEL now that says that it is a test."""
    from webui.notices.channels import read_channels
    from webui.notices.sending import Sender

    with opened() as wiring:
        sender = Sender(wiring, read_channels(wiring.settings))
        try:
            sender.test(channel, recipient)
        finally:
            sender.close()
    click.echo(f"The test message was taken by {channel}.")


@notices.command()
@home_option
@click.argument("delivery", required=False, default="")
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
def resend(delivery: str, everything: bool) -> None:
    """Let DELIVERY (as `notices list` names it) be tried again; the running server sends it."""
    from ledger.errors import UnknownSubjectError
    from ledger.events.names import format_instant
    from ledger.store.database import writing
    from ledger.store.notices import revive_deliveries

    occasion, _, subscription_id = delivery.rpartition(":")
    if bool(delivery) == everything or (delivery and not occasion):
        msg = "name one as `notices list` does, or say --all."
        raise click.BadParameter(msg, param_hint="'DELIVERY'")
    with opened() as wiring, writing(wiring.engine) as connection:
        count = revive_deliveries(
            connection,
            wiring.log.log_id,
            format_instant(wiring.now()),
            occasion=occasion,
            subscription_id=subscription_id,
        )
    if delivery and not count:
        raise UnknownSubjectError("Nothing of this name was given up.")
    click.echo(f"{count} will be sent again by the running server.")
