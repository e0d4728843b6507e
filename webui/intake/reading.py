"""From a delivery's body to the event that it tells of. Pure.

What can't be read raises ``ValueError`` with a sentence for the operator; nothing is guessed.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ledger.errors import InputError
from ledger.events.catalogue import read_command
from ledger.events.names import format_instant
from ledger.events.registries import RegistryChanged
from webui.client.capture.where import public
from webui.client.foreign_names import model_name, version_name
from webui.intake.pointer import find

if TYPE_CHECKING:
    from webui.intake.document import Mapping, Rule

MOST_BYTES: Final = 256 * 1024
_MOST_TEXT: Final = 4000
_OFFSET: Final = re.compile(r"(Z|[+-][0-9]{2}:?[0-9]{2})$")


def read_body(body: bytes) -> Any:
    """A body as JSON: an object without doubled names, not too deep.

    Raises:
        ValueError: it is none; the sentence says why.
    """
    plain = read_json(body)
    if not isinstance(plain, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 (one way to say that it is wrong)
    return plain


def read_json(body: bytes) -> Any:
    """A body as any JSON without doubled names, not too deep.

    Raises:
        ValueError: it is none; the sentence says why.
    """
    if len(body) > MOST_BYTES:
        raise ValueError("it is too long")
    try:
        return json.loads(body, object_pairs_hook=_once, parse_constant=_no_constant)
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError("it is not JSON") from None
    except RecursionError:
        raise ValueError("it is too deep") from None


def read_delivery(document: Mapping, registry: str, body: bytes) -> RegistryChanged | str:
    """The event; or ``test`` or ``ignore`` where a rule says that there is none.

    Raises:
        ValueError: no rule takes it, or a place that a rule names holds nothing that fits.
    """
    plain = read_body(body)
    if document.envelope == "cloudevents" and plain.get("specversion") != "1.0":
        raise ValueError("it is no CloudEvent of version 1.0")
    for rule in document.rules:
        if all(find(plain, pointer) == wanted for pointer, wanted in rule.when.items()):
            if rule.change in {"ignore", "test"}:
                return rule.change
            return _event(rule, registry, plain)
    raise ValueError("no rule of the connection takes it")


def _event(rule: Rule, registry: str, plain: Any) -> RegistryChanged:
    fields: dict[str, Any] = {"registry": registry, "change": rule.change, "told_by": "webhook"}
    model, version = _text(plain, rule.model), _text(plain, rule.version)
    name, value, by = (_text(plain, place) for place in (rule.name, rule.value, rule.by))
    if model:
        fields["model"] = model_name(model)
    if version:
        fields["version"] = version_name(version)
    if name:
        fields["name"] = public(name) or "?"
    if value:
        fields["value"] = value[:_MOST_TEXT]
    if by:
        fields["by"] = by[:_MOST_TEXT]
    at = instant(_text(plain, rule.at))
    if at:
        fields["changed_at"] = at
    try:
        event = read_command(RegistryChanged.kind, fields)
    except InputError as error:
        raise ValueError(str(error)) from None
    if not isinstance(event, RegistryChanged):
        raise ValueError("it is of another kind")  # noqa: TRY004 (as above)
    return event


def _text(plain: Any, pointer: str | None) -> str:
    """A text or a whole number at a place; empty where there is neither."""
    if pointer is None:
        return ""
    found = find(plain, pointer)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).replace("\x00", "?").strip()


def instant(text: str) -> str:
    """A time with its offset as the ledger writes one; empty where it is none."""
    if not _OFFSET.search(text):
        return ""
    try:
        return format_instant(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError):
        return ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it has a name twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"it holds {name}")
