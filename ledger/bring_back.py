"""Bring entries back that the database lacks, from an export, a mirror or a witnessed copy.

For a ledger that is behind its guard: an older database was put back, and somebody elsewhere holds
the rest. Nothing of the copy is believed:

* its checkpoint is signed by this log's key (where that was replaced in what is missing, by the one
  that the missing entries themselves name, signed by the keys that are known), covers at least
  what the guard was promised, and its tree continues both our entries and the promised tree (RFC
  6962 section 2.1.2);
* every entry is walked along as in an audit (hash, signature, chain, place, time, fold) before it
  is stored, with its columns, tiles, registry rows and idempotency keys as the original had them;
* private texts are in no copy: those of the brought-back entries stay missing, and are counted;
* what they say was erased is erased again, within the transaction that stores them.

Each batch is one transaction that leaves a whole ledger, so that it can be interrupted and run
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.audit.found import Audit
from ledger.audit.signatures import Signatures
from ledger.audit.start import standing
from ledger.audit.walk import Walk
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.merkle import check_consistency, prove_consistency
from ledger.core.note import ED25519, Vkey, check_note, parse_note
from ledger.core.tiles import TileReader
from ledger.erasing import NOTHING_BESIDE, carry_out
from ledger.errors import CheckpointError, ConsistencyError, IntegrityError
from ledger.events.privacy import SubjectErased
from ledger.source import entries
from ledger.state.registry import Registry
from ledger.store import folded
from ledger.store.database import reading, writing
from ledger.store.entries import Head, StoredEntry, advance_head, insert_entries, lock_head
from ledger.store.idempotency import insert_keys
from ledger.store.tiles import insert_full_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.audit.walk import Seen
    from ledger.core.checkpoint import Checkpoint
    from ledger.erasing import Beside
    from ledger.log import Log
    from ledger.source import TileSource
    from ledger.state.aggregates import Aggregate

    Progress = Callable[[str, int, int], None]

PAGE: Final = 512


@dataclass(frozen=True)
class BroughtBack:
    """``before`` and ``size`` of the log; ``texts_missing`` private texts are in no copy."""

    before: int
    size: int
    root: bytes
    texts_missing: int


def bring_back(
    log: Log, source: TileSource, progress: Progress, beside: Beside = NOTHING_BESIDE
) -> BroughtBack:
    """Append what a copy of this very log holds beyond our head.

    Afterwards the log's alarm is lifted if its guard agrees.

    Raises:
        IntegrityError: ``copy-too-short``, ``other-history`` or ``copy-damaged``; what was stored
            until then is whole.
        SourceError, OutsideError, CheckpointError, SignatureError: as the source and the note.
    """
    note = source.checkpoint()
    head = log.head()
    try:
        tree = log.read_checkpoint(note)
    except CheckpointError:
        tree = _read_by_later_key(log, source, note, head)
    _check_continues(log, source, tree, head)
    texts = 0
    size = head.size
    while size < tree.size:
        stop = min(size + PAGE, tree.size)
        texts += _store(log, source, tree, note, size, stop, beside)
        size = stop
        progress("entries", size - head.size, tree.size - head.size)
    log.check_guard()
    log.alarm = ""
    return BroughtBack(head.size, size, tree.root, texts)


def _read_by_later_key(log: Log, source: TileSource, note: bytes, head: Head) -> Checkpoint:
    """Read a checkpoint whose key our entries don't know, by the key that the copy's entries name.

    Raises:
        IntegrityError: ``copy-damaged``: the entries don't verify under the keys known here.
        CheckpointError, SignatureError: nor is the note signed by the key that they name.
    """
    parsed = parse_note(note)
    tree = parse_checkpoint(parsed.text)
    found = Audit(log.origin)
    walk = Walk(found, Signatures(0), lambda *_: None)
    with reading(log.engine) as connection:
        standing(log, walk, connection, head)
    walk.registry = Registry(lambda table, key: _stored(log, table, key))
    if tree.origin == log.origin:
        for start in range(head.size, tree.size, PAGE):
            stop = min(start + PAGE, tree.size)
            walk.take(_page(source, start, stop, tree.size), ())
            if not found.sound:
                raise _damaged(found, start)
    key = walk.keys.at("checkpoints", tree.size - 1)
    check_note(parsed, [] if key is None else [Vkey(log.origin, ED25519, key)])
    return tree


def _stored(log: Log, table: str, key: str) -> Aggregate | None:
    with reading(log.engine) as connection:
        return folded.load(connection, log.log_id, table, key)


def _page(source: TileSource, start: int, stop: int, size: int) -> list[tuple[int, bytes, None]]:
    return [
        (start + place, envelope, None)
        for place, envelope in enumerate(entries(source, start, stop, size))
    ]


def _damaged(found: Audit, start: int) -> IntegrityError:
    first = found.problems[0].sentence if found.problems else "It can't be read."
    return IntegrityError(
        f"An entry of the copy from {start} on does not verify: {first}",
        code="copy-damaged",
        remedy="Nothing of this batch was stored. Find another copy.",
    )


def _check_continues(log: Log, source: TileSource, tree: Checkpoint, head: Head) -> None:
    guarded = log.guard.read(log.origin)
    promised = guarded.size if guarded is not None else 0
    if tree.size < max(promised, head.size):
        raise IntegrityError(
            f"The copy holds {tree.size} entries; {max(promised, head.size)} are needed.",
            code="copy-too-short",
            remedy="Find a newer export or mirror; or freeze this log and begin a new one.",
            size=tree.size,
            promised=promised,
        )
    reader = TileReader(source.tile, tree.size)
    known = [(head.size, head.root)]
    if guarded is not None:
        known.append((guarded.size, guarded.root))
    for size, root in known:
        try:
            proof = prove_consistency(size, tree.size, reader.subtree)
            check_consistency(size, tree.size, root, tree.root, proof)
        except ConsistencyError as error:
            raise IntegrityError(
                f"The copy does not continue the first {size} entries that are known here.",
                code="other-history",
                remedy="It is of another history. Keep it: it is evidence.",
            ) from error


def _store(  # noqa: PLR0917 (from where, what, and how far)
    log: Log,
    source: TileSource,
    tree: Checkpoint,
    note: bytes,
    start: int,
    stop: int,
    beside: Beside,
) -> int:
    """Walk along one batch and store it; returns how many private texts it lacks."""
    found = Audit(log.origin)
    page = _page(source, start, stop, tree.size)
    with writing(log.engine) as connection:
        old = lock_head(connection, log.log_id)
        if old.size != start:
            raise IntegrityError("The head moved while entries were brought back.")
        walk = Walk(found, Signatures(0), lambda *_: None)
        standing(log, walk, connection, old)
        seen, _ = walk.take(page, ())
        rows = [_row(one) for one in seen if one is not None]
        if not found.sound or len(rows) != len(page):
            raise _damaged(found, start)
        root = walk.tree.root()
        if stop == tree.size and root != tree.root:
            raise IntegrityError("The copy's entries are not those of its checkpoint.")
        insert_entries(connection, log.log_id, rows)
        insert_full_tiles(connection, log.log_id, old.size, [row.leaf_hash for row in rows])
        insert_keys(connection, log.log_id, _keys(seen))
        changed = walk.registry.changed()
        folded.save(connection, log.log_id, [folded.as_row(*one) for one in changed])
        # What is signed here is signed as the entries say by now.
        log.keys = walk.keys
        log.keyring.turn_to(walk.keys)
        new = Head(
            size=stop,
            previous=rows[-1].leaf_hash,
            frontier=walk.tree.frontier().to_bytes(),
            root=root,
            recorded_at=walk.recorded_at,
            checkpoint=note if stop == tree.size else log.sign_checkpoint(stop, root),
        )
        advance_head(connection, log.log_id, old.size, new)
        gone = [one.entry.event for one in seen if one is not None]
        carry_out(log, connection, [it for it in gone if isinstance(it, SubjectErased)], beside)
    return sum(len(one.entry.commitments) for one in seen if one is not None)


def _row(seen: Seen) -> StoredEntry:
    entry, concerned = seen.entry, seen.concerned
    return StoredEntry(
        sequence=entry.sequence,
        kind=entry.kind,
        recorded_at=entry.recorded_at,
        actor=entry.actor.id,
        outcome="deny" if entry.kind == "access.denied" else "allow",
        model=concerned.model,
        version=concerned.version,
        environment=concerned.environment,
        leaf_hash=entry.leaf,
        envelope=entry.envelope,
    )


def _keys(seen: Sequence[Seen | None]) -> list[tuple[bytes, bytes, int]]:
    requests = [(one.entry.request, one.entry.sequence) for one in seen if one is not None]
    return [
        (bytes.fromhex(request.idempotency_key), bytes.fromhex(request.command), sequence)
        for request, sequence in requests
        if request is not None and request.idempotency_key is not None
    ]
