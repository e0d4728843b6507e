"""``counterseal connection``: registries elsewhere that deliver what happens there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ACCEPTED = 202


@click.group()
def connection() -> None:
    """Listen to MLflow, Weights & Biases, Comet, or whatever posts JSON or CloudEvents."""


@connection.command()
@home_option
@click.argument("name")
@click.option(
    "--type",
    "type_",
    required=True,
    help="mlflow, wandb, comet, huggingface, cloudevents or generic.",
)
@click.option("--workload", required=True, metavar="ID", help="Whom it speaks for.")
@click.option("--document", type=_FILE, help="Its document (JSON), in place of the shipped one.")
@click.option(
    "--secret-file", type=_FILE, help="What the source proves itself by; else one is made."
)
@click.option(
    "--silent-hours",
    default=24,
    show_default=True,
    type=click.IntRange(0, 8784),
    help="After how many hours without a delivery it is silent; 0 never.",
)
def add(
    *,
    name: str,
    type_: str,
    workload: str,
    document: Path | None,
    secret_file: Path | None,
    silent_hours: int,
) -> None:
    """Make the connection NAME, and print its address and its secret, which is shown once."""
    from ledger.keys.signer import read_secret
    from webui.intake.managing import add_connection, get_connection, path_of
    from webui.intake.reading import read_body
    from webui.intake.shipped import WANDB_TEMPLATE

    given = None
    if document is not None:
        try:
            given = read_body(document.read_bytes())
        except ValueError as error:
            msg = f"{document}: {error}."
            raise click.BadParameter(msg, param_hint="'--document'") from None
    secret = read_secret(secret_file).decode().strip() if secret_file else ""
    with opened() as wiring:
        made = add_connection(
            wiring,
            name,
            type_,
            actor=workload,
            by=wiring.service.id,
            secret=secret,
            document=given,
            silent_hours=silent_hours,
        )
        path = path_of(get_connection(wiring, name))
        address = (wiring.settings.public_url or "https://THIS-SERVER").rstrip("/")
    click.echo(f"Address: {address}{path}")
    if not secret:
        click.echo(f"Secret:  {made}")
        click.echo("The secret is not shown again.", err=True)
    if type_ == "wandb":
        click.echo("Payload of the automation:")
        click.echo(WANDB_TEMPLATE)


@connection.command("list")
@home_option
def list_all() -> None:
    """List the connections and how their deliveries stand."""
    from ledger.store.connections import count_inbound
    from ledger.store.database import reading
    from webui.intake.clerk import is_silent
    from webui.intake.managing import list_connections

    with opened() as wiring:
        with reading(wiring.engine) as opened_:
            counts = count_inbound(opened_, wiring.log.log_id)
        rows = []
        for one in list_connections(wiring):
            tally = counts.get(one.name, {})
            numbers = [str(tally.get(state, 0)) for state in ("recorded", "waiting", "refused")]
            silent = "silent" if is_silent(one, wiring.now()) else ""
            rows.append(
                (
                    one.name,
                    one.type,
                    one.heard_at,
                    *numbers,
                    str(tally.get("quarantined", 0)),
                    silent,
                )
            )
    heads = ("name", "type", "last heard", "recorded", "waiting", "refused", "quarantined", "")
    print_columns(heads, rows)


@connection.command()
@home_option
def coverage() -> None:
    """Tell of each source how much of what it shows was told of here when it happened."""
    from webui.intake.inventory import coverage as by_source

    with opened() as wiring:
        found = by_source(wiring)
    rows = [
        (one.source, one.as_of, str(one.listed), str(one.unexplained), one.coverage)
        for one in found
    ]
    print_columns(("source", "read", "shown", "unexplained", "coverage"), rows)


def _where(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("name"),
            click.option("--url", required=True, help="Where MLflow's server is."),
            click.option("--token-file", type=_FILE, help="A token for it, where it asks for one."),
            click.option("--dry-run", is_flag=True, help="Show what is found; record nothing."),
        )
    ):
        command = option(command)
    return command


@connection.command()
@home_option
@_where
@click.option(
    "--every", type=click.IntRange(1, 1440), metavar="MINUTES", help="Go on, once in MINUTES."
)
def sweep(
    *, name: str, url: str, token_file: Path | None, dry_run: bool, every: int | None
) -> None:
    """Hold what MLflow shows at URL against the ledger, and record it under NAME.

    Exit code 1 where something is unexplained. With --every it goes on until it is stopped, also
    where MLflow can't be reached, which it says.
    """
    from ledger.errors import OutsideError

    while True:
        try:
            many = _swept(name, url, token_file, "sweep", dry_run=dry_run)
        except OutsideError as error:
            if every is None:
                raise
            click.echo(str(error), err=True)
            many = 0
        if every is None:
            raise SystemExit(1 if many else 0)
        time.sleep(60 * every)


@connection.command("import")
@home_option
@_where
def import_(*, name: str, url: str, token_file: Path | None, dry_run: bool) -> None:
    """Bring in what MLflow shows at URL, marked as imported, under NAME."""
    _swept(name, url, token_file, "import", dry_run=dry_run)


def _swept(
    name: str,
    url: str,
    token_file: Path | None,
    told_by: Literal["sweep", "import"],
    *,
    dry_run: bool,
) -> int:
    """Compare, record and tell; how much was unexplained."""
    from ledger.keys.signer import read_secret
    from webui.intake.inventory import compare, record
    from webui.intake.sweep import shown_by_mlflow

    token = read_secret(token_file).decode().strip() if token_file else ""
    with opened() as wiring:
        try:
            shown = shown_by_mlflow(url, token)
        except ValueError as error:
            raise click.BadParameter(f"{error}.", param_hint="'--url'") from None
        found = compare(wiring, name, shown)
        receipt = None if dry_run else record(wiring, name, found, told_by)[-1]
    rows = [(one.thing, one.model, one.item, one.value) for one in found.unexplained]
    print_columns(("unexplained", "model", "which", "value"), rows)
    for one in found.vanished:
        click.echo(f"not shown any more: {one}")
    click.echo(
        f"{found.coverage} of {len(found.shown)} are explained, {len(found.unexplained)} are not."
    )
    if receipt is not None:
        click.echo(f"Entry {receipt.sequence}: {receipt.outcome}")
    return len(found.unexplained)


@connection.command()
@home_option
@click.argument("name")
def remove(name: str) -> None:
    """Remove the connection NAME: its address answers nobody any more."""
    from webui.intake.managing import remove_connection

    with opened() as wiring:
        remove_connection(wiring, name)
    click.echo(f"{name} is removed.")


@connection.command()
@home_option
@click.argument("name")
@click.option("--url", default="", help="Where the server is. Default: its public address.")
def test(name: str, url: str) -> None:
    """Deliver a test to the running server as the source of NAME would, signed with its secret."""
    import httpx

    from ledger.errors import OutsideError
    from webui.intake.managing import get_connection, mapping_of, path_of, secret_of
    from webui.intake.trying import trial

    with opened() as wiring:
        source = get_connection(wiring, name)
        document, secret, path = mapping_of(source), secret_of(wiring, source), path_of(source)
        address = url or wiring.settings.public_url
        now = wiring.now()
    if not address:
        msg = "say where the server is."
        raise click.BadParameter(msg, param_hint="'--url'")
    headers, body = trial(document, secret, now.timestamp())
    try:
        reply = httpx.post(f"{address.rstrip('/')}{path}", content=body, headers=headers)
    except httpx.HTTPError as error:
        raise OutsideError(f"The server can't be reached ({type(error).__name__}).") from None
    if reply.status_code != _ACCEPTED:
        raise OutsideError(f"The test was not taken (status {reply.status_code}).")
    click.echo(f"The test was taken by {name}; it is counted, and is no event.")
