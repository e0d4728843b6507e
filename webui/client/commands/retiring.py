"""``counterseal deprecations``, ``acknowledge``, ``archive`` and ``obsolete``."""

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
from webui.client.plain import number, objects, text, text_or_none, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_NONE: Final = "No version is deprecated."


@click.command()
@json_option
def deprecations(*, as_json: bool) -> None:
    """Tell which versions end when, where they still run, and who did not acknowledge yet."""
    with asking() as client:
        found = client.read("deprecations")
    show(found, list(objects(found, "items", _line)) or [_NONE], as_json=as_json)


@click.command()
@click.argument("model")
@click.argument("version")
@click.option("--note", default="", help="Kept in the vault.")
@key_option
@kept_option
@json_option
def acknowledge(
    *, model: str, version: str, note: str, key: str, kept: str | None, as_json: bool
) -> None:
    """Say that you know that VERSION is deprecated. Exit code 3: the policy refuses it."""
    event = {"model": model, "version": version, **({"note": note} if note else {})}
    with asking() as client:
        receipt = client.submit("deprecation.acknowledged", event, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


@click.command()
@click.argument("model")
@click.argument("version")
@click.option("--reason", default="", help="Kept in the vault.")
@key_option
@kept_option
@json_option
def archive(
    *, model: str, version: str, reason: str, key: str, kept: str | None, as_json: bool
) -> None:
    """Retire VERSION for ever: kept and readable, never deployed again."""
    event = {"model": model, "version": version, **({"reason": reason} if reason else {})}
    with asking() as client:
        receipt = client.submit("version.archived", event, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


@click.command()
@json_option
def obsolete(*, as_json: bool) -> None:
    """Tell which versions nobody needs any more, and how many bytes they hold."""
    with asking() as client:
        found = client.read("obsolete")
    show(found, list(_sizes(found)), as_json=as_json)


def _line(one: dict[str, Any]) -> str:
    left = one.get("days_left")
    where = ", ".join(texts(one, "environments")) or "nowhere"
    replacement = text_or_none(one, "replacement")
    return (
        f"{text(one, 'sunset')} ({left} days): {text(one, 'model')} {text(one, 'version')}, runs "
        f"{f'in {where}' if where != 'nowhere' else where}"
        f"{f', replaced by {replacement}' if replacement else ''}, "
        f"{len(texts(one, 'owed'))} did not acknowledge"
    )


def _sizes(found: dict[str, Any]) -> Iterator[str]:
    for one in objects(found, "items", dict):
        yield (
            f"{number(one, 'size_bytes'):>15,} {text(one, 'model')} {text(one, 'version')} "
            f"({text(one, 'why').replace('_', ' ')})"
        )
    yield f"{number(found, 'bytes'):>15,} bytes in all, shared ones counted once"
