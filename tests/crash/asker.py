"""Asks line by line: ``python -m tests.crash.asker URL FOLDER [POINT]``.

Reads idempotency keys from standard input, one a line, and asks for the enrolment of a person whose
id is derived from the key. Answers each with one line of JSON: the receipt's number, leaf hash and
whether it is a repetition, or the class and code of the error.

With a ``POINT`` of the write path (see ``POINTS``) the process kills itself when it gets there.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger import commit
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.keys.keyring import open_keyring
from ledger.log import open_log
from ledger.store.database import open_engine
from ledger.store.guards import open_guard
from ledger.submit import Submitter
from tests.tools.house import Judge, person

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.log import Log


def person_of(key: str) -> Event:
    """The enrolment that is asked for under a key."""
    return person("P", hashlib.sha256(key.encode()).hexdigest()[:32])


# Where the process kills itself: before or after a function of the write path, and whether the
# command is durable by then.
POINTS = {
    "before lock_head": False,
    "after lock_head": False,
    "after find_keys": False,
    "before check_rows": False,
    "before insert_entries": False,
    "after insert_entries": False,
    "after insert_full_tiles": False,
    "after insert_keys": False,
    "after advance_head": False,
    "before do_commit": False,
    "after do_commit": True,
    "before advance_guard": True,
    "after advance_guard": True,
    "before answer": True,
}


def die_at(point: str, log: Log) -> None:
    """Replace the function of the point by one that kills the process before or after it."""
    when, name = point.split()
    places = {"do_commit": log.engine.dialect, "advance_guard": log, "answer": Submitter}
    place = places.get(name, commit)
    name = "_receipt" if name == "answer" else name
    honest = getattr(place, name)

    def deadly(*values: Any, **named: Any) -> Any:
        if when == "after":
            honest(*values, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(place, name, deadly)


def main(url: str, folder: Path, point: str = "") -> None:
    """Answer until standard input ends."""
    guard = open_guard(f"sqlite:///{folder / 'guard.db'}")
    log = open_log(open_engine(url), "main", open_keyring(folder / "keys"), guard)
    if point:
        die_at(point, log)
    submitter = Submitter(log, Judge())
    service = Actor(id=log.service, type="service", via="service")
    for line in sys.stdin:
        key = line.strip()
        event = person_of(key)
        try:
            receipt = submitter.submit(service, event, key)
            answer = {
                "sequence": receipt.sequence,
                "leaf": receipt.leaf_hash.hex(),
                "replayed": receipt.replayed,
            }
        except LedgerError as error:
            answer = {"error": type(error).__name__, "code": error.code, "says": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
