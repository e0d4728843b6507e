"""The access log held against its own chain, its end, and the digests that the ledger holds of it.

Each record is bound to the one before; each day's digest in the ledger says how far the chain
reached and its value there. So a record that was changed, put in or taken away is found, and of
days past also where somebody wrote the whole chain anew: the first digest that no longer agrees
names the day. Of the day that is not digested yet, only the chain and its end speak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.core.access import NOTHING, chained
from ledger.errors import EncodingError
from ledger.events.access import AccessDigested
from ledger.events.entry import decode_entry
from ledger.events.names import LARGEST_INTEGER
from ledger.store.accesses import access_end, scan_accesses
from ledger.store.database import reading
from ledger.store.entries import envelopes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.audit.found import Audit
    from ledger.log import Log
    from ledger.store.accesses import AccessHead, StoredAccess

    Progress = Callable[[str, int, int], None]

PAGE: Final = 2_000


def check_accesses(log: Log, found: Audit, size: int, progress: Progress) -> None:
    """Check the access log up to its end as it stands now."""
    with reading(log.engine) as connection:
        end = access_end(connection, log.log_id)
    digests = _digests(log, size)
    _Check(log, found, digests, end).run(progress)


def _digests(log: Log, size: int) -> list[tuple[int, AccessDigested]]:
    """The digests in the ledger, each with its entry, in order."""
    with reading(log.engine) as connection:
        envelopes = list(envelopes_of(connection, log.log_id, (AccessDigested.kind,), size))
    entries = [decode_entry(one) for one in envelopes]
    return [(one.sequence, one.event) for one in entries if isinstance(one.event, AccessDigested)]


class _Check:
    def __init__(
        self,
        log: Log,
        found: Audit,
        digests: list[tuple[int, AccessDigested]],
        end: AccessHead | None,
    ) -> None:
        self._log = log
        self._found = found
        self._digests = digests
        self._end = end

    def run(self, progress: Progress) -> None:
        number, chain, at = 0, NOTHING, 0
        upto = self._end.number if self._end else 0
        for row in self._rows():
            if row.number > upto:
                break
            while at < len(self._digests) and self._digests[at][1].last < row.number:
                self._hold(self._digests[at], number, chain)
                at += 1
            self._note_gap(number, row.number, at)
            chain = self._link(row, chain, at)
            number = row.number
            self._found.counts.accesses += 1
            if number % PAGE == 0:
                progress("access log", number, upto)
        for digest in self._digests[at:]:
            self._hold(digest, number, chain)
        self._check_end(number, chain)

    def _rows(self) -> Iterator[StoredAccess]:
        after = -LARGEST_INTEGER
        while True:
            with reading(self._log.engine) as connection:
                page = scan_accesses(connection, self._log.log_id, after, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].number

    def _day(self, at: int) -> str:
        """Of which day a record is, by the digest that covers it."""
        if at < len(self._digests):
            return f"day {self._digests[at][1].day}"
        return "the day that is not digested yet"

    def _note_gap(self, before: int, number: int, at: int) -> None:
        if number != before + 1:
            sentence = f"Records {before + 1} to {number - 1} of {self._day(at)} are missing."
            self._note(-1, "access-missing", sentence)

    def _link(self, row: StoredAccess, chain: bytes, at: int) -> bytes:
        try:
            right = chained(chain, row.number, row.access)
        except EncodingError:
            right = b""
        if right != row.chain:
            sentence = f"Record {row.number} of {self._day(at)} is not the one that was chained."
            self._note(-1, "access-changed", sentence)
        # What follows is judged by itself, so that each wrong record is named.
        return row.chain

    def _hold(self, digest: tuple[int, AccessDigested], number: int, chain: bytes) -> None:
        sequence, event = digest
        if (number, chain.hex()) != (event.last, event.head):
            sentence = f"The access log of day {event.day} is not the one that was digested."
            self._note(sequence, "access-digest-wrong", sentence)

    def _check_end(self, number: int, chain: bytes) -> None:
        end = self._end
        if end is None:
            with reading(self._log.engine) as connection:
                there = scan_accesses(connection, self._log.log_id, -1, 1)
            if there or self._digests:
                self._note(-1, "access-end-wrong", "The end of the access log is missing.")
            return
        with reading(self._log.engine) as connection:
            now = access_end(connection, self._log.log_id)
            beyond = scan_accesses(connection, self._log.log_id, now.number if now else 0, 1)
        if (end.number, end.chain) != (number, chain) or beyond:
            self._note(-1, "access-end-wrong", "The access log does not end where it should.")

    def _note(self, sequence: int, code: str, sentence: str) -> None:
        self._found.note("access", sequence, code, sentence)
