"""``counterseal inventory``: what a source shows, in one list, held against the ledger."""

from __future__ import annotations

from typing import Any, Final

import click

from webui.client.commands.ask import asking, json_option, show
from webui.client.plain import objects, text, texts

DENIED: Final = 1
PATIENT: Final = 300.0
"""A list of 20,000 things takes a server about a minute."""
_MOST_BYTES: Final = 8 * 1024 * 1024


@click.command()
@click.argument("source")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--environment",
    "environments",
    multiple=True,
    help="FILE shows every deployment of this environment, even where that is none. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Show what is found; record nothing.")
@json_option
def inventory(
    *, source: str, file: Any, environments: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Hold everything that SOURCE shows against the ledger: FILE is JSON, a list of things.

    A thing has `thing` (model, version, alias, stage, deployment), `model`, `version` and `name`;
    a deployment may name the SHA-256 of its `artifact`.
    What nothing here explains is recorded, each as itself. Exit code 1: something is unexplained.
    """
    items = _items(file.read(_MOST_BYTES + 1))
    with asking(seconds=PATIENT) as client:
        found = hand_in(
            client, source, items, told_by="feed", dry_run=dry_run, environments=environments
        )
    lines = lines_of(found)
    show(found, lines, as_json=as_json)
    if found["unexplained"] or found["vanished"]:
        raise click.exceptions.Exit(DENIED)


def _items(data: bytes) -> list[Any]:
    from webui.client.errors import AnswerError, SettingError
    from webui.client.plain import read_object

    if len(data) > _MOST_BYTES:
        raise SettingError(f"The list is larger than {_MOST_BYTES} bytes.")
    try:
        items = read_object(b'{"items": ' + data + b"}").get("items")
    except AnswerError:
        items = None
    if not isinstance(items, list):
        raise SettingError("This is not a JSON list of things.")
    return items


def hand_in(
    client: Any,
    source: str,
    items: Any,
    *,
    told_by: str,
    dry_run: bool,
    environments: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Ask the server to compare, and to record unless it is a trial."""
    body = {"source": source, "told_by": told_by, "dry_run": dry_run, "items": items}
    if environments:
        body["environments"] = list(environments)
    found: dict[str, Any] = client.ask("inventories", body=body)
    return found


def lines_of(found: dict[str, Any]) -> list[str]:
    """What was found, for a person."""
    lines = [line_of(one) for one in objects(found, "unexplained", dict)]
    lines += [f"not shown any more: {one}" for one in texts(found, "vanished")]
    lines.append(f"{text(found, 'coverage')} of {found['listed']} are explained.")
    return lines


def line_of(change: dict[str, Any]) -> str:
    """One change: what it is, and what became of it."""
    name = change.get("ref") or " ".join(
        str(change[part]) for part in ("model", "version", "name") if change.get(part)
    )
    what = f"{name}: {str(change['change']).replace('_', ' ')}"
    said = "; ".join(texts(change, "sentences")) if change["outcome"] != "allow" else ""
    entry = change.get("entry")
    before = f"Entry {entry['sequence']}: " if entry else ""
    return f"{before}{what}" + (f", refused: {said}" if said else "")
