"""Publishing: the newest checkpoint with the log's own post-quantum line, shown to witnesses.

Rules:

* one publication a second at most, and only where the log has grown;
* before it is signed, the guard is asked, and the tree of the last publication must be the
  beginning of this one: the log never signs two histories;
* each publication is stored before anybody is asked, and each line that comes back after it was
  checked; to do either again is nothing, so several processes may publish;
* a witness that says that there are two histories is believed to have said it: an alarm that stays
  until that witness has signed again.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger import clock
from ledger.core.cosignature import cosign, format_lines
from ledger.core.digest import equal
from ledger.core.note import Note, format_note, parse_note, parse_vkey
from ledger.errors import IntegrityError, LedgerError
from ledger.events.names import format_instant
from ledger.outside.http import new_client
from ledger.outside.witness import Outcome, Request, Word, ask
from ledger.publication import publication_state, signer_of
from ledger.store.database import reading, writing
from ledger.store.publications import (
    Publication,
    StoredCosignature,
    StoredWord,
    insert_cosignature,
    insert_publication,
    newest_publication,
    read_cosignatures,
    read_publication,
    read_words,
    save_word,
    signed_sizes,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ledger.core.trust import Witness
    from ledger.log import Log

__all__ = ["Publisher", "publication_state", "published"]

_LOGGER = logging.getLogger("counterseal.publish")
SECONDS: Final = 1.0
# A witness's clock may be ahead of ours by this much.
CLOCK_SECONDS: Final = 300
_PATIENCE: Final = (5, 10, 30, 60, 300)
_MOST_AT_ONCE: Final = 8


@dataclass
class _Waiting:
    """How long a witness that did not sign is left in peace: its failures, and until when."""

    failures: int = 0
    until: float = 0.0


class Publisher:
    """Publishes one log: ``publish`` once, or ``start`` and ``close`` a thread that does."""

    def __init__(
        self,
        log: Log,
        *,
        now: Callable[[], datetime] = clock.now,
        seconds: float = SECONDS,
    ) -> None:
        self._log = log
        self._now = now
        self._seconds = seconds
        self._client = new_client()
        self._pool = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="counterseal-witness")
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting: dict[str, _Waiting] = {}
        self._asked: dict[str, Future[Word]] = {}

    def publish(self) -> Publication:
        """Publish the newest checkpoint and wait until every witness was asked once.

        Raises:
            IntegrityError: the log is not whole, or not the one that was published before.
            OutsideError: the database failed.
        """
        made = self._publish()
        wait(self._ask_all(made, patient=False))
        return made

    def start(self) -> None:
        """Publish from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="counterseal-publisher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and let those who are being asked finish (a few seconds at most)."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def _run(self) -> None:
        told = ""
        while not self._stopped.wait(self._seconds):
            try:
                self._ask_all(self._publish(), patient=True)
                told = ""
            except LedgerError as error:
                if str(error) != told:
                    _LOGGER.error("the log can't be published: %s", error)  # noqa: TRY400
                    told = str(error)
            except Exception:
                _LOGGER.exception("publishing failed unexpectedly")

    def _publish(self) -> Publication:
        log = self._log
        if log.alarm:
            raise IntegrityError("A damaged log is not published: " + log.alarm, code="read-only")
        with reading(log.engine) as connection:
            last = newest_publication(connection, log.log_id)
        head = log.head()
        if last is not None and last.size == head.size:
            return last
        log.check_guard()
        self._check_continues(last, head.size)
        made = Publication(head.size, self._signed(head.checkpoint), self._instant())
        with writing(log.engine) as connection:
            insert_publication(connection, log.log_id, made)
            kept = read_publication(connection, log.log_id, made.size)
        return kept or made

    def _check_continues(self, last: Publication | None, size: int) -> None:
        if last is None:
            return
        before = self._log.read_checkpoint(last.note)
        root = b""
        if before.size <= size:
            with reading(self._log.engine) as connection:
                root = self._log.root_at(connection, before.size)
        if not equal(root, before.root):
            self._log.alarm = "The log is another history than the one that was published."
            raise IntegrityError(self._log.alarm, code="forked-from-publication")

    def _signed(self, checkpoint: bytes) -> bytes:
        """The checkpoint with the log's own ML-DSA-44 line."""
        log = self._log
        note = parse_note(checkpoint)
        line = cosign(
            parse_vkey(log.cosigner_vkey),
            log.read_checkpoint(checkpoint),
            int(self._now().timestamp()),
            log.keyring.cosignatures.sign,
        )
        return format_note(Note(note.text, (*note.signatures, line)))

    def _ask_all(self, made: Publication, *, patient: bool) -> list[Future[Word]]:
        """Ask the witnesses who have not signed; with patience, only those whose time has come."""
        log = self._log
        witnesses = [one for one in log.trust.witnesses if one.url]
        with reading(log.engine) as connection:
            signers = [signer_of(one) for one in log.trust.witnesses]
            sizes = signed_sizes(connection, log.log_id, signers)
            signed = read_cosignatures(connection, log.log_id, made.size)
        moment = self._now().timestamp()
        asked = []
        for witness in witnesses:
            signer = signer_of(witness)
            waiting = self._waiting.get(signer, _Waiting())
            busy = signer in self._asked and not self._asked[signer].done()
            if signer in signed or busy or (patient and moment < waiting.until):
                continue
            old_size = sizes.get(signer, (0, ""))[0]
            self._asked[signer] = self._pool.submit(self._ask, witness, made, old_size)
            asked.append(self._asked[signer])
        return asked

    def _ask(self, witness: Witness, made: Publication, old_size: int) -> Word:
        try:
            return self._ask_and_keep(witness, made, old_size)
        except Exception:
            _LOGGER.exception("the answer of %s can't be kept", signer_of(witness))
            raise

    def _ask_and_keep(self, witness: Witness, made: Publication, old_size: int) -> Word:
        log = self._log
        moment = self._now()
        request = Request(
            note=made.note,
            checkpoint=log.read_checkpoint(made.note),
            prove=lambda old: log.consistency(old, made.size),
            head=lambda: log.head().size,
            latest=int(moment.timestamp()) + CLOCK_SECONDS,
        )
        word = ask(self._client, witness, request, old_size)
        self._rest(signer_of(witness), word, moment.timestamp())
        self._keep(witness, word)
        return word

    def _rest(self, signer: str, word: Word, moment: float) -> None:
        waiting = self._waiting.get(signer, _Waiting())
        if word.outcome is Outcome.SIGNED:
            self._waiting[signer] = _Waiting()
            return
        seconds = _PATIENCE[min(waiting.failures, len(_PATIENCE) - 1)]
        self._waiting[signer] = _Waiting(waiting.failures + 1, moment + seconds)

    def _keep(self, witness: Witness, word: Word) -> None:
        log, signer, instant = self._log, signer_of(witness), self._instant()
        said = StoredWord(word.outcome.value, word.size, word.sentence, instant)
        with writing(log.engine) as connection:
            before = read_words(connection, log.log_id).get(signer)
            if word.cosignature is not None:
                line = format_lines([word.cosignature.line])
                made = StoredCosignature(word.size, signer, line, instant)
                insert_cosignature(connection, log.log_id, made)
            if word.outcome is Outcome.SPLIT:
                _LOGGER.critical("the witness %s reports a split view: %s", signer, word.sentence)
            elif before is not None and before.outcome != word.outcome:
                _LOGGER.warning("the witness %s: %s", signer, word.sentence)
            # An alarm is not covered up by a witness that merely goes away.
            alarm = before is not None and before.outcome == Outcome.SPLIT
            if not alarm or word.outcome in {Outcome.SPLIT, Outcome.SIGNED}:
                save_word(connection, log.log_id, signer, said)

    def _instant(self) -> str:
        return format_instant(self._now())


def published(log: Log) -> bytes:
    """The newest published checkpoint that enough have seen by the trust policy, with all lines.

    Raises:
        UnknownSubjectError: ``not-published``.
    """
    return log.published()
