"""Appends for ever and prints each receipt's number: ``python -m tests.crash.appender URL FOLDER``."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from ledger.events.actor import Actor
from ledger.keys.keyring import open_keyring
from ledger.log import open_log
from ledger.store.database import open_engine
from ledger.store.guard import Guard
from ledger.submit import Submitter
from tests.tools.house import Judge, person


def main(url: str, folder: Path) -> None:
    guard = Guard(f"sqlite:///{folder / 'guard.db'}")
    log = open_log(open_engine(url), "main", open_keyring(folder / "keys"), guard)
    submitter = Submitter(log, Judge())
    service = Actor(id=log.service, type="service", via="service")

    def append() -> None:
        while True:
            receipt = submitter.submit(service, person())
            sys.stdout.write(f"{receipt.sequence} {receipt.leaf_hash.hex()}\n")
            sys.stdout.flush()

    for _ in range(3):
        threading.Thread(target=append, daemon=True).start()
    append()


main(sys.argv[1], Path(sys.argv[2]))
