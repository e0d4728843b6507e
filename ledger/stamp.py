"""Having the published checkpoint time-stamped, at an interval, and recording that it was.

Rules:

* what is stamped is the stored note of the newest publication: the checkpoint and the log's own two
  lines, without those of witnesses, which may still come;
* it happens where an interval has passed since the last stamp of that authority and the log has
  grown by more than its own records of time stamps;
* a token is verified, stored, and then recorded as ``checkpoint.timestamped``; a process that ends
  in between records it the next time;
* the entry lies outside the tree that it tells of, and inside the next one that is stamped: between
  two stamps every entry has a bracket of two times that nobody here could choose.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger import clock
from ledger.core.digest import hex_digest
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.log import CheckpointTimestamped
from ledger.events.names import format_instant, parse_instant
from ledger.outside.http import new_client
from ledger.outside.timestamp import Token, ask_for_timestamp, check_timestamp
from ledger.store.database import reading, writing
from ledger.store.entries import has_entry_of_other_kind
from ledger.store.publications import (
    StoredTimestamp,
    insert_timestamp,
    newest_publication,
    newest_timestamps,
    read_publication,
    read_timestamps,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography import x509

    from ledger.log import Log
    from ledger.store.publications import Publication
    from ledger.submit import Submitter

_LOGGER = logging.getLogger("counterseal.stamp")
LOOK_SECONDS: Final = 20.0
TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Authorities:
    """Whom to ask for time stamps: addresses, trusted roots, and how far stamps lie apart."""

    urls: tuple[str, ...]
    roots: tuple[x509.Certificate, ...]
    interval: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stamped:
    """What came of asking one authority: the size that was stamped and when, or the sentence."""

    authority: str
    size: int
    time: str = ""
    sentence: str = ""


class Stamper:
    """Has one log time-stamped: ``stamp`` once, or ``start`` and ``close`` a thread that does."""

    def __init__(
        self,
        log: Log,
        submitter: Submitter,
        authorities: Authorities,
        *,
        now: Callable[[], datetime] = clock.now,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._log = log
        self._submitter = submitter
        self._authorities = authorities
        self._now = now
        self._seconds = seconds
        self._client = new_client()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._next: dict[str, datetime] = {}
        self._recorded: set[str] = set()
        self._refused: set[str] = set()

    def stamp(self) -> list[Stamped]:
        """Ask every authority now for the newest publication, unless it has stamped it already.

        Raises:
            OutsideError: the database failed.
        """
        made = self._newest()
        return [] if made is None else [self._try(url, made) for url in self._authorities.urls]

    def start(self) -> None:
        """Look from time to time whether a stamp is due, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="counterseal-stamper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; an authority that is being asked may finish (some seconds at most)."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self._client.close()

    def stamp_due(self) -> list[Stamped]:
        """Ask the authorities whose interval has passed, if the log has grown since."""
        made = self._newest()
        if made is None:
            return []
        if self._log.learn_successor(made.size):
            return self._seal(made)
        for url in self._authorities.urls:
            self._finish(url)
        return [self._try(url, made) for url in self._authorities.urls if self._is_due(url, made)]

    def _seal(self, made: Publication) -> list[Stamped]:
        """The last stamp of a log that has ended: stored beside it, for no entry follows any more.

        Its tree is covered by the token; the log that continues it names the tree once more.
        """
        due = []
        for url in self._authorities.urls:
            last = self._last(url)
            if (last is None or last.size < made.size) and self._is_due(url, made):
                due.append(url)
        return [self._try(url, made) for url in due]

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self.stamp_due()
            except Exception:
                _LOGGER.exception("time-stamping failed")

    def _newest(self) -> Publication | None:
        with reading(self._log.engine) as connection:
            return newest_publication(connection, self._log.log_id)

    def _last(self, url: str) -> StoredTimestamp | None:
        with reading(self._log.engine) as connection:
            newest = newest_timestamps(connection, self._log.log_id)
        return next((one for one in newest if one.authority == url), None)

    def _is_due(self, url: str, made: Publication) -> bool:
        now = self._now()
        if now < self._next.get(url, now):
            return False
        last = self._last(url)
        if last is None:
            return True
        if now < parse_instant(last.received_at) + self._authorities.interval:
            return False
        with reading(self._log.engine) as connection:
            return has_entry_of_other_kind(
                connection, self._log.log_id, last.size, made.size, CheckpointTimestamped.kind
            )

    def _try(self, url: str, made: Publication) -> Stamped:
        """Ask one authority; what it does wrong is a sentence, and it is left in peace a while."""
        try:
            return self._stamp(url, made)
        except LedgerError as error:
            _LOGGER.error("the authority %s: %s", url, error)  # noqa: TRY400
            self._next[url] = self._now() + self._authorities.interval / 12
            return Stamped(url, made.size, sentence=str(error))

    def _stamp(self, url: str, made: Publication) -> Stamped:
        log, roots = self._log, self._authorities.roots
        last = self._last(url)
        if last is not None and last.size == made.size:
            token = check_timestamp(last.token, made.note, roots)
        else:
            token = ask_for_timestamp(
                self._client, url, made.note, roots, now=self._now(), tolerance=TOLERANCE
            )
            stored = StoredTimestamp(made.size, url, token.der, format_instant(self._now()))
            with writing(log.engine) as connection:
                insert_timestamp(connection, log.log_id, stored)
            last = self._last(url) or stored
        self._record(url, made, check_timestamp(last.token, made.note, roots))
        return Stamped(url, made.size, format_instant(token.time))

    def _finish(self, url: str) -> None:
        """Record the last stored token, where a process may have ended before it did."""
        last = self._last(url)
        if last is None or hex_digest(last.token) in self._recorded:
            return
        with reading(self._log.engine) as connection:
            made = read_publication(connection, self._log.log_id, last.size)
        if made is not None:
            self._record(url, made, check_timestamp(last.token, made.note, self._authorities.roots))

    def _record(self, url: str, made: Publication, token: Token) -> None:
        """Record a stored token once: the key of the command is the token's digest."""
        log = self._log
        if log.successor:
            return
        digest = hex_digest(token.der)
        event = CheckpointTimestamped(
            size=made.size,
            root=log.read_checkpoint(made.note).root.hex(),
            note=hex_digest(made.note),
            authority=url,
            token=digest,
            time=format_instant(token.time),
        )
        service = Actor(id=log.service, type="service", via="service")
        # A refusal would be an entry of another kind, and make the log look grown each time.
        if self._submitter.preview(service, event).allowed:
            self._submitter.submit(service, event, f"timestamp-{digest}")
            self._recorded.add(digest)
        elif digest not in self._refused:
            self._refused.add(digest)
            _LOGGER.warning("the policy in force does not let time stamps be recorded")


def stored_tokens(log: Log) -> list[tuple[Publication, StoredTimestamp]]:
    """Every stored token, oldest first, with the publication that it is over."""
    with reading(log.engine) as connection:
        found = []
        for stored in read_timestamps(connection, log.log_id, -1):
            made = read_publication(connection, log.log_id, stored.size)
            if made is not None:
                found.append((made, stored))
    return found
