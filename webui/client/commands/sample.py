"""``counterseal sample``: an auditor's sample, bound, drawn, and drawn again without anybody."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Any

import click

from webui.client.commands.ask import asking, json_option, key_option, show, show_receipt


@click.group()
def sample() -> None:
    """Draw a sample of production changes that neither side can choose.

    \b
    counterseal sample nonce nonce.txt                      # on your machine, keep it secret
    counterseal sample open nonce.txt --from ... --to ...   # binds it, freezes the population
    counterseal sample draw ENTRY nonce.txt                 # tells it, draws
    """  # noqa: D301 (click reads the escape as "keep these lines")


@sample.command()
@click.argument("file", type=click.Path(dir_okay=False))
def nonce(file: str) -> None:
    """Make a nonce, keep it in FILE and print its commitment. Asks nobody."""
    made = secrets.token_bytes(32)
    try:
        kept = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        msg = f"{file} can't be made: {error.strerror}."
        raise click.BadParameter(msg) from None
    with os.fdopen(kept, "w", encoding="ascii") as written:
        written.write(f"{made.hex()}\n")
    click.echo(hashlib.sha256(made).hexdigest())


@sample.command("open")
@click.argument("file", type=click.Path(dir_okay=False, exists=True))
@click.option("--from", "first", required=True, metavar="DATE", help="First day, YYYY-MM-DD.")
@click.option("--to", "last", required=True, metavar="DATE", help="Last day.")
@click.option("-m", "--model", "models", multiple=True, metavar="MODEL", help="Default: all.")
@click.option(
    "-e", "--environment", "environments", multiple=True, metavar="ENV", help="Default: production."
)
@click.option("--size", type=click.IntRange(1, 100), help="Default: a tenth, from 3 to 30.")
@key_option
@json_option
def open_(
    *,
    file: str,
    first: str,
    last: str,
    models: tuple[str, ...],
    environments: tuple[str, ...],
    size: int | None,
    key: str,
    as_json: bool,
) -> None:
    """Bind the nonce of FILE, which is not sent, and freeze the population."""
    event: dict[str, Any] = {
        "population": "changes",
        "period_from": first,
        "period_until": last,
        "models": list(models),
        "environments": list(environments) or ["production"],
        "commitment": hashlib.sha256(bytes.fromhex(_nonce(file))).hexdigest(),
    }
    if size is not None:
        event["size"] = size
    with asking() as client:
        receipt = client.submit("sample.opened", event, key=key)
        show_receipt(client, receipt, None, as_json=as_json)


@sample.command()
@click.argument("number", type=click.IntRange(min=0), metavar="ENTRY")
@click.argument("file", type=click.Path(dir_okay=False, exists=True))
@key_option
@json_option
def draw(*, number: int, file: str, key: str, as_json: bool) -> None:
    """Tell the nonce of FILE and draw sample ENTRY."""
    with asking() as client:
        client.post(f"/samples/{number}/draw", {"nonce": _nonce(file)}, key=key)
        _show(client.get(f"/samples/{number}"), as_json=as_json)


@sample.command()
@click.argument("number", type=click.IntRange(min=0), metavar="ENTRY")
@click.argument("rows", type=click.IntRange(min=0), nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; kept in the vault.")
@key_option
@json_option
def add(*, number: int, rows: tuple[int, ...], reason: str, key: str, as_json: bool) -> None:
    """Add ROWS of the frozen population to sample ENTRY by hand."""
    with asking() as client:
        wanted = {"rows": sorted(set(rows)), "reason": reason}
        client.post(f"/samples/{number}/rows", wanted, key=key)
        _show(client.get(f"/samples/{number}"), as_json=as_json)


@sample.command()
@click.argument("rows", type=click.Path(dir_okay=False, exists=True))
@click.option("--nonce", "nonce_", required=True, metavar="HEX", help="As entry sample.drawn says.")
@click.option("--root", required=True, metavar="HEX", help="Of the tree that was frozen.")
@click.option("--size", type=click.IntRange(min=0), required=True, help="How many were drawn.")
def again(*, rows: str, nonce_: str, root: str, size: int) -> None:
    """Draw a sample again from the population in the file ROWS, an entry number a line.

    Asks nobody. Numbers that are printed are the sample; compare them with the report's.
    """
    try:
        seed = hmac.digest(bytes.fromhex(nonce_), bytes.fromhex(root), "sha256")
    except ValueError:
        msg = "nonce and root are hexadecimal digits."
        raise click.BadParameter(msg) from None
    population = set(Path(rows).read_text(encoding="ascii").split())
    ranked = sorted(population, key=lambda row: hmac.digest(seed, row.encode("ascii"), "sha256"))
    click.echo(" ".join(sorted(ranked[:size], key=int)))


def _nonce(file: str) -> str:
    """The nonce in a file."""
    said = Path(file).read_text(encoding="utf-8", errors="replace").strip().lower()
    if len(said) != 64 or set(said) - set("0123456789abcdef"):  # noqa: PLR2004 (two a byte)
        msg = f"{file} holds no nonce: 64 hexadecimal digits."
        raise click.BadParameter(msg)
    return said


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    rows = " ".join(map(str, found.get("drawn", [])))
    added = " ".join(map(str, found.get("added", [])))
    lines = [
        f"Sample      {found['since']}, frozen with that entry",
        f"Population  {found.get('many', 0)}, root {found.get('root', '')}",
        f"Drawn       {rows or 'none'}",
    ]
    show(found, [*lines, f"Added       {added}"] if added else lines, as_json=as_json)
