"""Who was erased, beside the database: so that a backup that is put back is erased again.

A file in the home names, for each erasure, the entry and the random id, and nothing else. It is
written from the ledger when the service starts and after each erasure, and only ever grows. A
restore reads it, destroys at once what the backup still holds of these people, and an entry says so
as soon as the ledger takes entries again. Keep a copy of it where the guard is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from ledger.errors import InputError
from ledger.events.names import Sequence, Value
from ledger.store.database import writing
from ledger.store.drafts import forget_drafts
from ledger.store.notices import forget_subscriber
from ledger.store.report_subscriptions import forget_in_reports
from ledger.store.tidy import forget_deleted
from webui.identity.erased import forget_actor

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log import Log
    from webui.settings import Settings
    from webui.wiring import Wiring

FILE: Final = "erased.jsonl"


class Tombstone(Value):
    """One erasure: in which log, by which entry, of whom."""

    origin: str
    entry: Sequence
    actor_id: str


@dataclass(frozen=True)
class ErasedAgain:
    """What a restore destroyed again: of how many people, how many texts and keys."""

    people: int = 0
    texts: int = 0


def read_tombstones(settings: Settings, origin: str) -> list[Tombstone]:
    """The erasures of a log that the file names, oldest first.

    Raises:
        InputError: ``tombstones-damaged``: the file can't be read as what it is.
    """
    try:
        lines = (settings.home / FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    try:
        found = [Tombstone.model_validate_json(line) for line in lines if line]
    except ValueError:
        raise InputError(
            f"The file {FILE} of the home is damaged.",
            code="tombstones-damaged",
            remedy="Put a copy of it back: it says who must be erased again after a restore.",
        ) from None
    return [one for one in found if one.origin == origin]


def keep_tombstones(wiring: Wiring) -> int:
    """Add the erasures that the ledger knows and the file does not; returns how many."""
    origin = wiring.log.origin
    there = {one.actor_id for one in read_tombstones(wiring.settings, origin)}
    new = [
        Tombstone(origin=origin, entry=state.erased, actor_id=state.actor)
        for state in wiring.reader.erased()
        if state.erased is not None and state.actor not in there
    ]
    if new:
        data = b"".join(orjson.dumps(one.model_dump()) + b"\n" for one in new)
        _append(wiring.settings.home / FILE, data)
    return len(new)


def erase_again(settings: Settings, log: Log) -> ErasedAgain:
    """Destroy, in a database that was put back, what it holds of people who were erased since."""
    people = texts = 0
    stones = read_tombstones(settings, log.origin)
    if not stones:
        return ErasedAgain()
    with writing(log.engine) as connection:
        for stone in stones:
            remains = log.vault.remains(connection, stone.actor_id)
            log.vault.erase(connection, stone.actor_id)
            beside = forget_actor(connection, stone.actor_id)
            beside += forget_drafts(connection, log.log_id, stone.actor_id)
            forget_subscriber(connection, log.log_id, stone.actor_id)
            forget_in_reports(connection, log.log_id, stone.actor_id)
            if beside or remains:
                people, texts = people + 1, texts + remains
    forget_deleted(log.engine)
    return ErasedAgain(people, texts)


def _append(file: Path, data: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
