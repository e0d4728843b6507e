"""Audit somebody's copy of a log: an exported folder, or a web server that serves its tiles.

The copy is believed in nothing. Its checkpoint must be signed by the log's key as the auditor knows
it; the entries must hash to the checkpoint's root, and each is proved as in a live database, but
for what stands beside the ledger: the vault and the tables that are folded from it.

Sources: C2SP tlog-tiles, tlog-checkpoint; RFC 6962 section 2.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.audit.checkpoints import CheckpointCheck
from ledger.audit.found import Audit
from ledger.audit.signatures import Signatures
from ledger.audit.walk import Walk
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import check_note, parse_note
from ledger.core.tiles import TILE_WIDTH
from ledger.errors import LedgerError
from ledger.source import entries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.core.checkpoint import Checkpoint
    from ledger.core.note import Vkey
    from ledger.source import TileSource
    from ledger.state.redecide import Redecide

    Progress = Callable[[str, int, int], None]

PAGE: Final = 4 * TILE_WIDTH


def audit_copy(
    source: TileSource,
    vkeys: Sequence[Vkey],
    progress: Progress | None = None,
    *,
    since: Checkpoint | None = None,
    tree_only: bool = False,
    workers: int | None = None,
    redecide: Redecide | None = None,
    root: bytes | None = None,
) -> Audit:
    """Verify a copy of a log from its first entry to its checkpoint.

    Args:
        source: where it is read from.
        vkeys: the verifier keys of the log's checkpoints that the auditor trusts; with none, the
            keys that the copy itself names are used, and the result says so.
        progress: is told ``(step, done, total)``.
        since: a checkpoint that was kept before: the copy must be a continuation of it.
        tree_only: hash every entry and check tiles and root, but read no statement.
        workers: processes for signatures; by default one for each core.
        redecide: takes every decision again, fresh for each audit; without it none is.
        root: the root key that must certify the log's keys; not with ``tree_only``.

    Raises:
        SourceError, OutsideError, CheckpointError: there is nothing to verify.
    """
    data = source.checkpoint()
    tree = parse_checkpoint(parse_note(data).text)
    found = Audit(tree.origin, size=tree.size, root=tree.root, checkpoint=data)
    signatures = Signatures(0 if tree_only else tree.size, workers)
    try:
        audited = _CopyAudit(
            source, tree, found, signatures, tree_only=tree_only, redecide=redecide
        )
        audited.check_note(data, vkeys)
        audited.walk_all(since, progress or _tell_nobody)
        signatures.finish()
        audited.check_end(data, since, root)
    finally:
        signatures.close()
    found.trusted_size = tree.size if found.sound else 0
    return found


def _tell_nobody(step: str, done: int, total: int) -> None:
    del step, done, total


class _CopyAudit:
    def __init__(
        self,
        source: TileSource,
        tree: Checkpoint,
        found: Audit,
        signatures: Signatures,
        *,
        tree_only: bool,
        redecide: Redecide | None,
    ) -> None:
        self._source = source
        self._tree = tree
        self._found = found
        self._signatures = signatures
        self._tree_only = tree_only
        self._roots: dict[int, bytes] = {}
        self._walk = Walk(
            found, signatures, self._compare_tile, tree_only=tree_only, redecide=redecide
        )

    def check_note(self, data: bytes, vkeys: Sequence[Vkey]) -> None:
        """The checkpoint is signed by a key that the auditor knows."""
        if not vkeys:
            self._found.skipped.append(
                "whether the checkpoint is by the log's true key: no verifier key was given, so "
                "the key that the copy itself names was used"
            )
            return
        try:
            check_note(parse_note(data), vkeys)
        except LedgerError as error:
            self._found.note("checkpoint", self._tree.size - 1, error.code, error.sentence)

    def walk_all(self, since: Checkpoint | None, progress: Progress) -> None:
        """Every entry, in pages; roots are kept at the size of ``since`` and at the end."""
        size = self._tree.size
        wanted = sorted({size, since.size if since is not None else size})
        stream = entries(self._source, 0, size)
        for start in range(0, size, PAGE):
            stop = min(start + PAGE, size)
            page = [(number, next(stream), None) for number in range(start, stop)]
            sizes = [one for one in wanted if start < one <= stop]
            self._roots.update(self._walk.take(page, sizes)[1])
            progress("entries", stop, size)

    def check_end(self, data: bytes, since: Checkpoint | None, root: bytes | None) -> None:
        """The root, the partial tiles, and the key that the log itself names."""
        found, tree, walk = self._found, self._tree, self._walk
        if tree.size and self._roots.get(tree.size) != tree.root:
            sentence = f"The {tree.size} entries do not hash to the root that was signed."
            found.note("checkpoint", tree.size - 1, "root-mismatch", sentence)
        for level, index, hashes in walk.tree.edges():
            self._compare_tile(level, index, hashes, b"")
        if since is not None:
            self._check_since(since)
        if not self._tree_only:
            walk.tell_skipped()
            found.hold_root(walk.keys, root)
            found.skipped.append("the vault and the registry's tables, which no copy holds")
            check = CheckpointCheck(found, self._signatures)
            check.check([(tree.size, data)], self._roots, walk.keys)
            self._signatures.finish()

    def _check_since(self, since: Checkpoint) -> None:
        if since.origin != self._tree.origin:
            sentence = "The kept checkpoint is of another log."
        elif since.size > self._tree.size:
            sentence = (
                f"The kept checkpoint covers {since.size} entries, the copy holds "
                f"{self._tree.size}: it is older."
            )
        elif since.size and self._roots.get(since.size) != since.root:
            sentence = f"The first {since.size} entries are not those of the kept checkpoint."
        else:
            return
        self._found.note("checkpoint", since.size - 1, "not-a-continuation", sentence)

    def _compare_tile(self, level: int, index: int, hashes: bytes, root: bytes) -> None:
        del root
        self._found.counts.tiles += 1
        place = index * TILE_WIDTH ** (level + 1)
        try:
            stored = self._source.tile(level, index, len(hashes) // 32)
        except LedgerError as error:
            self._found.note("tile", place, error.code, error.sentence)
            return
        if stored != hashes:
            sentence = f"Tile {index} of level {level} is not what the entries give."
            self._found.note("tile", place, "tile-wrong", sentence)
