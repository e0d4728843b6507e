"""A command by its digest: what is asked for, without its private texts.

The digest stands in the entry that the command became, or in the entry that says it was refused. A
name could be guessed from an unsalted hash, so private texts are never part of it.
"""

from __future__ import annotations

from ledger.core.digest import sha256


def command_digest(kind: str, facts: bytes) -> bytes:
    """SHA-256 of the canonical command; ``facts`` are those of its event, in canonical JSON."""
    return sha256(b'{"event":%s,"kind":"%s"}' % (facts, kind.encode()))
