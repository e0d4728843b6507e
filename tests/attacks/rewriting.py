"""An entry rewritten in place by whoever holds the database and the log's key for entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from ledger.core.envelope import PAYLOAD_TYPE, parse_envelope, seal
from ledger.core.merkle import leaf_hash
from tests.attacks.test_matrix import unbelt

if TYPE_CHECKING:
    from ledger.log import Log


def rewrite_entry(log: Log, number: int, old: str, new: str) -> None:
    """Replace a text in an entry's statement; sign it anew, and store its true leaf hash."""
    payload = parse_envelope(log.entry(number).envelope).payload
    changed = payload.replace(old.encode(), new.encode())
    assert changed != payload
    signer = log.keyring.entries
    forged = seal(changed, PAYLOAD_TYPE, signer.keyid, signer.sign)
    unbelt(log.engine)
    with log.engine.begin() as connection:
        connection.execute(
            text("UPDATE entry SET envelope = :new, leaf_hash = :leaf WHERE sequence = :at"),
            {"new": forged, "leaf": leaf_hash(forged), "at": number},
        )
