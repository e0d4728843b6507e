"""``counterseal monthly``: reports that are made every month, listed, begun, ended."""

from __future__ import annotations

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened


@click.group()
def monthly() -> None:
    """Have reports made every month, for people who are told of them."""


@monthly.command("list")
@home_option
def list_monthly() -> None:
    """List the reports that are made every month, and how the last went."""
    from webui.monthly.book import subscriptions
    from webui.naming import namer

    with opened() as wiring:
        found = subscriptions(wiring, wiring.service.id, lambda _: True)
        name = namer(wiring.reader)
        rows = [
            (
                one.kept.subscription_id,
                one.kept.framework,
                ", ".join(one.kept.models) or "all",
                name(one.kept.owner),
                ", ".join(name(to) for to in one.kept.recipients),
                one.kept.month,
                one.kept.last_month,
                one.kept.failure or (f"entry {one.kept.result}" if one.kept.result >= 0 else ""),
            )
            for one in found
        ]
    heads = ("subscription", "report", "models", "by", "told", "next", "last", "result")
    print_columns(heads, rows)


@monthly.command()
@home_option
@click.argument("kind", metavar="KIND")
@click.option(
    "--to",
    "recipients",
    multiple=True,
    required=True,
    metavar="ID",
    help="Who is told: an id of `people list`. May be given several times.",
)
@click.option("-m", "--model", "models", multiple=True, metavar="MODEL", help="Only this model.")
@click.option(
    "-e", "--environment", "environments", multiple=True, metavar="ENV", help="What is production."
)
def add(
    kind: str,
    recipients: tuple[str, ...],
    models: tuple[str, ...],
    environments: tuple[str, ...],
) -> None:
    """Have a report of KIND made every month, over the calendar month before (UTC)."""
    from webui.monthly.book import Said, subscribe

    with opened() as wiring:
        made = subscribe(wiring, wiring.service, Said(kind, recipients, models, environments))
    click.echo(
        f"{made.kept.subscription_id}: the first is that of {made.kept.month}, when it is over."
    )


@monthly.command("end")
@home_option
@click.argument("subscription")
def end_monthly(subscription: str) -> None:
    """End SUBSCRIPTION, whoever began it; reports that were made stay."""
    from ledger.errors import UnknownSubjectError
    from webui.monthly.book import end_any, subscriptions

    with opened() as wiring:
        found = [
            one.kept
            for one in subscriptions(wiring, wiring.service.id, lambda _: True)
            if one.kept.subscription_id == subscription
        ]
        if not found:
            raise UnknownSubjectError("There is no such subscription.", pointer="/subscription")
        end_any(wiring, found[0])
    click.echo(f"{subscription} is ended.")
