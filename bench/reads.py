"""Reads at several sizes of the log: none of them may grow with it.

The logs are built by ``bench.big`` and measured by turns in the same run, so that what else the
machine does meets all of them alike. ``to_smallest`` is the median of each turn's ratio to the
smallest log: about 1 where the time does not depend on the size. Entries are picked at random, with
a fixed seed.

Every SQLite file is read once before, because the small one is in memory after a few reads and the
large one would not be: without that, the ratio is one of memory to disk. PostgreSQL's are as the
building left them.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.big import MODELS, VERSIONS, observation, opened, workload
from bench.installation import median, percentile, show, timed
from ledger.store.database import reading
from ledger.store.entries import Filter, checkpoint_covering, read_checkpoints
from webui import wiring
from webui.app import create_app
from webui.identity.scope import TokenScope
from webui.identity.tokens import create_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask.testing import FlaskClient

    from ledger.events.actor import Actor

SIZES: Final = (1_000, 100_000)
MILLION: Final = 1_000_000
TURNS: Final = 9
READS: Final = 40
NEWEST: Final = 50
NOW: Final = "2026-11-23T12:00:00.000000Z"
# Service, administrator and pipeline: two enrolled, each with a role.
FEW: Final = 4
_WARMED_AT_ONCE: Final = 16 * 1024 * 1024


@dataclass
class Library:
    """One log and what is read of it."""

    made: wiring.Wiring
    size: int
    checkpoints: Sequence[int]
    client: FlaskClient
    headers: dict[str, str]
    pipeline: Actor

    def head(self, _: int) -> None:
        """The head, with its checkpoint."""
        self.made.log.head()

    def checkpoint(self, sequence: int) -> None:
        """The first checkpoint that covers an entry."""
        with reading(self.made.engine) as connection:
            if checkpoint_covering(connection, self.made.log.log_id, sequence) is None:
                raise SystemExit(f"no checkpoint covers {sequence}")

    def entry(self, sequence: int) -> None:
        """An entry by its number, decoded."""
        self.made.reader.tell(sequence)

    def prove(self, sequence: int) -> None:
        """The inclusion proof of an entry."""
        self.made.log.prove(sequence)

    def receipt(self, sequence: int) -> None:
        """The proof as a file, through the API."""
        path = f"/api/v1/entries/{sequence}/proof"
        answer = self.client.get(path, headers=self.headers)
        if answer.status_code != 200:
            raise SystemExit(f"{answer.status_code} from {path}: {answer.text}")

    def consistency(self, sequence: int) -> None:
        """The consistency proof between an earlier checkpoint and the head."""
        old = self.checkpoints[sequence % len(self.checkpoints)]
        self.made.log.consistency(old, self.size)

    def search(self, sequence: int) -> None:
        """The newest entries of a model."""
        self._find(Filter(model=f"model-{sequence % MODELS}"), NEWEST)

    def search_version(self, sequence: int) -> None:
        """The newest entries of a version, of whatever model."""
        self._find(Filter(version=f"1.{sequence % VERSIONS}.0"), NEWEST)

    def search_nothing(self, sequence: int) -> None:
        """What no entry has: where there is no index, the whole log is read."""
        for wanted in (
            Filter(version="9.9.9"),
            Filter(model=f"model-{sequence % MODELS}", version="9.9.9"),
            Filter(environment="nowhere"),
            Filter(outcome="deny"),
            Filter(since="9999"),
        ):
            self._find(wanted, 0)

    def search_kinds(self, _: int) -> None:
        """The newest entries of several kinds that are few."""
        self._find(Filter(kinds=("actor.enrolled", "role.granted")), FEW)

    def search_time(self, sequence: int) -> None:
        """The newest entries before a time."""
        entry = self.made.log.entry(max(sequence, self.size // 2))
        self._find(Filter(until=entry.recorded_at), NEWEST)

    def _find(self, wanted: Filter, number: int) -> None:
        found = len(self.made.reader.entries(wanted, limit=NEWEST))
        if found != number:
            raise SystemExit(f"{found} entries, not {number}, of {wanted}")

    def decide(self, sequence: int) -> None:
        """An observation decided on a registry that knows nothing yet."""
        made = self.made
        event = observation(sequence % MODELS, sequence % VERSIONS, 0)
        with reading(made.engine) as connection:
            registry = made.reader.registry(connection)
            decision = made.decide(registry, event, self.pipeline, NOW)
        if not decision.allowed:
            raise SystemExit(f"refused: {decision.unmet}")

    def open(self, _: int) -> None:
        """The installation opened anew, its end checked."""
        wiring.open_home(self.made.settings).close()


# What is read, and how often in one turn.
_READS: Final[dict[str, tuple[Callable[[Library, int], None], int]]] = {
    "head": (Library.head, READS),
    "checkpoint": (Library.checkpoint, READS),
    "entry": (Library.entry, READS),
    "prove": (Library.prove, READS),
    "receipt": (Library.receipt, READS),
    "consistency": (Library.consistency, READS),
    "search_model_newest": (Library.search, READS // 2),
    "search_version_newest": (Library.search_version, READS // 2),
    "search_nothing_there": (Library.search_nothing, READS // 2),
    "search_rare_kinds": (Library.search_kinds, READS // 2),
    "search_before_a_time": (Library.search_time, READS // 2),
    "decide": (Library.decide, READS),
    "open": (Library.open, 2),
}


def library(home: Path, entries: int, url: str = "") -> Library:
    """A log of so many entries, and a client of its API who may read."""
    made = opened(home, entries, url)
    if not url:
        warm(home / "ledger.db")
    pipeline = workload(made)
    _, secret = create_token(
        made,
        actor_id=pipeline.id,
        label="bench",
        scope=TokenScope(kinds="*"),
        days=1,
        created_by=pipeline.id,
    )
    with reading(made.engine) as connection:
        known = read_checkpoints(connection, made.log.log_id, 0, entries)
    client = create_app(made).test_client()
    sizes = [size for size, _ in known if size < entries]
    headers = {"Authorization": f"Bearer {secret}"}
    return Library(made, entries, sizes, client, headers, pipeline)


def warm(file: Path) -> None:
    """Read a file once, so that the system holds it in memory where it has room."""
    with file.open("rb") as data:
        while data.read(_WARMED_AT_ONCE):
            pass


def measure(libraries: Sequence[Library], turns: int) -> None:
    """Every read of every log, by turns; one line for each."""
    pick = random.Random(1)
    smallest = libraries[0].size
    for name, (read, number) in _READS.items():
        seconds: dict[int, list[list[float]]] = {one.size: [] for one in libraries}
        for _ in range(turns):
            for one in libraries:
                chosen = [partial(read, one, pick.randrange(one.size)) for _ in range(number)]
                seconds[one.size].append([timed(action) for action in chosen])
        bases = [median(turn) for turn in seconds[smallest]]
        for one in libraries:
            found = seconds[one.size]
            ratios = [median(turn) / base for turn, base in zip(found, bases, strict=True)]
            every = [value for turn in found for value in turn]
            show(
                f"reads.{name}",
                database=one.made.engine.dialect.name,
                entries=one.size,
                p50_ms=1000 * median(every),
                p95_ms=1000 * percentile(every, 0.95),
                to_smallest=median(ratios),
            )


def run(folder: Path, sizes: Sequence[int], make_url: Callable[[], str]) -> None:
    """On SQLite, whose homes stay in ``folder``, one for each size; then on PostgreSQL."""
    compared([(folder / str(size), size, "") for size in sorted(sizes)])
    with tempfile.TemporaryDirectory(prefix="counterseal-bench-") as passing:
        homes = Path(passing)
        compared([(homes / str(size), size, make_url()) for size in sorted(sizes)])


def compared(logs: Sequence[tuple[Path, int, str]], turns: int = TURNS) -> None:
    """Build or open logs (home, entries, database), smallest first, and measure them."""
    libraries: list[Library] = []
    try:
        libraries.extend(library(*log) for log in logs)
        measure(libraries, turns)
    finally:
        for one in libraries:
            one.made.close()
