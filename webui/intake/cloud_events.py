"""CloudEvents 1.0 as deliveries: structured, batched and binary, each kept in its structured form.

Source: CloudEvents 1.0.2, JSON format and HTTP protocol binding. The library reads and checks them;
before it does, JSON is read as strictly as any other delivery, because it takes doubled names.

In binary mode the attributes are headers, which a signature over the body does not cover: such a
delivery is taken only where the proof is a header of its own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from webui.intake.document import Hmac, Timed
from webui.intake.reading import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webui.intake.document import Proof

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
MOST_IN_A_BATCH: Final = 200
_VERSION: Final = "1.0"
_PREFIX: Final = "ce-"
_WORDS: Final = ("id", "source", "type")


@dataclass(frozen=True)
class Unpacked:
    """One event in its structured form; ``name`` is a digest of source and id, which are unique."""

    name: str
    body: bytes


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether the attributes stand in headers."""
    media = _media(headers)
    return media not in {STRUCTURED, BATCH} and "ce-specversion" in _lower(headers)


def covers(proof: Proof, headers: Mapping[str, str]) -> bool:
    """Whether the proof speaks for everything that the delivery says."""
    return not (is_binary(headers) and isinstance(proof, Hmac | Timed))


def unpack(headers: Mapping[str, str], body: bytes) -> list[Unpacked]:
    """The events of one delivery.

    Raises:
        ValueError: it is no CloudEvent of version 1.0, or one of a batch is none.
    """
    if is_binary(headers):
        return [_binary(headers, body)]
    media = _media(headers)
    if media == STRUCTURED:
        return [_structured(read_json(body))]
    if media != BATCH:
        raise ValueError("it is neither a structured nor a batched nor a binary CloudEvent")
    events = read_json(body)
    if not isinstance(events, list):
        raise ValueError("a batch is a JSON list")  # noqa: TRY004 (one way to say that it is wrong)
    if len(events) > MOST_IN_A_BATCH:
        raise ValueError(f"a batch has at most {MOST_IN_A_BATCH} events")
    return [_structured(one) for one in events]


def _structured(plain: Any) -> Unpacked:
    """Raise ValueError where it is none."""
    from cloudevents.core.bindings.http import HTTPMessage, from_structured
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    if not isinstance(plain, dict) or plain.get("specversion") != _VERSION:
        raise ValueError(f"it is no CloudEvent of version {_VERSION}")
    if "data" in plain and "data_base64" in plain:
        raise ValueError("it has data twice")
    message = HTTPMessage({"content-type": STRUCTURED}, json.dumps(plain).encode())
    return _written(lambda: from_structured(message, JSONFormat(), CloudEvent))


def _binary(headers: Mapping[str, str], body: bytes) -> Unpacked:
    from cloudevents.core.bindings.http import HTTPMessage, from_binary
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    told = {
        name: text
        for name, text in _lower(headers).items()
        if name.startswith(_PREFIX) or name == "content-type"
    }
    if told.get("ce-specversion") != _VERSION:
        raise ValueError(f"it is no CloudEvent of version {_VERSION}")
    if body and "json" in told.get("content-type", "json"):
        read_json(body)
    return _written(lambda: from_binary(HTTPMessage(told, body), JSONFormat(), CloudEvent))


def _written(read: Any) -> Unpacked:
    from cloudevents.core.formats.json import JSONFormat

    try:
        event = read()
        body = JSONFormat().write(event)
    except Exception:  # noqa: BLE001 (the library raises what it comes upon)
        raise ValueError("it is no valid CloudEvent") from None
    named = [str(event.get_attributes().get(word) or "") for word in _WORDS]
    if not all(named):
        raise ValueError("a CloudEvent has an id, a source and a type")
    name = hashlib.sha256("\n".join((named[1], named[0])).encode("utf-8", "replace")).hexdigest()
    return Unpacked(name, body)


def _media(headers: Mapping[str, str]) -> str:
    return _lower(headers).get("content-type", "").partition(";")[0].strip().lower()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in headers.items()}
