"""Begin an audit behind entries that were verified before.

The verifier kept a checkpoint. The tree as it is stored now must give its root at its size: then
the entries before it are the ones that were verified, byte for byte (RFC 6962 section 2.1.2), and
the walk may stand behind them. What it needs of them (the entry before, the log's keys, the policy
in force) is read and proved to be in that tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.core.merkle import check_inclusion, prove_inclusion
from ledger.core.tiles import TileReader
from ledger.core.treewalk import TreeWalk
from ledger.errors import LedgerError
from ledger.events.approval import MOST_BEHIND
from ledger.events.assurance import PolicyActivated
from ledger.events.entry import decode_entry
from ledger.state.keys import KEY_KINDS, KeyHistory
from ledger.state.registry import Registry
from ledger.store import folded
from ledger.store.database import reading
from ledger.store.entries import envelopes_of, leaf_hashes, read_entries
from ledger.store.tiles import read_tile

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.audit.walk import Walk
    from ledger.core.checkpoint import Checkpoint
    from ledger.events.entry import Entry
    from ledger.log import Log
    from ledger.state.aggregates import Aggregate
    from ledger.store.entries import Head

_TURNING_KINDS = (*sorted(KEY_KINDS), PolicyActivated.kind)


def stand_at(log: Log, walk: Walk, since: Checkpoint, head: Head) -> str:
    """Put a walk behind the first ``since.size`` entries; a sentence if it can't stand there."""
    if since.origin != log.origin:
        return "The kept checkpoint is of another log."
    if since.size > head.size:
        return (
            f"The kept checkpoint covers {since.size} entries, the log holds {head.size}: "
            "it is an older copy."
        )
    try:
        with reading(log.engine) as connection:
            _stand(log, walk, since, connection)
    except LedgerError as error:
        return f"The log does not continue the kept checkpoint: {error.sentence}"
    if walk.tree.root() != since.root:
        return "The log does not continue the kept checkpoint: it is another history."
    return ""


def _stand(log: Log, walk: Walk, since: Checkpoint, connection: Connection) -> None:
    def read(level: int, index: int, width: int) -> bytes:
        return read_tile(connection, log.log_id, level, index, width)

    walk.tree.resume(since.size, read)
    reader = TileReader(read, since.size)

    def proved(stored: bytes) -> Entry:
        entry = decode_entry(stored)
        path = prove_inclusion(entry.sequence, since.size, reader.subtree)
        check_inclusion(entry.leaf, entry.sequence, since.size, path, since.root)
        return entry

    rows = read_entries(connection, log.log_id, since.size - 1, since.size)
    keys, policy = KeyHistory(), ""
    for stored in envelopes_of(connection, log.log_id, _TURNING_KINDS, since.size):
        entry = proved(stored)
        if isinstance(entry.event, PolicyActivated):
            policy = entry.event.digest
        else:
            keys = keys.after(entry.event, entry.sequence)
    registry = Registry(lambda table, key: _load(log, table, key))
    walk.begin_behind(proved(rows[0].envelope), keys, policy, registry)


def standing(log: Log, walk: Walk, connection: Connection, head: Head) -> None:
    """Put a walk behind the head as it is stored, ready to fold what comes.

    Whoever opened the log has proved its head; what the walk reads is believed.
    """

    def read(level: int, index: int, width: int) -> bytes:
        return read_tile(connection, log.log_id, level, index, width)

    walk.tree.resume(head.size, read)
    earlier, start = TreeWalk(lambda *_: None), max(0, head.size - MOST_BEHIND)
    earlier.resume(start, read)
    walk.remember(earlier.frontier(), leaf_hashes(connection, log.log_id, start, head.size))
    keys = read_keys_in(connection, log.log_id, head.size)
    registry = Registry(lambda table, key: folded.load(connection, log.log_id, table, key))
    policy = registry.policy()
    rows = read_entries(connection, log.log_id, head.size - 1, head.size)
    before = decode_entry(rows[0].envelope)
    walk.begin_behind(before, keys, "" if policy is None else policy.digest, registry)
    walk.folding = True


def read_keys(log: Log, size: int) -> KeyHistory:
    """The log's own keys over its first ``size`` entries, as they are stored."""
    with reading(log.engine) as connection:
        return read_keys_in(connection, log.log_id, size)


def read_keys_in(connection: Connection, log_id: int, size: int) -> KeyHistory:
    """As ``read_keys``, in a transaction that is open."""
    keys = KeyHistory()
    for envelope in envelopes_of(connection, log_id, sorted(KEY_KINDS), size):
        entry = decode_entry(envelope)
        keys = keys.after(entry.event, entry.sequence)
    return keys


def _load(log: Log, table: str, key: str) -> Aggregate | None:
    with reading(log.engine) as connection:
        return folded.load(connection, log.log_id, table, key)
