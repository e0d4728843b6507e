"""``counterseal spool``: what waits for the server, and sending it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from webui.client.commands.ask import asking, json_option, plain, show, show_receipt
from webui.client.settings import read_client_settings, spool_folder

if TYPE_CHECKING:
    from webui.client.errors import ClientError
    from webui.client.spool import Kept, Sending, Spool


@click.group()
def spool() -> None:
    """Look at commands that wait on disk, and send them."""


@spool.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List what waits, in the order in which it is sent, and what was set aside."""
    kept = _spool()
    waiting, aside, damaged = kept.waiting(), kept.set_aside(), kept.damaged()
    lines = [f"{one.number:>6}  {one.kept_at}  {one.kind:<22} {one.url}" for one in waiting]
    lines += [f"{one.number:>6}  SET ASIDE  {one.kind:<22} {one.reason}" for one in aside]
    lines += [f"        DAMAGED    {name}" for name in damaged]
    found = {
        "waiting": [_told(one) for one in waiting],
        "set_aside": [_told(one) for one in aside],
        "damaged": list(damaged),
    }
    show(found, lines or ["Nothing waits."], as_json=as_json)


@spool.command()
@json_option
def send(as_json: bool) -> None:
    """Send what waits for the server of COUNTERSEAL_URL.

    Exit code 0: everything was recorded. 2: something was set aside. 4: something still waits.
    """
    kept = _spool()
    with asking() as client:
        done = kept.send(client)
    _show_sending(done, as_json=as_json)


@spool.command()
@click.argument("number", type=click.IntRange(min=1))
def again(number: int) -> None:
    """Let what was set aside wait again, behind the others."""
    moved = _spool().again(number)
    click.echo(f"It waits again, as {moved.number}.")


@spool.command()
@click.argument("number", type=click.IntRange(min=1))
def drop(number: int) -> None:
    """Forget what was set aside."""
    dropped = _spool().drop(number)
    click.echo(f"Dropped {dropped.number}: {dropped.kind}.")


def submit_or_keep(
    kind: str, event: dict[str, Any], key: str, kept_in: str | None, *, as_json: bool
) -> None:
    """Keep a command, then send what waits; where the server is away it stays kept.

    It is on disk before it is sent, so that neither a crash nor a lost answer loses it.
    """
    from webui.client import moment
    from webui.client.errors import ClientError

    url = read_client_settings(os.environ).url
    waiting = _spool()
    kept = waiting.add(url, kind, event, key=key, at=f"{moment.now():%Y-%m-%dT%H:%M:%SZ}")
    try:
        with asking() as client:
            done = waiting.send(client)
            mine = next((one for one in done.sent if one.kept.number == kept.number), None)
            if mine is not None and mine.receipt is not None:
                show_receipt(client, mine.receipt, kept_in, as_json=as_json)
                return
    except ClientError as error:
        _keeps(kept, error, as_json=as_json)
        return
    if mine is not None and mine.error is not None:
        raise mine.error
    _keeps(kept, done.stopped, as_json=as_json)


def _keeps(kept: Kept, why: ClientError | None, *, as_json: bool) -> None:
    click.echo(f"Not recorded yet: {plain(str(why or 'others come before it.'))}", err=True)
    found = {"outcome": "kept", "number": kept.number, "kind": kept.kind, "key": kept.key}
    line = f"Kept on disk as {kept.number}; `counterseal spool send` sends it."
    show(found, [line], as_json=as_json)


def _show_sending(done: Sending, *, as_json: bool) -> None:
    found = {
        "recorded": [
            {**_told(one.kept), "entry": one.receipt.sequence, "replayed": one.receipt.replayed}
            for one in done.sent
            if one.receipt is not None
        ],
        "set_aside": [{**_told(one.kept), "reason": str(one.error)} for one in done.aside],
        "left": done.left,
        "stopped": str(done.stopped) if done.stopped else None,
    }
    lines = [
        f"{one.kept.number:>6}  entry {one.receipt.sequence}: {one.kept.kind}"
        if one.receipt is not None
        else f"{one.kept.number:>6}  SET ASIDE: {one.kept.kind}: {one.error}"
        for one in done.sent
    ]
    show(found, lines or ["Nothing was sent."], as_json=as_json)
    if done.stopped is not None:
        click.echo(f"{done.left} still wait: {plain(str(done.stopped))}", err=True)
        raise click.exceptions.Exit(done.stopped.exit_code)
    if done.aside:
        click.echo("Something was set aside: `counterseal spool list` says why.", err=True)
        raise click.exceptions.Exit(2)


def _told(kept: Kept) -> dict[str, Any]:
    return {
        "number": kept.number,
        "url": kept.url,
        "kind": kept.kind,
        "key": kept.key,
        "kept_at": kept.kept_at,
        "reason": kept.reason,
    }


def _spool() -> Spool:
    from webui.client.spool import Spool

    return Spool(spool_folder(os.environ))
