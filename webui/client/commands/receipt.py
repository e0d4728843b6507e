"""``counterseal receipt verify``: a kept receipt, without asking anybody."""

from __future__ import annotations

import os
from pathlib import Path

import click

from webui.client.commands.ask import json_option, show
from webui.client.settings import VKEY


@click.group()
def receipt() -> None:
    """Check receipts that were kept."""


@receipt.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--vkey", default=None, help=f"The log's verifier key. Default: {VKEY}.")
@json_option
def verify(file: Path, vkey: str | None, as_json: bool) -> None:
    """Check the receipt in FILE, as --receipt keeps it: entry, inclusion proof and checkpoint.

    Exit code 0: it verifies under the key. 1: it does not. It asks nobody.
    """
    from webui.client.errors import SettingError
    from webui.client.receipts import check_kept, read_kept

    known = vkey or os.environ.get(VKEY, "")
    if not known:
        raise SettingError(
            "It is not said under which key.",
            code="vkey-missing",
            remedy="Give the log's verifier key with --vkey; `counterseal log vkey` prints it.",
        )
    kept = read_kept(file.read_bytes())
    statement = check_kept(kept, known, {})
    log = statement["predicate"]["log"]
    found = {"verified": True, "origin": log["origin"], "entry": log["sequence"]}
    found["kind"] = kept["receipt"]["kind"]
    line = f"verified: entry {log['sequence']} of {log['origin']}, {found['kind']}"
    show(found, [line], as_json=as_json)
