"""What the commands share: the server that is meant, and how an answer is printed.

``--json`` gives one JSON object on stdout, whose members are stable; without it a person reads
lines. What waits or goes wrong is told on stderr.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from webui.client.backoff import Patience
from webui.client.settings import read_client_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from webui.client.answers import Receipt
    from webui.client.client import Client

Command = TypeVar("Command", bound="Callable[..., object]")
QUICK: Final = Patience(attempts=3, first=0.3, longest=5.0, altogether=15.0)
_QUICK_SECONDS: Final = 10.0
_DEPLOYED: Final = frozenset({"deployment.recorded", "deployment.rolled_back"})


def json_option(command: Command) -> Command:
    """Give a command the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def key_option(command: Command) -> Command:
    """Give a command the option ``--key``."""
    return click.option(
        "--key",
        default="",
        metavar="TEXT",
        help="The idempotency key: the same command under the same key is recorded once, however "
        "often a job is run again. Default: a fresh one.",
    )(command)


def kept_option(command: Command) -> Command:
    """Give a command the option ``--receipt``."""
    return click.option(
        "--receipt",
        "kept",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="Keep the receipt with its proof in FILE (`counterseal receipt verify`).",
    )(command)


def asking(patience: Patience | None = None, seconds: float = 30.0) -> Client:
    """A client of the server that the environment names."""
    from webui.client.client import Client
    from webui.client.token import find_token
    from webui.client.wire import StandardWire

    settings, wire = read_client_settings(os.environ), StandardWire()
    token = find_token(os.environ, settings, wire)
    return Client(
        settings.url, token, vkey=settings.vkey, wire=wire, patience=patience, seconds=seconds
    )


def asking_quickly() -> Client:
    """As ``asking``, for a question that a deployment waits for."""
    return asking(QUICK, _QUICK_SECONDS)


def show(found: Mapping[str, Any], lines: list[str], *, as_json: bool) -> None:
    """Print an answer, as one object or as lines."""
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        for line in lines:
            click.echo(plain(line))


def plain(text: str) -> str:
    """A text of a server as one line that can't steer a terminal."""
    return "".join(one if one.isprintable() else "?" for one in text)


def show_receipt(client: Client, receipt: Receipt, kept: str | None, *, as_json: bool) -> None:
    """Print what became of a command, and keep the receipt where that was asked for."""
    if kept:
        write_new(kept, json.dumps(client.kept(receipt), indent=1).encode() + b"\n")
    found = {
        "outcome": receipt.outcome,
        "entry": receipt.sequence,
        "kind": receipt.kind,
        "recorded_at": receipt.recorded_at,
        "leaf_hash": receipt.leaf_hash,
        "replayed": receipt.replayed,
        "consequences": [{"entry": c.sequence, "kind": c.kind} for c in receipt.consequences],
        "receipt": dict(receipt.plain),
    }
    before = " (recorded before under this key)" if receipt.replayed else ""
    lines = [f"Entry {receipt.sequence}: {receipt.kind}{before}"]
    if receipt.kind in _DEPLOYED:
        found["stamp"] = f"cs-{receipt.sequence}-{receipt.leaf_hash[:16]}"
        lines.append(f"Stamp for predictions: {found['stamp']}")
    lines += [f"Entry {one.sequence}: {one.kind}" for one in receipt.consequences]
    show(found, lines, as_json=as_json)


def write_new(path: str, data: bytes) -> None:
    """Write a file whole or not at all; one that is there is replaced.

    Raises:
        SettingError: it can't be written.
    """
    from pathlib import Path

    from webui.client.errors import SettingError

    part = Path(f"{path}.part-{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SettingError(f"{path} can't be written: {error.strerror}.") from None
