"""A message for a program: JSON, signed with a secret that only the two know.

``Counterseal-Signature: t=SECONDS,v1=HEX`` holds the HMAC-SHA256 of ``SECONDS.BODY``; while a
secret is replaced there is a ``v1`` for each. The receiver compares in constant time, refuses what
is older than five minutes, and forgets nothing that it has seen within them (``id`` is the same
each time a message is tried). ``docs/notices.md`` has the program that does this.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webui.notices.message import Message

SIGNATURE: Final = "Counterseal-Signature"
MESSAGE_ID: Final = "Counterseal-Message"


def as_json(message: Message) -> bytes:
    """The body of the post."""
    about = message.about
    said: dict[str, Any] = {
        "id": message.message_id,
        "topic": message.topic,
        "kind": message.kind or None,
        "title": message.title,
        "sentence": message.sentence,
        "at": message.at,
        "log": message.origin,
        "entry": about.entry if about.entry >= 0 else None,
        "model": about.model or None,
        "version": about.version or None,
        "environment": about.environment or None,
        "release": about.release if about.release >= 0 else None,
        "actor": {"id": message.actor, "name": message.actor_name} if message.actor else None,
        "link": message.link or None,
    }
    return orjson.dumps(said)


def sign(body: bytes, seconds: int, secrets: Sequence[str]) -> str:
    """The value of the signature's header; ``seconds`` is Unix time."""
    signed = b"%d.%b" % (seconds, body)
    macs = (hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets)
    return ",".join([f"t={seconds}", *(f"v1={mac}" for mac in macs)])
