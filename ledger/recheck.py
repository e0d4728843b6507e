"""Check one entry again, step by step, from its stored bytes to a signed tree head.

What ``audit`` does for all, for one, so that a person can watch: each step says what was compared.
Sources: DSSE v1.0.2, RFC 6962 section 2.1, C2SP signed-note and tlog-checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.assertion import parse_authenticator_data
from ledger.core.envelope import check_envelope, parse_envelope
from ledger.core.merkle import check_inclusion, leaf_hash
from ledger.core.rfc4648 import from_base64
from ledger.core.signature import key_fingerprint
from ledger.errors import LedgerError, ProofError, UnknownSubjectError
from ledger.events.approval import read_statement
from ledger.events.entry import FIRST_PREVIOUS, decode_entry
from ledger.events.passkey import KeyEnrolled
from ledger.events.proof import WebAuthnProof
from ledger.events.release import ReleaseApproved, ReleaseRejected
from ledger.state.proving import COUNTER, NO_HEAD, check_request, check_signed
from ledger.store.database import reading
from ledger.store.entries import Filter, find_entries, read_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.entry import Entry
    from ledger.log import Log
    from ledger.store.entries import StoredEntry

_AT_ONCE: Final = 50


@dataclass(frozen=True)
class Step:
    """One comparison: what it is, whether it holds, and the values or the error."""

    name: str
    holds: bool
    detail: str


def recheck(log: Log, sequence: int) -> tuple[Step, ...]:
    """Check one entry in six steps; every step is tried, whatever the ones before said.

    Two more where a passkey signed it: what it signed, and the history that was seen then.

    Raises:
        UnknownSubjectError: there is no entry of this number.
    """
    with reading(log.engine) as connection:
        rows = read_entries(connection, log.log_id, max(0, sequence - 1), sequence + 1)
    row = next((row for row in rows if row.sequence == sequence), None)
    if row is None:
        raise UnknownSubjectError("There is no entry of this number.", pointer="/sequence")
    before = next((item for item in rows if item.sequence == sequence - 1), None)
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("The stored bytes hash to the leaf that is kept for them", lambda: _leaf(row)),
        ("The envelope is signed by the log's key for entries", lambda: _signature(log, row)),
        ("The statement names this log and this number", lambda: _place(log, row)),
        ("It follows the entry before it", lambda: _chain(row, before)),
        ("The newest checkpoint is signed by the log's key", lambda: _checkpoint(log)),
        ("The leaf is in the tree that the checkpoint signs", lambda: _inclusion(log, row)),
    )
    return tuple(_step(name, check) for name, check in (*checks, *_signed(log, row)))


def _step(name: str, check: Callable[[], str]) -> Step:
    try:
        return Step(name, holds=True, detail=check())
    except LedgerError as error:
        return Step(name, holds=False, detail=error.sentence)


def _leaf(row: StoredEntry) -> str:
    found = leaf_hash(row.envelope)
    if found != row.leaf_hash:
        raise ProofError("They hash to something else.", code="leaf-mismatch")
    return f"SHA-256(0x00, {len(row.envelope)} bytes) = {found.hex()}"


def _signature(log: Log, row: StoredEntry) -> str:
    public = log.keys.at("entries", row.sequence) or b""
    check_envelope(parse_envelope(row.envelope), {key_fingerprint(public): public})
    return f"Ed25519, public key {public.hex()}"


def _place(log: Log, row: StoredEntry) -> str:
    entry = decode_entry(row.envelope)
    if (entry.origin, entry.sequence) != (log.origin, row.sequence):
        raise ProofError("It was signed for another place.", code="misplaced")
    return f"{entry.origin}, number {entry.sequence}"


def _chain(row: StoredEntry, before: StoredEntry | None) -> str:
    entry = decode_entry(row.envelope)
    expected = FIRST_PREVIOUS if row.sequence == 0 else None
    if before is not None:
        expected = leaf_hash(before.envelope).hex()
    if entry.previous != expected:
        raise ProofError("It follows another entry than the one before it.", code="chain-broken")
    return f"previous = {entry.previous}"


def _checkpoint(log: Log) -> str:
    tree = log.read_checkpoint(log.head().checkpoint)
    return f"{tree.size} entries, root {tree.root.hex()}, verifier key {log.vkey}"


def _inclusion(log: Log, row: StoredEntry) -> str:
    proof = log.prove(row.sequence)
    tree = log.read_checkpoint(proof.checkpoint)
    check_inclusion(leaf_hash(row.envelope), row.sequence, tree.size, proof.hashes, tree.root)
    return f"{len(proof.hashes)} hashes lead from the leaf to the root"


def _signed(log: Log, row: StoredEntry) -> tuple[tuple[str, Callable[[], str]], ...]:
    try:
        entry = decode_entry(row.envelope)
    except LedgerError:
        return ()
    proof = entry.proof
    if not isinstance(proof, WebAuthnProof):
        return ()
    return (
        ("A passkey signed this very decision", lambda: _assertion(log, entry, proof)),
        ("It signed the root of this history", lambda: _seen(log, entry, proof)),
    )


def _assertion(log: Log, entry: Entry, proof: WebAuthnProof) -> str:
    key = log.entry(proof.key).event if proof.key < entry.sequence else None
    if not isinstance(key, KeyEnrolled) or (key.actor_id, key.credential) != (
        entry.actor.id,
        proof.credential,
    ):
        raise ProofError("No earlier entry enrolled this key for this person.", code="proof-key")
    said, event = read_statement(from_base64(proof.statement)), entry.event
    word = {ReleaseApproved: "approve", ReleaseRejected: "reject"}.get(type(event))
    facts = event.facts()
    if (said.log, said.actor, said.decision, said.release, said.artifact) != (
        entry.origin,
        entry.actor.id,
        word,
        facts.get("release"),
        facts.get("artifact"),
    ):
        raise ProofError("It signed something else.", code="proof-statement")
    check_request(said, entry.request, entry.commitments)
    found = check_signed(key, proof)
    last = _count_before(log, entry, proof) or (key.earlier.count if key.earlier else 0)
    if (found.count or last) and found.count <= last:
        raise ProofError("Its counter did not move on: it may have been copied.", code=COUNTER)
    return f"{key.algorithm}, enrolled by entry {proof.key}, counter {found.count} after {last}"


def _count_before(log: Log, entry: Entry, proof: WebAuthnProof) -> int:
    """The counter of the key when it signed last before an entry; 0 where it did not."""
    by = Filter(kinds=(ReleaseApproved.kind, ReleaseRejected.kind), actor=entry.actor.id)
    before: int = entry.sequence
    while True:
        with reading(log.engine) as connection:
            rows = find_entries(
                connection, log.log_id, by, before=before, after=None, limit=_AT_ONCE
            )
        for row in rows:
            other = decode_entry(row.envelope).proof
            if isinstance(other, WebAuthnProof) and other.credential == proof.credential:
                return parse_authenticator_data(from_base64(other.authenticator_data)).count
        if len(rows) < _AT_ONCE:
            return 0
        before = rows[-1].sequence


def _seen(log: Log, entry: Entry, proof: WebAuthnProof) -> str:
    head = read_statement(from_base64(proof.statement)).head
    known = 0 < head.size <= entry.sequence
    with reading(log.engine) as connection:
        root = log.root_at(connection, head.size).hex() if known else ""
    if root != head.root:
        raise ProofError("The head that was signed is not one of this log's.", code=NO_HEAD)
    return f"{head.size} entries, root {head.root}"
