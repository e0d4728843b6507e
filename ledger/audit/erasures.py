"""Erased is not missing: a text may lack only where an entry says that it was destroyed.

And what an entry says was destroyed is gone: no text and no key of that person is there, and as
many texts lack as the entry says. Whether a text lacks is known before the entry that explains it
is reached, so both are held against each other at the end.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ledger.events.privacy import SubjectErased
from ledger.store.database import reading

if TYPE_CHECKING:
    from ledger.audit.found import Audit
    from ledger.events.entry import Commitment, Entry
    from ledger.log import Log


class ErasureCheck:
    """Gathers erasures and lacking texts along the walk, then compares."""

    def __init__(self, log: Log, found: Audit) -> None:
        self._log = log
        self._found = found
        self._erased: dict[str, tuple[int, SubjectErased]] = {}
        self._missing: list[tuple[int, str, str]] = []

    def take(self, entry: Entry) -> None:
        """Note an erasure."""
        if isinstance(entry.event, SubjectErased):
            self._erased.setdefault(entry.event.actor_id, (entry.sequence, entry.event))

    def missing(self, sequence: int, item: Commitment) -> None:
        """Note a text that is not there."""
        self._missing.append((sequence, item.field, item.subject))

    def finish(self, *, whole: bool) -> None:
        """Compare; ``whole`` if the walk began at the first entry."""
        lacking: Counter[str] = Counter()
        for sequence, field, subject in self._missing:
            entry, _ = self._erased.get(subject, (-1, None))
            if entry > sequence:
                self._found.counts.erased_texts += 1
                lacking[subject] += 1
            else:
                sentence = f"The private text {field!r} is missing, and no erasure is recorded."
                self._found.note("vault", sequence, "vault-missing", sentence)
        for subject, (sequence, event) in sorted(self._erased.items()):
            self._check_gone(subject, sequence)
            # Of texts that were lost before, and of an erasure after a restore, fewer can be told.
            if whole and event.lost is None and lacking[subject] != event.texts:
                sentence = (
                    f"It says that {event.texts} texts were destroyed; the entries before it that "
                    f"are of this person lack {lacking[subject]}."
                )
                self._found.note("vault", sequence, "erasure-wrong", sentence)

    def _check_gone(self, subject: str, sequence: int) -> None:
        with reading(self._log.engine) as connection:
            remains = self._log.vault.remains(connection, subject)
        if remains:
            sentence = (
                f"Personal data was erased by this entry, and the vault holds {remains} texts or "
                "keys of this person all the same."
            )
            self._found.note("vault", sequence, "erased-but-there", sentence)
