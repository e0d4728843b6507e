"""Asks line by line: ``python -m tests.crash.asker URL FOLDER``.

Reads idempotency keys from standard input, one a line, and asks for the enrolment of a person whose
id is derived from the key. Answers each with one line of JSON: the receipt's number, leaf hash and
whether it is a repetition, or the class and code of the error.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.keys.keyring import open_keyring
from ledger.log import open_log
from ledger.store.database import open_engine
from ledger.store.guard import Guard
from ledger.submit import Submitter
from tests.tools.house import Judge, person


def main(url: str, folder: Path) -> None:
    """Answer until standard input ends."""
    guard = Guard(f"sqlite:///{folder / 'guard.db'}")
    log = open_log(open_engine(url), "main", open_keyring(folder / "keys"), guard)
    submitter = Submitter(log, Judge())
    service = Actor(id=log.service, type="service", via="service")
    for line in sys.stdin:
        key = line.strip()
        event = person("P", hashlib.sha256(key.encode()).hexdigest()[:32])
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
    main(sys.argv[1], Path(sys.argv[2]))
