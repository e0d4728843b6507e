"""Audit a live database: walk along its entries, and hold every stored row against them.

What the walk gives (leaf hashes, tiles, roots, the registry) is compared with what is stored: the
columns by which entries are found, tiles, checkpoints, head, guard, folded rows, idempotency keys
and the vault. Reading is in short transactions, so that writers go on; the audit speaks of the log
as it stood when it began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.audit.accesses import check_accesses
from ledger.audit.checkpoints import CheckpointCheck, StoredCheckpoints
from ledger.audit.erasures import ErasureCheck
from ledger.audit.found import Audit
from ledger.audit.previous import check_previous
from ledger.audit.rows import check_folded, check_surplus
from ledger.audit.shown import check_shown
from ledger.audit.signatures import Signatures
from ledger.audit.start import read_keys, stand_at
from ledger.audit.tiles import TileCheck
from ledger.audit.walk import Walk
from ledger.core.checkpoint import Checkpoint
from ledger.errors import LedgerError
from ledger.keys.cloud import WRAPPING_FAILED
from ledger.store.database import reading
from ledger.store.entries import scan_entries, scan_leaves
from ledger.store.guards import shared
from ledger.store.idempotency import find_keys
from ledger.store.surplus import count_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography import x509
    from sqlalchemy import Connection

    from ledger.audit.walk import Seen
    from ledger.events.entry import Entry
    from ledger.log import Log
    from ledger.state.redecide import Redecide
    from ledger.store.entries import Head
    from ledger.store.vault import Stretch

    Progress = Callable[[str, int, int], None]

# Small enough that a page stays in the processor's cache while it is hashed. Reading the next one
# in a thread meanwhile was tried, and is slower: both threads want the interpreter.
PAGE: Final = 512


def audit(
    log: Log,
    progress: Progress | None = None,
    *,
    since: Checkpoint | None = None,
    tree_only: bool = False,
    workers: int | None = None,
    certificates: Sequence[x509.Certificate] = (),
    redecide: Redecide | None = None,
    root: bytes | None = None,
) -> Audit:
    """Verify a log from its first entry to its head as it stands when the audit begins.

    Args:
        log: an open log; one with an alarm is audited too.
        progress: is told ``(step, done, total)``.
        since: a checkpoint that was verified before and kept elsewhere: only what came after it is
            read, once the tree is shown to continue it. The registry is not rebuilt then.
        tree_only: hash every entry and check tiles, roots and checkpoints; no signatures of
            entries, no statements, no registry.
        workers: processes for signatures; by default one for each core.
        certificates: roots that time-stamp tokens must lead to.
        redecide: takes every decision again, fresh for each audit; without it none is.
        root: the root key that must certify the log's keys.
    """
    audited = _LiveAudit(
        log, progress or _tell_nobody, since, tree_only=tree_only, redecide=redecide
    )
    return audited.run(workers, certificates, root)


def _tell_nobody(step: str, done: int, total: int) -> None:
    del step, done, total


class _LiveAudit:
    def __init__(
        self,
        log: Log,
        progress: Progress,
        since: Checkpoint | None,
        *,
        tree_only: bool,
        redecide: Redecide | None,
    ) -> None:
        self._log = log
        self._progress = progress
        self._since = since
        self._tree_only = tree_only
        self._redecide = redecide
        self._found = Audit(log.origin)
        self._keys_wanted = 0
        self._vault_away = False
        self._people = ErasureCheck(log, self._found)

    def run(
        self, workers: int | None, certificates: Sequence[x509.Certificate], root: bytes | None
    ) -> Audit:
        found, head = self._found, self._log.head()
        found.size, found.root, found.checkpoint = head.size, head.root, head.checkpoint
        start = self._since.size if self._since is not None else 0
        expected = 0 if self._tree_only else head.size - start
        self._signatures = Signatures(expected, workers)
        try:
            self._checkpoints = CheckpointCheck(found, self._signatures)
            tiles = TileCheck(self._log, found)
            self._walk = Walk(
                found,
                self._signatures,
                tiles.compare,
                tree_only=self._tree_only,
                redecide=self._redecide,
            )
            if start and not self._begin(head):
                return found
            if self._tree_only:
                self._walk.keys = read_keys(self._log, head.size)
            self._walk_entries(head, start)
            self._signatures.finish()
        finally:
            self._signatures.close()
        found.hold_root(self._walk.keys, root)
        check_shown(self._log, found, self._walk.keys, certificates, after=start)
        self._check_end(head, start)
        found.trusted_size = self._checkpoints.trusted()
        return found

    def _begin(self, head: Head) -> bool:
        assert self._since is not None  # noqa: S101 (run asks only then)
        problem = stand_at(self._log, self._walk, self._since, head)
        if problem:
            self._found.note("entry", self._since.size - 1, "not-a-continuation", problem)
            return False
        self._found.since = self._since.size
        self._checkpoints.good_sizes.append(self._since.size)
        return True

    def _walk_entries(self, head: Head, start: int) -> None:
        checkpoints = StoredCheckpoints(self._log, start, head.size)
        scan = scan_leaves if self._tree_only else scan_entries
        for place in range(start, head.size, PAGE):
            stop = min(place + PAGE, head.size)
            with reading(self._log.engine) as connection:
                rows = scan(connection, self._log.log_id, place, stop)
            notes = checkpoints.until(stop)
            seen, roots = self._walk.take(rows, [size for size, _ in notes])
            if not self._tree_only:
                self._compare_rows(rows, seen, place, stop)
            self._checkpoints.check(notes, roots, self._walk.keys)
            self._progress("entries", stop - start, head.size - start)
        if self._found.counts.entries != head.size - start:
            there = self._found.counts.entries + start
            sentence = f"The head speaks of {head.size} entries, {there} are there."
            self._found.note("entry", there, "entries-missing", sentence)

    def _compare_rows(
        self,
        rows: Sequence[tuple[Any, ...]],
        seen: Sequence[Seen | None],
        start: int,
        stop: int,
    ) -> None:
        entries = []
        for row, one in zip(rows, seen, strict=True):
            if one is None:
                continue
            entry, concerned = one.entry, one.concerned
            entries.append(entry)
            wanted = (
                entry.kind,
                entry.recorded_at,
                entry.actor.id,
                "deny" if entry.kind == "access.denied" else "allow",
                concerned.model,
                concerned.version,
                concerned.environment,
            )
            if wanted != row[3:]:
                sentence = "The columns by which it is found do not agree with its envelope."
                self._found.note("entry", row[0], "columns-wrong", sentence)
        if rows and len(entries) == len(rows):
            self._check_keys(entries)
            self._check_private(entries, start, stop)

    def _check_keys(self, entries: Sequence[Entry]) -> None:
        """Every idempotency key that entries speak of stands for them; ``_check_end`` counts."""
        wanted = {
            bytes.fromhex(entry.request.idempotency_key): (
                bytes.fromhex(entry.request.command),
                entry.sequence,
            )
            for entry in entries
            if entry.request is not None and entry.request.idempotency_key is not None
        }
        if not wanted:
            return
        self._keys_wanted += len(wanted)
        with reading(self._log.engine) as connection:
            stored = find_keys(connection, self._log.log_id, list(wanted))
        for key, value in wanted.items():
            if stored.get(key) != value:
                sentence = "Its idempotency key is not what the entry says."
                self._found.note("idempotency", value[1], "key-wrong", sentence)

    def _check_private(self, entries: Sequence[Entry], start: int, stop: int) -> None:
        """Every text opens and is what its entry is bound to, and no other text is there."""
        bound = {
            (entry.sequence, item.field, item.subject)
            for entry in entries
            for item in entry.commitments
        }
        doubtful = []
        with reading(self._log.engine) as connection:
            stretch = self._log.vault.stretch(connection, start, stop)
            for place in stretch.places:
                if place not in bound:
                    sentence = f"The vault holds a text {place[1]!r} that the entry does not name."
                    self._found.note("vault", place[0], "vault-surplus", sentence)
            for entry in entries:
                self._people.take(entry)
                if not self._check_texts(connection, entry, stretch):
                    doubtful.append(entry)
        for entry in doubtful:
            with reading(self._log.engine) as connection:
                self._check_texts(connection, entry)

    def _check_texts(
        self, connection: Connection, entry: Entry, stretch: Stretch | None = None
    ) -> bool:
        """Open an entry's texts; False if that fails and is to be tried again by itself.

        The key that wraps the others may have been turned after a stretch was read.
        """
        if not entry.commitments or self._vault_away:
            return True
        try:
            texts = self._log.vault.read(connection, entry.sequence, entry.commitments, stretch)
        except LedgerError as error:
            if error.code == WRAPPING_FAILED:
                # Said once, and not asked for again: each question may take a while.
                self._vault_away = True
                self._found.skipped.append(f"the private texts: {error.sentence}")
            elif stretch is not None:
                return False
            else:
                self._found.note("vault", entry.sequence, error.code, error.sentence)
            return True
        for item in entry.commitments:
            if texts[item.field] is None:
                self._people.missing(entry.sequence, item)
            else:
                self._found.counts.private_texts += 1
        return True

    def _check_end(self, head: Head, start: int) -> None:
        """The head, the registry and the guard, and rows that no entry accounts for."""
        self._check_head(head)
        for span in self._walk.keys.doubtful():
            self._found.skipped.append(
                f"by signature, what the key {span.public.hex()[:16]} for {span.use} signed from "
                f"entry {span.doubtful} to {span.until - 1}: it is said to be compromised, so "
                "these stand by the tree and its witnesses alone"
            )
        check_surplus(self._log, self._found)
        check_accesses(self._log, self._found, head.size, self._progress)
        if not self._tree_only:
            self._people.finish(whole=not start and self._walk.folding)
        if not self._tree_only:
            self._walk.tell_skipped(behind=bool(start))
        if self._tree_only:
            self._found.skipped.append("statements, signatures of entries and the registry")
        elif start:
            self._found.skipped.append("the registry, which only a full run rebuilds")
        elif self._walk.folding:
            check_folded(self._log, self._walk.registry, self._found, head.size, self._progress)
        else:
            sentence = "The registry could not be rebuilt."
            self._found.note("folded", -1, "not-checked", sentence)
        if not self._tree_only and self._walk.knowing:
            self._count_keys(start, head.size)
        self._check_guard(head)
        if not self._tree_only:
            check_previous(self._log, self._found)

    def _count_keys(self, start: int, stop: int) -> None:
        with reading(self._log.engine) as connection:
            there = count_keys(connection, self._log.log_id, start, stop)
        if there > self._keys_wanted:
            sentence = f"{there - self._keys_wanted} idempotency keys are there that no entry has."
            self._found.note("idempotency", -1, "key-surplus", sentence)

    def _check_head(self, head: Head) -> None:
        try:
            tree = self._log.read_checkpoint(head.checkpoint)
        except LedgerError as error:
            self._found.note("head", -1, error.code, error.sentence)
            return
        walk = self._walk
        agrees = tree == Checkpoint(self._log.origin, head.size, head.root)
        if walk.whole:
            frontier = walk.tree.frontier()
            agrees = agrees and (head.root, head.frontier) == (frontier.root(), frontier.to_bytes())
        if not self._tree_only:
            agrees = agrees and head.previous.hex() == walk.previous
            agrees = agrees and head.recorded_at == walk.recorded_at
        if not agrees:
            self._found.note("head", -1, "head-wrong", "The head is not what the entries give.")
        if (
            head.size not in self._checkpoints.good_sizes[-1:]
            and walk.whole
            and not self._checkpoints.mismatch
        ):
            sentence = f"Size {head.size}: the checkpoint of the head is not kept."
            self._found.note("checkpoint", head.size - 1, "checkpoint-missing", sentence)

    def _check_guard(self, head: Head) -> None:
        if close := shared(self._log.engine, self._log.guard).value:
            self._found.warnings.append(f"{close}; docs/guard.md says where to put it")
        if self._log.alarm:
            self._found.note("head", -1, "alarm", self._log.alarm)
            return
        try:
            self._log.check_guard()
        except LedgerError as error:
            self._found.note("guard", head.size, error.code, error.sentence)
