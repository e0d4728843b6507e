"""``counterseal request-release`` and ``wait``: ask for a release, and wait until it is decided."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import click

from webui.client.commands.ask import (
    asking,
    json_option,
    kept_option,
    key_option,
    plain,
    show,
    show_receipt,
)

if TYPE_CHECKING:
    from webui.client.answers import Release
    from webui.client.client import Client

_GRANTED: Final = "granted"
_OPEN: Final = "open"
_LONGEST_PAUSE: Final = 30.0


@click.command("request-release")
@click.argument("model")
@click.argument("version")
@click.option("--to", "environment", required=True, metavar="ENV", help="The environment.")
@click.option("--note", default=None, help="What approvers should know; kept in the vault.")
@key_option
@kept_option
@json_option
def request_release(
    *,
    model: str,
    version: str,
    environment: str,
    note: str | None,
    key: str,
    kept: str | None,
    as_json: bool,
) -> None:
    """Ask that VERSION may run in ENV. The entry's number is the release's."""
    event = {"model": model, "version": version, "environment": environment}
    if note:
        event["note"] = note
    with asking() as client:
        receipt = client.submit("release.requested", event, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


@click.command()
@click.argument("model")
@click.argument("version")
@click.option("--to", "environment", required=True, metavar="ENV", help="The environment.")
@click.option(
    "--timeout",
    "minutes",
    type=click.FloatRange(min=0, max=60 * 24 * 14),
    default=60.0,
    show_default=True,
    metavar="MINUTES",
    help="How long to wait.",
)
@json_option
def wait(*, model: str, version: str, environment: str, minutes: float, as_json: bool) -> None:
    """Wait until the newest release of VERSION to ENV is decided.

    \b
    Exit code 0: it is granted.
              1: it was rejected, withdrawn, or has lapsed.
              2: it can't be told: not decided in time, no such release, no answer.
    """  # noqa: D301 (click reads the form feed as "keep these lines")
    from webui.client.errors import ClientError

    try:
        with asking() as client:
            found = wait_for(client, (model, version, environment), minutes * 60)
    except ClientError as error:
        raise click.exceptions.Exit(_cannot_tell(str(error))) from None
    said = {
        "release": found.number,
        "status": found.status,
        "model": model,
        "version": version,
        "environment": environment,
        "artifact": found.artifact,
        "pending": list(found.pending),
    }
    show(said, [f"Release {found.number} is {found.status}."], as_json=as_json)
    if found.status != _GRANTED:
        raise click.exceptions.Exit(2 if found.status == _OPEN else 1)


def wait_for(client: Client, wanted: tuple[str, str, str], seconds: float) -> Release:
    """The release when it is decided, or as it stands when the time is over.

    What it waits for is told on stderr whenever that changes.

    Raises:
        SettingError: nobody asked for such a release.
    """
    from webui.client.errors import SettingError

    model, version, environment = wanted
    newest = next(client.releases(model=model, version=version, environment=environment), None)
    if newest is None:
        raise SettingError(
            "Nobody has asked for a release of this version to this environment.",
            code="release-missing",
            remedy="Run `counterseal request-release`.",
        )
    end, pause = time.monotonic() + seconds, 1.0
    told: tuple[str, ...] = ("",)
    while True:
        found = client.release(newest.number)
        if found.status != _OPEN:
            return found
        if found.pending != told:
            told = found.pending
            click.echo(f"Release {found.number} waits:", err=True)
            for line in told:
                click.echo(f"- {plain(line)}", err=True)
            pause = 1.0
        left = end - time.monotonic()
        if left <= 0:
            click.echo("It was not decided in time.", err=True)
            return found
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _cannot_tell(sentence: str) -> int:
    click.echo(f"Can't tell: {plain(sentence)}", err=True)
    return 2
