"""Metadata on pages: the schema, what people say of fields, and decisions between sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import render_template, request

from ledger.errors import InputError
from policies import PolicyError
from policies.metadata_schema import write_schema
from webui.described import described, drafted, schema_of
from webui.here import wired
from webui.pages.asking import ask, concluded, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.events.metadata import SchemaActivated

_HERE: Final = "/schema"
_FIELD: Final = "field:"
BY_HAND: Final = "by_hand"
"""The source of what people write on a page."""
EXAMPLE: Final = """\
format: metadata/1
fields:
  - name: market
    of: version
    type: choice
    title: Market
    help: Where it may be offered
    choices: [eu, uk]
    required_from: medium
"""


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    add = blueprint.add_url_rule
    model, version = "/models/<model>/metadata", "/models/<model>/<version>/metadata"
    add(_HERE, "schema", _schema)
    add(_HERE, "read_schema", _read, methods=["POST"])
    add(model, "state_model", _state, methods=["POST"])
    add(version, "state_version", _state, methods=["POST"])
    add(f"{model}/settle", "settle_model", _settle, methods=["POST"])
    add(f"{version}/settle", "settle_version", _settle, methods=["POST"])


def _schema() -> ResponseReturnValue:
    held = schema_of(wired().reader)
    return _shown(write_schema(held.fields, held.sections) if held.entry is not None else EXAMPLE)


def _shown(
    written: str, error: PolicyError | None = None, found: SchemaActivated | None = None
) -> str:
    held = schema_of(wired().reader)
    return render_template(
        "schema.html",
        held=held,
        written=written,
        error=error,
        found=found,
        digest=found.digest() if found else "",
        same=found is not None and found.digest() == held.digest,
    )


def _read() -> ResponseReturnValue:
    """Read what was written; say what it holds, or put it in force."""
    written = request.form.get("document", "").replace("\r\n", "\n")
    try:
        found = drafted(wired().reader, written, "what you wrote")
    except PolicyError as error:
        return _shown(written, error), 422
    if text("act") != "activate":
        return _shown(written, found=found)
    return concluded(ask(found.kind, found.facts()), "The schema is in force.", _HERE)


def _state(model: str, version: str = "") -> ResponseReturnValue:
    """What somebody wrote into fields; those left as they were are not said again."""
    fields = described(wired().reader, model, version).fields
    held = {one.field: one.value or "" for one in fields}
    values = {
        name: text(f"{_FIELD}{name}")
        for name in held
        if text(f"{_FIELD}{name}") not in {"", held[name]}
    }
    if text("name") and text("value"):
        values[text("name")] = text("value")
    if not values:
        raise InputError("No field was filled in.", pointer="/values", code="nothing-said")
    asked = {**_of(model, version), "source": BY_HAND, "values": values}
    return concluded(ask("metadata.stated", asked), "What you said is recorded.", _back(asked))


def _settle(model: str, version: str = "") -> ResponseReturnValue:
    entries = request.form.get("statements", "").split()
    if not all(one.isascii() and one.isdecimal() for one in entries):
        raise InputError("Statements are named by their entries.", pointer="/statements")
    asked = {
        **_of(model, version),
        "field": text("field"),
        "value": text("value"),
        "statements": [int(one) for one in entries],
        "reason": text("reason"),
    }
    return concluded(ask("metadata.settled", asked), "It is decided.", _back(asked))


def _of(model: str, version: str) -> dict[str, str]:
    return {"model": model, **({"version": version} if version else {})}


def _back(asked: Mapping[str, object]) -> str:
    version = asked.get("version")
    return f"/models/{asked['model']}{f'/{version}' if version else ''}#described"
