"""A process with several clients that ask without pause, to be killed at any instant."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.batch import Asked
from ledger.errors import BusyError, LedgerError, OutsideError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.keys.keyring import open_keyring
from ledger.log import open_log
from ledger.store.database import open_engine
from ledger.store.guards import open_guard
from ledger.submit import Submitter
from tests.crash.notes import Notebook
from tests.tools.house import Judge

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.events.event import Event
    from ledger.log import Log
    from ledger.store.guards import Guard

BATCH = 20
BATCH_EVERY = 8


@dataclass(frozen=True)
class Work:
    """What one process does: ``again`` are keys that others asked and got no answer for."""

    url: str
    folder: Path
    name: str
    clients: int
    again: tuple[str, ...]


def observation(key: str) -> Event:
    """An event that can happen any number of times; the same for the same key."""
    digits = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 10_000
    metric = {"name": "accuracy", "value": f"0.{digits:04d}", "data_set": "live", "held_out": True}
    return read_command(
        "metrics.observed",
        {
            "model": "churn",
            "version": "1.0.0",
            "phase": "monitoring",
            "environment": "production",
            "metrics": [{**metric, "higher_is_better": True}],
        },
    )


def work(task: Work) -> None:
    """Ask until killed."""
    logging.disable(logging.CRITICAL)
    guard = open_guard(f"sqlite:///{task.folder / 'guard.db'}")
    log = _opened(task, guard)
    if log.alarm:
        Notebook(task.folder / f"{task.name}.notes").failed("alarm", log.alarm.replace(" ", "-"))
        os._exit(3)
    submitter = Submitter(log, Judge())
    service = Actor(id=log.service, type="service", via="service")

    def ask(client: int) -> None:
        notes = Notebook(task.folder / f"{task.name}-{client}.notes")
        for key in task.again[client :: task.clients]:
            _ask(submitter, service, notes, [key])
        number = 0
        while True:
            several = range(BATCH if number % BATCH_EVERY == client % BATCH_EVERY else 1)
            keys = [f"{task.name}.{client}.{number}.{part}" for part in several]
            _ask(submitter, service, notes, keys)
            number += 1

    for client in range(1, task.clients):
        threading.Thread(target=ask, args=(client,), daemon=True).start()
    ask(0)


def _opened(task: Work, guard: Guard) -> Log:
    """The log; a server that was killed may still be coming back."""
    while True:
        try:
            keyring = open_keyring(task.folder / "keys")
            return open_log(open_engine(task.url), "main", keyring, guard)
        except (BusyError, OutsideError):
            continue


def _ask(submitter: Submitter, who: Actor, notes: Notebook, keys: list[str]) -> None:
    """Ask until there is a receipt, always under the same keys."""
    asked = [Asked(observation(key), key) for key in keys]
    notes.asks(keys)
    while True:
        try:
            receipts = submitter.submit_batch(who, asked)
        except (OutsideError, BusyError) as error:
            notes.failed(keys[0], error.code)
            continue
        except LedgerError as error:
            notes.failed(keys[0], f"unexpected-{error.code}")
            os._exit(4)
        notes.holds(
            [
                (key, receipt.sequence, receipt.leaf_hash.hex())
                for key, receipt in zip(keys, receipts, strict=True)
            ]
        )
        return
