"""The chain: signed entries on top of a locked head, each of which names the one before.

``add`` gives a statement its place (number, predecessor, time), signs it with the key in force and
hashes what is to be stored. Nothing here writes to the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.core.encoding import canonical
from ledger.core.envelope import PAYLOAD_TYPE, seal
from ledger.core.merkle import Frontier, leaf_hash
from ledger.errors import EncodingError, InputError
from ledger.events.assurance import AccessDenied
from ledger.events.names import format_instant
from ledger.store.entries import Head, StoredEntry

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.events.ready import Ready
    from ledger.log import Log

LARGEST_ENVELOPE: Final = 65_535


class Chain:
    """Entries on top of a locked head. Used by one thread, within one transaction."""

    def __init__(self, log: Log, head: Head, now: datetime) -> None:
        clock = format_instant(now)
        self._log = log
        self._head = head
        self._origin = canonical(log.origin)
        self.recorded_at = max(clock, head.recorded_at)
        self._clock = clock if clock < self.recorded_at else None
        self.rows: list[StoredEntry] = []

    @property
    def size(self) -> int:
        """How many entries the log will have, and the number of the next one."""
        return self._head.size + len(self.rows)

    @property
    def previous(self) -> bytes:
        """The leaf hash that the next entry follows."""
        return self.rows[-1].leaf_hash if self.rows else self._head.previous

    def add(self, ready: Ready) -> StoredEntry:
        """Put a statement on the chain.

        Raises:
            InputError: ``entry-too-large``.
        """
        sequence = self.size
        payload = ready.placed(
            self._origin, sequence, self.previous.hex(), self.recorded_at, self._clock
        )
        envelope = self._sign(payload)
        about = ready.about
        row = StoredEntry(
            sequence=sequence,
            kind=ready.kind,
            recorded_at=self.recorded_at,
            actor=ready.actor,
            outcome="deny" if ready.kind == AccessDenied.kind else "allow",
            model=about.model,
            version=about.version,
            environment=about.environment,
            leaf_hash=leaf_hash(envelope),
            envelope=envelope,
        )
        self.rows.append(row)
        return row

    def cut(self, size: int) -> None:
        """Forget the entries from number ``size`` on."""
        del self.rows[size - self._head.size :]

    def new_head(self) -> Head:
        """The head after these entries, with its signed checkpoint."""
        before = Frontier.from_bytes(self._head.size, self._head.frontier)
        frontier = before.extend([row.leaf_hash for row in self.rows])
        root = frontier.root()
        return Head(
            size=frontier.size,
            previous=self.previous,
            frontier=frontier.to_bytes(),
            root=root,
            recorded_at=self.recorded_at,
            checkpoint=self._log.sign_checkpoint(frontier.size, root),
        )

    def _sign(self, payload: bytes) -> bytes:
        signer = self._log.keyring.entries
        try:
            return seal(payload, PAYLOAD_TYPE, signer.keyid, signer.sign)
        except EncodingError as error:
            if error.code != "too-large":
                raise
            raise InputError(
                f"The entry would be larger than {LARGEST_ENVELOPE} bytes.",
                code="entry-too-large",
                pointer="/event",
                remedy="Attach the large part as evidence, by its digest.",
            ) from error
