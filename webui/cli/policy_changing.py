"""``counterseal policy propose`` and ``activate``: a changed document brought to a server.

What is too long for one entry is filed in parts first; parts that are on file are not filed again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webui.cli.policy_history import read_document
from webui.client.commands.ask import asking, json_option, kept_option, key_option, show_receipt

if TYPE_CHECKING:
    from webui.client.client import Client

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--note", default="", help="Why, for those who are to agree. Kept in the vault.")
@key_option
@kept_option
@json_option
def propose(*, file: Path, note: str, key: str, kept: str | None, as_json: bool) -> None:
    """Propose the policy in FILE in place of the one in force; others agree to it, or not.

    Exit code 3: the policy in force refuses it.
    """
    with asking() as client:
        event = _brought(client, file)
        more = {"note": note} if note else {}
        wanted = {"proposed": "policy.activated", "event": event, **more}
        receipt = client.submit("change.proposed", wanted, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


@click.command()
@click.argument("file", type=_FILE)
@key_option
@kept_option
@json_option
def activate(*, file: Path, key: str, kept: str | None, as_json: bool) -> None:
    """Put the policy in FILE in force, where it was agreed to or one word is enough.

    Exit code 3: the policy in force refuses it.
    """
    with asking() as client:
        receipt = client.submit("policy.activated", _brought(client, file), key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


def _brought(client: Client, file: Path) -> dict[str, Any]:
    """What puts the document in force, made from the policy that is; its parts are on file then.

    Raises:
        PolicyError: what is wrong with the document, and where.
        ClientError: the server is away, or refuses a part.
    """
    from policies.filed import activation, parts_of
    from webui.client.plain import number, object_of, objects, text

    document, found = read_document(file), client.read("policy")
    gates = objects(found, "parts", lambda one: number(one, "gates"))
    before = parts_of(object_of(found, "document"), gates)
    event, parts = activation(document, text(found, "digest"), before)
    digests = set(objects(found, "parts", lambda one: text(one, "digest")))
    missing = {part.digest: part.part for part in parts if part.digest not in digests}
    filed = client.file_parts(document.id, missing)
    if parts:
        click.echo(f"{len(parts)} parts, {len(filed)} of them filed now.", err=True)
    return event.facts()
