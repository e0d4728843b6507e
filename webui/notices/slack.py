"""A message for a Slack incoming webhook: rich text, whose parts Slack does not read as markup.

What stands in ``text`` is shown in the notification and is read as mrkdwn, so ``&``, ``<`` and
``>`` are escaped there (no mention, no link can be made) and formatting is turned off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from webui.notices.message import Message


def as_slack(message: Message) -> bytes:
    """The body of the post."""
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": message.title, "style": {"bold": True}},
        {"type": "text", "text": f"\n{message.sentence}\n"},
    ]
    if message.link:
        parts.append({"type": "link", "url": message.link, "text": "Open it in the ledger"})
        parts.append({"type": "text", "text": "\n"})
    facts = "\n".join(f"{name}: {value}" for name, value in message.facts)
    blocks = [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": parts},
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": facts}]},
            ],
        }
    ]
    fallback = escaped(f"{message.title}. {message.sentence}")
    return orjson.dumps({"text": fallback, "mrkdwn": False, "blocks": blocks})


def escaped(text: str) -> str:
    """Text that mrkdwn does not take for a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
