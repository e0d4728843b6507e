"""Rounds of killing: start clients, kill at a random instant, open, check, compare, again.

After every round the log is opened, the new entries are checked (bytes to leaf hash, chain, root,
signed checkpoint), every receipt that was noted is looked up, and every key is counted: none twice.
What was in doubt is asked again in the next round by another process. Where a home is used up, the
full audit runs.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy.engine import make_url

from ledger.audit import audit
from ledger.core.digest import sha256
from ledger.core.merkle import Frontier, leaf_hash
from ledger.events.entry import decode_entry
from tests.crash.client import Work, work
from tests.crash.notes import Noted
from tests.tools.house import House, a_model, a_version, build, person

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log import Log
    from tests.tools.postgresql import PostgresServer

PROCESSES = 2
CLIENTS = 4
_LOAD_SECONDS = 0.3
_OPEN_SECONDS = 0.15
# Of ten rounds on PostgreSQL, so many kill a backend and so many the server itself.
_BACKENDS_OF_TEN = 2
_SERVERS_OF_TEN = 1


@dataclass
class Counts:
    """What the rounds came to; ``lost``, ``twice``, ``contradicted`` and ``unsound`` must be 0."""

    database: str
    rounds: int = 0
    kills: int = 0
    backend_kills: int = 0
    server_kills: int = 0
    entries: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    contradicted: int = 0
    unsound: int = 0
    in_doubt_found: int = 0
    in_doubt_absent: int = 0
    in_doubt_answered: int = 0
    full_audits: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self)


class Checked:
    """The log as far as it was checked, round by round."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._size = 0
        self._frontier = Frontier.from_bytes(0, b"")
        self._previous = ""
        self.leaves: list[str] = []
        self.keys: Counter[str] = Counter()

    def read(self, log: Log) -> bool:
        """Check what is new; whether all of it is sound."""
        sound = log.alarm == ""
        leaves = []
        head = log.head()
        for row in log.stored(self._size, head.size):
            entry = decode_entry(row.envelope)
            here = len(self.leaves)
            sound = (
                sound
                and (row.sequence, entry.sequence) == (here, here)
                and leaf_hash(row.envelope) == row.leaf_hash
                and (here == 0 or entry.previous == self._previous)
            )
            self._previous = row.leaf_hash.hex()
            self.leaves.append(self._previous)
            leaves.append(row.leaf_hash)
            if entry.request is not None and entry.request.idempotency_key:
                self.keys[entry.request.idempotency_key] += 1
        self._frontier = self._frontier.extend(leaves)
        self._size = head.size
        signed = log.read_checkpoint(head.checkpoint)
        return (
            sound
            and self._frontier.root() == head.root == signed.root
            and self._size == head.size == signed.size == len(self.leaves)
        )

    def times(self, key: str) -> int:
        """How often a key was recorded."""
        return self.keys[sha256(f"{self._service}\n{key}".encode()).hex()]


class Home:
    """A home that is used for some rounds."""

    def __init__(self, url: str, folder: Path, counts: Counts) -> None:
        self.house = _furnished(url, folder)
        self._counts = counts
        self._checked = Checked(self.house.log.service)
        self._noted = Noted()
        self._doubts: set[str] = set()
        self._round = 0

    def round(self, server: PostgresServer | None) -> None:
        """Start, kill, check."""
        self._round += 1
        again = tuple(sorted(self._doubts))
        context = multiprocessing.get_context("forkserver")
        processes = [
            context.Process(
                target=work,
                args=(Work(*self._place, f"{self._round}.{number}", CLIENTS, again),),
                daemon=True,
            )
            for number in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        self._wait_for_load()
        if server is not None:
            self._kill_a_server(server)
        for process in processes:
            time.sleep(_up_to(_LOAD_SECONDS))
            self._counts.kills += process.is_alive()
            process.kill()
        for process in processes:
            process.join()
            self._counts.unsound += process.exitcode != -signal.SIGKILL
            process.close()
        self._check(again)

    @property
    def _place(self) -> tuple[str, Path]:
        return self.house.url, self.house.folder

    def _wait_for_load(self) -> None:
        """Mostly until the first client asks; now and then less, to meet a log being opened."""
        until = time.monotonic() + (_up_to(_OPEN_SECONDS) if secrets.randbelow(8) == 0 else 20)
        while time.monotonic() < until:
            if any(self.house.folder.glob("*.notes")):
                return
            time.sleep(0.005)

    def _kill_a_server(self, server: PostgresServer) -> None:
        chance = secrets.randbelow(10)
        time.sleep(_up_to(_LOAD_SECONDS))
        if chance < _BACKENDS_OF_TEN:
            self._counts.backend_kills += _kill_backend(self.house.url)
        elif chance < _BACKENDS_OF_TEN + _SERVERS_OF_TEN:
            server.crash()
            self._counts.server_kills += 1
            server.start_again()

    def _check(self, again: tuple[str, ...]) -> None:
        counts, noted, checked = self._counts, self._noted, self._checked
        noted.read(self.house.folder)
        log = self._opened()
        before = len(checked.leaves)
        counts.unsound += not checked.read(log)
        log.engine.dispose()
        log.guard.close()
        counts.rounds += 1
        counts.entries += len(checked.leaves) - before
        counts.in_doubt_answered += sum(key in noted.acknowledged for key in again)
        for key in noted.in_doubt - self._doubts:
            found = checked.times(key)
            counts.in_doubt_found += found > 0
            counts.in_doubt_absent += found == 0
        self._doubts = noted.in_doubt

    def _opened(self) -> Log:
        """The log, once a server that was killed has come back."""
        for _ in range(400):
            with suppress(Exception):
                return self.house.reopened()
            time.sleep(0.05)
        return self.house.reopened()

    def finish(self) -> None:
        """Compare everything once more, and audit in full."""
        counts, noted, checked = self._counts, self._noted, self._checked
        for key, (sequence, leaf) in noted.acknowledged.items():
            there = sequence < len(checked.leaves) and checked.leaves[sequence] == leaf
            counts.lost += not there or checked.times(key) == 0
        counts.acknowledged += len(noted.acknowledged)
        counts.twice += sum(number > 1 for number in checked.keys.values())
        places = Counter(sequence for sequence, _ in noted.acknowledged.values())
        counts.twice += sum(number > 1 for number in places.values())
        counts.contradicted += noted.contradicted
        counts.unsound += sum(code.startswith("unexpected") for code in noted.errors)
        log = self._opened()
        counts.unsound += len(audit(log).problems) > 0
        counts.full_audits += 1
        log.engine.dispose()
        log.guard.close()


def _furnished(url: str, folder: Path) -> House:
    """A log with a model and a version to observe."""
    house = build(url, folder)
    owner = secrets.token_hex(16)
    house.submit(person(actor_id=owner))
    house.submit(a_model(owner))
    house.submit(a_version())
    house.submitter.close()
    house.log.engine.dispose()
    house.log.guard.close()
    return house


def _up_to(seconds: float) -> float:
    return secrets.randbelow(1_000_000) / 1_000_000 * seconds


def _kill_backend(url: str) -> int:
    """Kill -9 one session of the database; PostgreSQL then restarts all of them."""
    plain = make_url(url).set(drivername="postgresql").render_as_string()
    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
    with suppress(psycopg.OperationalError), psycopg.connect(plain, autocommit=True) as connection:
        pids = [pid for (pid,) in connection.execute(query).fetchall()]
        if pids:
            os.kill(secrets.choice(pids), signal.SIGKILL)
            return 1
    return 0
