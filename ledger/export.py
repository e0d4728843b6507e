"""A copy of a log in a folder, which a static web server or object store serves as it is.

``checkpoint``, ``tile/<level>/<number>`` and ``tile/entries/<number>`` (C2SP tlog-tiles).

Rules:

* proved before anything is written: entries are hashed again, tiles computed again, and they lead
  from the root of the checkpoint that stands in the folder to the signed root of the new one;
* only what is missing is written, beside its place, flushed to the disk and renamed; the checkpoint
  comes last, so that a reader never sees one whose tiles are not all there;
* a file that stands is never replaced: one with other bytes belongs to another history, which is
  refused by name, as are the checkpoint of another log and one that is ahead of the source;
* partial tiles are removed once the full tile and the new checkpoint stand, no others.

Interrupted anywhere it can be begun again. The work is that of the entries since the last export.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.merkle import EMPTY_ROOT, Frontier, check_consistency, leaf_hash, prove_consistency
from ledger.core.note import check_note, parse_note
from ledger.core.tiles import (
    TILE_WIDTH,
    TileReader,
    entries_path,
    split_bundle,
    tile_path,
    tiles_of,
)
from ledger.core.treewalk import TreeWalk
from ledger.errors import (
    CheckpointError,
    ConflictError,
    ConsistencyError,
    IntegrityError,
    OutsideError,
    SourceError,
)
from ledger.mirror import CHECKPOINT, DirectorySource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ledger.core.note import Vkey
    from ledger.source import TileSource

    Progress = Callable[[str, int, int], None]

_NEW: Final = ".new"
# What may be in a folder before its first checkpoint; the last one is a file system's own.
_OURS: Final = {"tile", CHECKPOINT + _NEW, "lost+found"}


@dataclass(frozen=True)
class Exported:
    """What stands in the folder now, and what was done for it, in files."""

    origin: str
    size: int
    root: bytes
    before: int
    written: int
    kept: int
    removed: int


def export(
    source: TileSource,
    vkey: Vkey,
    folder: Path,
    progress: Progress | None = None,
    *,
    former: Sequence[Vkey] = (),
) -> Exported:
    """Bring the copy in ``folder`` to the source's checkpoint; the folder is made if need be.

    Args:
        source: our own log, or somebody's copy of it.
        vkey: the log's verifier key, whose name is its origin.
        former: keys that it replaced, for the checkpoint of a copy that was made before.
        folder: of the copy; nothing else may be in it when it begins.
        progress: told the step, how many entries are done and of how many.

    Raises:
        ConflictError: ``export-other-log`` if another log is in the folder, ``export-not-empty`` if
            something else is, ``export-running`` if somebody else writes it.
        ConsistencyError: ``export-other-history`` if the folder and the source are not one history,
            ``export-ahead`` if the folder holds more than the source.
        IntegrityError: ``export-unproved`` if the source's entries don't lead to its signed root.
        SourceError, OutsideError: source or folder is damaged or can't be reached.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            return _Export(source, [vkey, *former], folder, progress or _tell_nobody).run()
    except OSError as error:
        raise OutsideError(
            f"The folder {folder} can't be written: {error.strerror}.",
            code="export-unwritable",
            remedy="Nothing new was published. Mend it and run the export again.",
        ) from error


def read_signed(note: bytes, vkeys: Sequence[Vkey]) -> Checkpoint:
    """Check that one of the log's keys signed a note as the log that it names, and read it.

    Raises:
        CheckpointError: malformed, or not of this log.
        SignatureError: the key's signature fails.
    """
    parsed = parse_note(note)
    check_note(parsed, vkeys)
    found = parse_checkpoint(parsed.text)
    if all(found.origin != vkey.name for vkey in vkeys):
        raise CheckpointError("The checkpoint is that of another log.", code="wrong-origin")
    return found


class _Export:
    def __init__(
        self, source: TileSource, vkeys: Sequence[Vkey], folder: Path, progress: Progress
    ) -> None:
        self._source = source
        self._vkeys = vkeys
        self._folder = folder
        self._copy = DirectorySource(folder)
        self._progress = progress
        self._touched: set[Path] = set()
        self._written = 0
        self._kept = 0

    def run(self) -> Exported:
        note = self._source.checkpoint()
        new = read_signed(note, self._vkeys[:1])
        old = self._standing()
        self._check_one_history(old, new)
        for _ in self._files(old, new, "proved"):
            pass
        for path, data in self._files(old, new, "written"):
            self._put(path, data)
        self._flush_folders()
        self._write(CHECKPOINT, note)
        self._flush_folders()
        removed = self._remove_partial(old.size, new.size)
        return Exported(
            new.origin, new.size, new.root, old.size, self._written, self._kept, removed
        )

    def _standing(self) -> Checkpoint:
        """The checkpoint in the folder; that of an empty tree, where there is none yet."""
        try:
            note = self._copy.checkpoint()
        except SourceError as error:
            if error.code != "source-missing":
                raise
            if {path.name for path in self._folder.iterdir()} - _OURS:
                raise ConflictError(
                    "The folder holds something that is no copy of a log.",
                    code="export-not-empty",
                    remedy="Name a folder of its own for the copy.",
                ) from None
            return Checkpoint(self._vkeys[0].name, 0, EMPTY_ROOT)
        try:
            return read_signed(note, self._vkeys)
        except CheckpointError as error:
            raise ConflictError(
                "The folder holds another log, or its checkpoint has another signer.",
                code="export-other-log",
                remedy="Name another folder.",
            ) from error

    def _check_one_history(self, old: Checkpoint, new: Checkpoint) -> None:
        if old.size > new.size:
            raise ConsistencyError(
                f"The folder holds {old.size} entries and the log only {new.size}: "
                "the log is an older copy, or has another history.",
                code="export-ahead",
                remedy="Keep the folder as it is: it is evidence. Run `counterseal verify`.",
            )
        reader = TileReader(self._source.tile, new.size)
        if _frontier(reader, new.size).root() != new.root:
            raise _unproved("The tiles do not lead to the signed root.")
        proof = prove_consistency(old.size, new.size, reader.subtree)
        try:
            check_consistency(old.size, new.size, old.root, new.root, proof)
        except ConsistencyError as error:
            raise _other_history(CHECKPOINT) from error

    def _files(self, old: Checkpoint, new: Checkpoint, step: str) -> Iterator[tuple[str, bytes]]:
        """Compute every file of the new tree that the old one has not complete.

        Raises:
            IntegrityError: ``export-unproved``, at the latest when all have been given.
        """
        start = old.size // TILE_WIDTH * TILE_WIDTH
        full: list[tuple[str, bytes]] = []
        walk = TreeWalk(lambda level, at, hashes, _: full.append((tile_path(level, at), hashes)))
        walk.resume(start, self._copy.tile)
        _check_copy(walk.frontier(), old)
        for index in range(start // TILE_WIDTH, -(-new.size // TILE_WIDTH)):
            width = min(TILE_WIDTH, new.size - index * TILE_WIDTH)
            bundle, leaves = self._bundle(index, width)
            known = max(0, old.size - walk.size)
            walk.extend(leaves[:known])
            _check_copy(walk.frontier(), old)
            walk.extend(leaves[known:])
            yield entries_path(index, width), bundle
            yield from full
            full.clear()
            self._progress(step, walk.size - start, new.size - start)
        if walk.root() != new.root:
            raise _unproved("The entries do not lead to the signed root.")
        for level, index, hashes in walk.edges():
            yield tile_path(level, index, len(hashes) // 32), hashes

    def _bundle(self, index: int, width: int) -> tuple[bytes, list[bytes]]:
        """A bundle from the source and the leaf hashes of its entries, compared with its tile."""
        bundle = self._source.bundle(index, width)
        leaves = [leaf_hash(entry) for entry in split_bundle(bundle)]
        tile = self._source.tile(0, index, width)
        for place, leaf in enumerate(leaves):
            if tile[place * 32 : place * 32 + 32] != leaf:
                number = index * TILE_WIDTH + place
                raise _unproved(f"Entry {number} is not the one that the tree holds.", number)
        return bundle, leaves

    def _put(self, path: str, data: bytes) -> None:
        try:
            standing = (self._folder / path).read_bytes()
        except FileNotFoundError:
            self._write(path, data)
            self._written += 1
            return
        if standing != data:
            raise _other_history(path)
        self._kept += 1

    def _write(self, path: str, data: bytes) -> None:
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(target.name + _NEW)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
        self._touched.update(
            parent for parent in target.parents if parent.is_relative_to(self._folder)
        )

    def _flush_folders(self) -> None:
        for folder in self._touched:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        self._touched.clear()

    def _remove_partial(self, old: int, new: int) -> int:
        removed = 0
        for name in tiles_of(new, old):
            if name.width != TILE_WIDTH:
                continue
            paths = [name.path()] + ([entries_path(name.index)] if name.level == 0 else [])
            for path in paths:
                folder = self._folder / f"{path}.p"
                if not folder.is_dir():
                    continue
                for file in folder.iterdir():
                    file.unlink()
                    removed += 1
                folder.rmdir()
        return removed


def _frontier(reader: TileReader, size: int) -> Frontier:
    """The frontier of the first ``size`` entries, from tiles."""
    bits = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
    return Frontier(size, tuple(reader.subtree(bit, (size >> (bit + 1)) << 1) for bit in bits))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder, so that two exports never write it at once."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(
                "Another export writes this folder.",
                code="export-running",
                remedy="Wait until it is done.",
            ) from None
        yield
    finally:
        os.close(handle)


def _tell_nobody(step: str, done: int, total: int) -> None:
    del step, done, total


def _other_history(path: str) -> ConsistencyError:
    return ConsistencyError(
        f"The folder and the log are not one history: {path} has other bytes.",
        code="export-other-history",
        remedy="Keep both: each may be the evidence against the other. Name another folder.",
    )


def _check_copy(frontier: Frontier, old: Checkpoint) -> None:
    """Check, once it is as large, that the copy's own tiles lead to its own checkpoint.

    Raises:
        SourceError: ``source-malformed``.
    """
    if frontier.size == old.size and frontier.root() != old.root:
        raise SourceError(
            "The tiles in the folder do not lead to the root of its own checkpoint.",
            code="source-malformed",
            remedy="The folder is damaged. Keep it, and export into a new one.",
        )


def _unproved(sentence: str, sequence: int = -1) -> IntegrityError:
    return IntegrityError(
        f"{sentence} Nothing was published.",
        code="export-unproved",
        remedy="Run `counterseal verify` to see what is damaged.",
        sequence=sequence,
    )
