"""``describe``, ``settle`` and ``document``: what is said of versions, and by whose word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

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
from webui.client.plain import number, number_or_none, objects, text, text_or_none, texts

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
@click.argument("model")
@click.argument("version", required=False)
@click.option(
    "--field", "fields", multiple=True, metavar="NAME=VALUE", help="Say what a field holds."
)
@click.option(
    "--source", default="by_hand", show_default=True, help="Where that comes from, such as mlflow."
)
@key_option
@kept_option
@json_option
def describe(
    *,
    model: str,
    version: str | None,
    fields: tuple[str, ...],
    source: str,
    key: str,
    kept: str | None,
    as_json: bool,
) -> None:
    """Tell what is known of MODEL or its VERSION, or say what fields hold.

    Exit code 1: a required field is missing, or sources disagree. Exit code 3: the policy refuses.
    """
    of = {"model": model, **({"version": version} if version else {})}
    with asking() as client:
        if fields:
            event = {**of, "source": source, "values": values_of(fields)}
            receipt = client.submit("metadata.stated", event, key=key)
            show_receipt(client, receipt, kept, as_json=as_json)
            return
        path = ("models", model, *(("versions", version) if version else ()), "metadata")
        found = client.read(*path)
    show(
        found, [line for each in objects(found, "fields", _lines) for line in each], as_json=as_json
    )
    if texts(found, "missing") or texts(found, "disputed"):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("model")
@click.argument("version", required=False)
@click.option("--field", required=True, metavar="NAME", help="The field that is disputed.")
@click.option("--value", required=True, help="What it holds.")
@click.option("--reason", required=True, help="Why; kept in the vault.")
@key_option
@kept_option
@json_option
def settle(
    *,
    model: str,
    version: str | None,
    field: str,
    value: str,
    reason: str,
    key: str,
    kept: str | None,
    as_json: bool,
) -> None:
    """Decide what a field holds of which sources say different things.

    Exit code 3: the policy refuses it.
    """
    of = {"model": model, **({"version": version} if version else {})}
    path = ("models", model, *(("versions", version) if version else ()), "metadata")
    with asking() as client:
        stand = dict(objects(client.read(*path), "fields", _statements)).get(field, [])
        event = {**of, "field": field, "value": value, "statements": stand, "reason": reason}
        receipt = client.submit("metadata.settled", event, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


@click.command()
@click.argument("model")
@click.argument("version")
@click.option("--section", default="", metavar="NAME", help="The section to sign.")
@click.option("--file", "source", type=click.File("r", encoding="utf-8"), help="What it says.")
@key_option
@kept_option
@json_option
def document(
    *,
    model: str,
    version: str,
    section: str,
    source: TextIO | None,
    key: str,
    kept: str | None,
    as_json: bool,
) -> None:
    """Tell what people stand for of a VERSION, or sign what a section says.

    Exit code 1: a required section lacks. Exit code 3: the policy refuses it.
    """
    if (source is None) != (not section):
        raise SettingError("A section is signed from a file: give --section and --file.")
    of = {"model": model, "version": version}
    with asking() as client:
        found = client.read("models", model, "versions", version, "documentation")
        if source is not None:
            stands = dict(objects(found, "sections", _signed)).get(section)
            event: dict[str, Any] = {**of, "section": section, "text": source.read()}
            if stands is not None:
                event["previous"] = stands
            receipt = client.submit("documentation.signed", event, key=key)
            show_receipt(client, receipt, kept, as_json=as_json)
            return
    show(found, list(objects(found, "sections", _section)), as_json=as_json)
    if texts(found, "missing"):
        raise click.exceptions.Exit(1)


def _signed(plain: dict[str, Any]) -> tuple[str, int | None]:
    return text(plain, "section"), number_or_none(plain, "entry")


def _section(plain: dict[str, Any]) -> str:
    name, entry = _signed(plain)
    if entry is None:
        return f"{name}: {'MISSING' if plain.get('missing') else 'nobody has signed it'}"
    said = text_or_none(plain, "text")
    return f"{name} (entry {entry}): {'erased' if said is None else ' '.join(said.split())}"


def values_of(fields: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` taken apart.

    Raises:
        SettingError: one is not of that form, or stands twice.
    """
    found: dict[str, str] = {}
    for one in fields:
        name, sign, value = one.partition("=")
        if not (name and sign and value) or name in found:
            raise SettingError(f"{one!r} is no field: write each once, as NAME=VALUE.")
        found[name] = value
    return found


def _lines(plain: dict[str, Any]) -> list[str]:
    held = text_or_none(plain, "value")
    if plain.get("disputed"):
        held = "DISPUTED"
    elif held is None:
        held = "MISSING" if plain.get("missing") else "nothing"
    said = objects(plain, "said", _said)
    shown = [f"    {one}" for one in said] if len(said) > 1 or plain.get("settled") else []
    return [f"{text(plain, 'field')}: {held}", *shown]


def _said(plain: dict[str, Any]) -> str:
    return f"{text(plain, 'source')} says {text(plain, 'value')} (entry {number(plain, 'entry')})"


def _statements(plain: dict[str, Any]) -> tuple[str, list[int]]:
    entries = objects(plain, "said", lambda one: number(one, "entry"))
    return text(plain, "field"), sorted(set(entries))
