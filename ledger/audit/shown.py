"""What the world was shown: published checkpoints, who signed them besides, and when they were.

Each published checkpoint must be one that the log signed, over the same tree; its ML-DSA-44 line,
every witness's line and every time-stamp token must verify over it. A token also brackets time
(RFC 3161): what it covers was there by then, and what came after may not claim to be older.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.cosignature import check_cosignature
from ledger.core.note import (
    ED25519,
    ML_DSA_44_COSIGNATURE,
    Vkey,
    check_note,
    parse_note,
    parse_signature,
)
from ledger.errors import LedgerError
from ledger.events.names import parse_instant
from ledger.outside.timestamp import check_timestamp
from ledger.store.database import reading
from ledger.store.entries import read_checkpoints, read_entries
from ledger.store.publications import read_all_cosignatures, read_publications, read_timestamps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from ledger.audit.found import Audit
    from ledger.core.checkpoint import Checkpoint
    from ledger.core.note import NoteSignature
    from ledger.log import Log
    from ledger.state.keys import KeyHistory
    from ledger.store.publications import Publication, StoredTimestamp

PAGE: Final = 500
# A checkpoint is signed, published and stamped in turn, on machines whose clocks differ.
LATENCY: Final = timedelta(minutes=10)


def check_shown(
    log: Log,
    found: Audit,
    keys: KeyHistory,
    certificates: Sequence[x509.Certificate],
    *,
    after: int,
) -> None:
    """Check everything that was published of trees of more than ``after`` entries."""
    check = _Shown(log, found, keys)
    while True:
        with reading(log.engine) as connection:
            page = read_publications(connection, log.log_id, after, PAGE)
        page = [one for one in page if one.size <= found.size]
        for made in page:
            check.publication(made)
        if len(page) < PAGE:
            break
        after = page[-1].size
    check.unknown()
    check.timestamps(certificates)


class _Shown:
    def __init__(self, log: Log, found: Audit, keys: KeyHistory) -> None:
        self._log = log
        self._found = found
        self._keys = keys
        self._witnesses = {one.vkey.label: one.vkey for one in log.trust.witnesses}
        self._unknown: set[str] = set()

    def publication(self, made: Publication) -> None:
        """One published checkpoint, and the lines that others added to it."""
        self._found.counts.publications += 1
        try:
            note = parse_note(made.note)
            tree = parse_checkpoint(note.text)
            public = self._keys.at("checkpoints", made.size - 1) or b""
            check_note(note, [Vkey(self._log.origin, ED25519, public)])
        except LedgerError as error:
            self._note("publication", made.size, error.code, error.sentence)
            return
        with reading(self._log.engine) as connection:
            kept = read_checkpoints(connection, self._log.log_id, made.size - 1, 1)
        if not kept or kept[0][0] != made.size or _text(kept[0][1]) != note.text:
            sentence = "What was published is not the checkpoint that the log keeps of this size."
            self._note("publication", made.size, "publication-differs", sentence)
            return
        own = self._keys.at("cosignatures", made.size - 1) or b""
        cosigner = Vkey(self._log.origin, ML_DSA_44_COSIGNATURE, own)
        lines = [line for line in note.signatures if line.key_id == cosigner.key_id]
        if not lines:
            sentence = "The published checkpoint lacks the log's own ML-DSA-44 line."
            self._note("publication", made.size, "cosignature-missing", sentence)
        for line in lines:
            self._cosignature(made.size, cosigner, tree, line.name, "publication", line)
        self._lines(made.size, tree)

    def _lines(self, size: int, tree: Checkpoint) -> None:
        with reading(self._log.engine) as connection:
            rows = read_all_cosignatures(connection, self._log.log_id, size)
        for row in rows:
            key = self._witnesses.get(row.signer)
            if key is None:
                self._unknown.add(row.signer)
                continue
            try:
                line = parse_signature(row.line.decode("utf-8").removesuffix("\n"))
            except (LedgerError, UnicodeDecodeError):
                sentence = f"The line of {row.signer} is malformed."
                self._note("cosignature", size, "malformed-cosignature", sentence)
                continue
            self._cosignature(size, key, tree, row.signer, "cosignature", line)

    def _cosignature(  # noqa: PLR0917 (which line, of whom, over what)
        self, size: int, key: Vkey, tree: Checkpoint, who: str, table: str, line: NoteSignature
    ) -> None:
        try:
            check_cosignature(key, tree, line, earliest=0)
        except LedgerError as error:
            self._note(table, size, error.code, f"Line of {who}: {error.sentence}")
        else:
            self._found.counts.cosignatures += 1

    def timestamps(self, certificates: Sequence[x509.Certificate]) -> None:
        """Every token: over which checkpoint, and what time it brackets."""
        with reading(self._log.engine) as connection:
            stored = read_timestamps(connection, self._log.log_id, self._found.since)
        stored = [one for one in stored if one.size <= self._found.size]
        if stored and not certificates:
            self._found.skipped.append(
                f"{len(stored)} time-stamps: no certificates of authorities were given"
            )
            return
        for one in stored:
            self._timestamp(one, certificates)

    def unknown(self) -> None:
        """Say whose lines could not be checked."""
        if self._unknown:
            names = ", ".join(sorted(self._unknown))
            self._found.skipped.append(f"lines of witnesses that the trust policy lacks: {names}")

    def _timestamp(self, stored: StoredTimestamp, certificates: Sequence[x509.Certificate]) -> None:
        with reading(self._log.engine) as connection:
            made = read_publications(connection, self._log.log_id, stored.size - 1, 1)
            near = read_entries(connection, self._log.log_id, stored.size - 1, stored.size + 1)
        if not made or made[0].size != stored.size:
            sentence = "A token is over a checkpoint that was not published."
            self._note("timestamp", stored.size, "publication-missing", sentence)
            return
        try:
            token = check_timestamp(stored.token, made[0].note, certificates)
        except LedgerError as error:
            sentence = f"{stored.authority}: {error.sentence}"
            self._note("timestamp", stored.size, error.code, sentence)
            return
        self._found.counts.timestamps += 1
        for row in near:
            at = parse_instant(row.recorded_at)
            if row.sequence < stored.size and at > token.time + LATENCY:
                sentence = f"It is dated after a time-stamp that covers it ({token.time:%FT%TZ})."
                self._found.note("entry", row.sequence, "dated-ahead", sentence)
            if row.sequence >= stored.size and at < token.time - LATENCY:
                sentence = f"It is dated before a time-stamp that it follows ({token.time:%FT%TZ})."
                self._found.note("entry", row.sequence, "dated-back", sentence)

    def _note(self, table: str, size: int, code: str, sentence: str) -> None:
        self._found.note(table, size - 1, code, f"Size {size}: {sentence}")


def _text(note: bytes) -> str:
    try:
        return parse_note(note).text
    except LedgerError:
        return ""
