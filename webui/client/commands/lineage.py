"""``counterseal lineage``, ``impact``, ``recall`` and ``lift-recall``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from webui.client.commands.ask import (
    asking,
    json_option,
    kept_option,
    key_option,
    show,
    show_receipt,
)
from webui.client.errors import SettingError
from webui.client.plain import number, objects, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS: Final = {"data": "data_set", "version": "model"}
_CAUSES: Final = (
    "consent_withdrawn", "licence", "poisoned", "privacy", "quality", "security", "other",
)  # fmt: skip


@click.command()
@click.argument("of")
@click.option("--direction", type=click.Choice(("up", "down", "both")), default="both")
@click.option("--depth", type=click.IntRange(0, 20), default=3, help="How many steps. Default: 3.")
@json_option
def lineage(*, of: str, direction: str, depth: int, as_json: bool) -> None:
    """Tell what OF was made from, and what was made of it.

    OF is data:NAME@VERSION, version:MODEL@VERSION, code:COMMIT or run:NAME; data:NAME and
    version:MODEL stand for every version of one.
    """
    query = [("of", of), ("direction", direction), ("depth", str(depth))]
    with asking() as client:
        found = client.read("lineage", query=query)
    show(found, list(_drawn(found)), as_json=as_json)


@click.command()
@click.argument("of")
@json_option
def impact(*, of: str, as_json: bool) -> None:
    """Tell every version that descends from OF, where it runs now, and whose model it is."""
    with asking() as client:
        found = client.read("impact", query=[("of", of)])
    show(found, list(_affected(found)), as_json=as_json)


@click.command()
@click.argument("material")
@click.option("--cause", type=click.Choice(_CAUSES), required=True)
@click.option("--reason", required=True, help="What happened; kept in the vault.")
@key_option
@kept_option
@json_option
def recall(
    *, material: str, cause: str, reason: str, key: str, kept: str | None, as_json: bool
) -> None:
    """Withdraw MATERIAL (data:NAME[@VERSION] or version:MODEL[@VERSION]).

    What descends from it is not newly deployed while the recall stands; what runs goes on running,
    and is told by `counterseal impact`. Exit code 3: the policy refuses it.
    """
    kind, _, name = material.partition(":")
    what, _, only = name.partition("@")
    if kind not in _FIELDS or not what:
        raise SettingError(
            "A data set or a model is recalled.",
            code="invalid-material",
            remedy="Write data:NAME[@VERSION] or version:MODEL[@VERSION].",
        )
    event = {
        _FIELDS[kind]: what,
        "cause": cause,
        "reason": reason,
        **({"only": only} if only else {}),
    }
    with asking() as client:
        receipt = client.submit("recall.placed", event, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


@click.command("lift-recall")
@click.argument("entry", type=int)
@click.option("--reason", required=True, help="Why; kept in the vault.")
@key_option
@kept_option
@json_option
def lift_recall(*, entry: int, reason: str, key: str, kept: str | None, as_json: bool) -> None:
    """Lift the recall that ENTRY placed. Exit code 3: the policy refuses it."""
    with asking() as client:
        receipt = client.submit("recall.lifted", {"recall": entry, "reason": reason}, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


def _drawn(found: dict[str, Any]) -> Iterator[str]:
    yield f"Around {text(found, 'root')}:"
    yield from objects(found, "arrows", _arrow)
    for thing in objects(found, "things", dict):
        notes = ["external"] if thing.get("external") is True else []
        notes += [f"weak: {word.replace('_', ' ')}" for word in texts(thing, "weak")]
        recalls = thing.get("recalls")
        notes += [
            f"recalled by entry {one}" for one in (recalls if isinstance(recalls, list) else [])
        ]
        if notes:
            yield f"{text(thing, 'id')}: {', '.join(notes)}"
    if found.get("cut") is True:
        yield "There is more than is shown here."


def _arrow(plain: dict[str, Any]) -> str:
    return f"{text(plain, 'source')} -> {text(plain, 'target')} ({text(plain, 'label')})"


def _affected(found: dict[str, Any]) -> Iterator[str]:
    versions = objects(found, "versions", dict)
    yield (
        f"{len(versions)} versions descend from {text(found, 'root')}; "
        f"{number(found, 'running')} deployments run now."
    )
    for one in versions:
        where = ", ".join(texts(one, "environments"))
        yield (
            f"{text(one, 'model')} {text(one, 'version')} ({text(one, 'state')})"
            f"{f', runs in {where}' if where else ''}, owner {text(one, 'owner')}"
        )
