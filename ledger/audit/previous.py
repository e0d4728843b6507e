"""Hold the beginning of a log against the log that it continues, where that is in the database."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.audit.start import read_keys_in
from ledger.carried import carried_over
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.note import ED25519, Vkey, check_note, parse_note
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.entry import decode_entry
from ledger.events.log import LogFrozen
from ledger.log import Log
from ledger.store.database import reading
from ledger.store.entries import logs_there, read_entries, read_head
from ledger.store.successor import first_event

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.audit.found import Audit
    from ledger.events.log import Predecessor


def check_previous(log: Log, found: Audit) -> None:
    """Check what entry 0 says of the log before: its checkpoint, its end and what came over."""
    with reading(log.engine) as connection:
        event = first_event(connection, log.log_id)
        if event is None or event.previous is None:
            return
        check = _Check(log, found, event.previous)
        check.note()
        rows = logs_there(connection)
        known = next((one for one in rows if one[2] == event.previous.origin), None)
        if known is None:
            found.skipped.append(f"the log that this one continues, {event.previous.origin}")
            return
        old = Log(log.engine, known[0], known[1], known[2], log.keyring, log.guard)
        try:
            check.end(connection, old)
            check.carried(connection, old)
        except LedgerError as error:
            check.wrong(error.code, f"The log before can't be read: {error.sentence}")


@dataclass(frozen=True)
class _Check:
    log: Log
    found: Audit
    previous: Predecessor

    def wrong(self, code: str, sentence: str) -> None:
        self.found.note("entry", 0, code, sentence)

    def note(self) -> None:
        """The checkpoint is signed by the key that entry 0 names, and says the same."""
        previous = self.previous
        try:
            note = parse_note(base64.b64decode(previous.checkpoint))
            check_note(note, [Vkey(previous.origin, ED25519, bytes.fromhex(previous.key))])
            tree = parse_checkpoint(note.text)
        except (LedgerError, ValueError):
            self.wrong("previous-unsigned", "The checkpoint of the log before does not verify.")
            return
        if tree != Checkpoint(previous.origin, previous.size, bytes.fromhex(previous.root)):
            self.wrong("previous-other", "The checkpoint of the log before says something else.")

    def end(self, connection: Connection, old: Log) -> None:
        """The log before holds that tree, under that key, and ended with it."""
        previous = self.previous
        head = read_head(connection, old.log_id)
        keys = read_keys_in(connection, old.log_id, previous.size)
        if keys.at("checkpoints", previous.size - 1) != bytes.fromhex(previous.key):
            self.wrong("previous-key", "Another key signed for the log before.")
        short = head.size < previous.size
        if short or old.root_at(connection, previous.size).hex() != previous.root:
            self.wrong("previous-other", "The log before holds other entries than entry 0 says.")
            return
        if previous.loss is not None:
            return
        (row,) = read_entries(connection, old.log_id, previous.size - 1, previous.size)
        last = decode_entry(row.envelope).event
        if not isinstance(last, LogFrozen) or last.successor != self.log.origin:
            self.wrong("previous-not-frozen", "The log before did not end for this one.")
        if head.size > previous.size:
            self.wrong("previous-grew", "The log before has entries after its end.")

    def carried(self, connection: Connection, old: Log) -> None:
        """The people, roles, delegations and keys are those of the log before, and all of them.

        Each in the name of whoever said it there; what was over when this log began is left out.
        """
        (begun,) = read_entries(connection, self.log.log_id, 0, 1)
        at = decode_entry(begun.envelope).recorded_at
        expected = carried_over(connection, old, self.previous.size, at=at, names=False)
        service = Actor(id=expected.service, type="service", via="service")
        wanted = [
            (who, event.kind, event.facts())
            for who, event in (*expected.events, (service, expected.policy))
        ]
        rows = read_entries(connection, self.log.log_id, 1, 1 + len(wanted))
        entries = [decode_entry(row.envelope) for row in rows]
        there = [(one.actor, one.kind, one.event.facts()) for one in entries]
        if there != wanted or self.previous.carried != len(expected.events):
            self.wrong(
                "carried-wrong",
                "The people, roles, delegations, publishers, keys and policy at the beginning are"
                " not those of the log before.",
            )
