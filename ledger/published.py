"""Our own log as others may see it: the tiles of the published checkpoint, from the database.

Nothing beyond the published tree is given out, so whoever reads can prove all of it. Every call
costs a few rows, whatever the size of the log.
"""

from __future__ import annotations

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import parse_note
from ledger.core.tiles import TILE_WIDTH, TileName, entry_bundle
from ledger.errors import CheckpointError, EncodingError, IntegrityError
from ledger.log import Log
from ledger.source import malformed, missing
from ledger.store.database import reading
from ledger.store.entries import find_log, read_envelopes
from ledger.store.tiles import read_tile


def source_beside(log: Log, name: str) -> LogSource | None:
    """What a log of the same database has published, by its name; None where there is none."""
    if name == log.name:
        return LogSource(log)
    with reading(log.engine) as connection:
        found = find_log(connection, name)
    if found is None:
        return None
    return LogSource(Log(log.engine, found[0], name, found[1], log.keyring, log.guard))


class LogSource:
    """The live database as a ``TileSource``."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def checkpoint(self) -> bytes:
        """See ``TileSource``."""
        try:
            return self._log.published()
        except IntegrityError:
            raise missing("checkpoint") from None

    def size(self) -> int:
        """How many entries the published tree holds. The note's signature is not checked.

        Raises:
            SourceError: ``source-malformed``.
        """
        try:
            return parse_checkpoint(parse_note(self.checkpoint()).text).size
        except CheckpointError:
            raise malformed("checkpoint") from None

    def tile(self, level: int, index: int, width: int) -> bytes:
        """See ``TileSource``."""
        name = self._held(TileName(level, index, width))
        try:
            with reading(self._log.engine) as connection:
                return read_tile(connection, self._log.log_id, level, index, width)
        except IntegrityError:
            raise missing(name) from None

    def bundle(self, index: int, width: int) -> bytes:
        """See ``TileSource``."""
        name = self._held(TileName(None, index, width))
        start = index * TILE_WIDTH
        with reading(self._log.engine) as connection:
            envelopes = read_envelopes(connection, self._log.log_id, start, start + width)
        if len(envelopes) != width:
            raise missing(name)
        try:
            return entry_bundle(envelopes)
        except EncodingError:
            raise malformed(name) from None

    def _held(self, name: TileName) -> str:
        path = name.path()
        if not name.within(self.size()):
            raise missing(path)
        return path
