"""Who signed an entry: each signature of its envelope beside the key that the log had there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.core.envelope import pae
from ledger.core.signature import check_ed25519, key_fingerprint
from ledger.errors import LedgerError
from ledger.events.entry import decode_entry
from ledger.state.keys import KEY_KINDS, KeyHistory
from ledger.store.database import reading
from ledger.store.entries import envelopes_of

if TYPE_CHECKING:
    from ledger.core.envelope import Envelope
    from ledger.log import Log

USE = "entries"


@dataclass(frozen=True)
class SignedBy:
    """A signature: its key id, the log's public key of that id (or empty) and since which entry."""

    keyid: str
    public: str
    since: int | None
    holds: bool


@dataclass(frozen=True)
class KeyInForce:
    """A key of the log: what it signs, the key in hexadecimal, and since which entry."""

    use: str
    public: str
    since: int


def keys_in_force(log: Log, before: int) -> tuple[KeyInForce, ...]:
    """The keys that the log's entries name as in force at entry ``before``."""
    found: dict[str, KeyInForce] = {}
    history = KeyHistory()
    with reading(log.engine) as connection:
        envelopes = envelopes_of(connection, log.log_id, sorted(KEY_KINDS), max(before, 1))
    for envelope in envelopes:
        entry = decode_entry(envelope)
        history = history.after(entry.event, entry.sequence)
        for use in ("entries", "checkpoints", "cosignatures", "admissions", "seal"):
            public = history.at(use, entry.sequence + 1)
            if public is not None and (use not in found or found[use].public != public.hex()):
                found[use] = KeyInForce(use, public.hex(), entry.sequence)
    return tuple(found.values())


def signed_by(log: Log, envelope: Envelope, number: int) -> tuple[SignedBy, ...]:
    """The signatures of an entry; none is believed that the entries do not name a key for."""
    try:
        keys = keys_in_force(log, number)
    except LedgerError:
        keys = ()
    key = next((one for one in keys if one.use == USE), None)
    return tuple(_signed(one.keyid, one.sig, key, envelope) for one in envelope.signatures)


def _signed(keyid: str, signature: bytes, key: KeyInForce | None, envelope: Envelope) -> SignedBy:
    if key is None or key_fingerprint(bytes.fromhex(key.public)) != keyid:
        return SignedBy(keyid, "", None, holds=False)
    try:
        message = pae(envelope.payload_type, envelope.payload)
        check_ed25519(bytes.fromhex(key.public), signature, message)
    except LedgerError:
        return SignedBy(keyid, key.public, key.since, holds=False)
    return SignedBy(keyid, key.public, key.since, holds=True)
