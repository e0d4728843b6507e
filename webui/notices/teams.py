"""A message for a Microsoft Teams workflow: one Adaptive Card (schema 1.4) in an attachment.

All text stands in runs of a ``RichTextBlock``, of which the schema says that Markdown is not
supported in them, so a name with asterisks or a link in it stays what it is. ``fallbackText`` may
hold Markdown; what could begin some is escaped there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from webui.notices.message import Message

CARD: Final = "application/vnd.microsoft.card.adaptive"
SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION: Final = "1.4"
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()<>#+!|~-])")


def as_teams(message: Message) -> bytes:
    """The body of the post."""
    body = [
        _block([_run(message.title, weight="Bolder", size="Medium")]),
        _block([_run(message.sentence)]),
        *(
            _block([_run(f"{name}: ", weight="Bolder"), _run(value)], spacing="Small")
            for name, value in message.facts
        ),
    ]
    card: dict[str, Any] = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": escaped(f"{message.title}. {message.sentence}"),
        "body": body,
    }
    if message.link:
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": "Open it in the ledger", "url": message.link}
        ]
    attachment = {"contentType": CARD, "contentUrl": None, "content": card}
    return orjson.dumps({"type": "message", "attachments": [attachment]})


def escaped(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _run(text: str, **looks: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **looks}


def _block(inlines: list[dict[str, Any]], **looks: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": inlines, **looks}
