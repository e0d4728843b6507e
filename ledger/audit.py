"""Walk the whole log and prove everything again, from stored bytes alone.

Checked, for every entry: the envelope hashes to its leaf, is canonical, is signed by the log's key,
holds a statement that its schema admits, names the right log, sequence and predecessor, does not go
back in time, carries a decision under the policy then in force, and stands under the right columns.
Then the tree's tiles, every checkpoint's signature and root, the head, the guard, the registry
rebuilt and compared row by row, the idempotency keys, and the vault's commitments.

What is found is named: the entry or the table, and the kind of damage. Nothing is repaired.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import Checkpoint
from ledger.core.envelope import check_envelope, parse_envelope
from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.tiles import TILE_WIDTH, tile_root
from ledger.errors import LedgerError
from ledger.events.entry import FIRST_PREVIOUS, Entry, decode_envelope
from ledger.events.log import LogCreated
from ledger.state.concerns import about, subjects
from ledger.state.fold import Place, fold
from ledger.state.registry import Registry
from ledger.store import folded, tiles
from ledger.store.database import reading
from ledger.store.entries import read_checkpoints, read_entries
from ledger.store.idempotency import read_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.core.envelope import Envelope
    from ledger.log import Log
    from ledger.store.entries import Head, StoredEntry

    Progress = Callable[[str, int, int], None]

PAGE: Final = 1_000
MOST_PROBLEMS: Final = 100
_DENIED_KINDS: Final = {"access.denied", "release.lapsed"}


@dataclass(frozen=True)
class Problem:
    """Something that does not verify: in which table, at which entry (or -1), and what."""

    table: str
    sequence: int
    code: str
    sentence: str


@dataclass
class Counts:
    """How much was checked."""

    entries: int = 0
    signatures: int = 0
    tiles: int = 0
    checkpoints: int = 0
    rows: int = 0
    private_texts: int = 0
    erased_texts: int = 0


@dataclass
class Audit:
    """The result: no problem means that everything that was counted verified."""

    origin: str
    size: int = 0
    root: bytes = b""
    counts: Counts = field(default_factory=Counts)
    problems: list[Problem] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def audit(log: Log, progress: Progress | None = None) -> Audit:
    """Verify a log from its first entry to its head as it stands when the audit begins.

    ``progress(step, done, total)`` is told how far it is. Reading is in short transactions, so that
    writers go on.
    """
    return _Auditor(log, progress or _tell_nobody).run()


def _tell_nobody(step: str, done: int, total: int) -> None:
    del step, done, total


class _Auditor:
    def __init__(self, log: Log, progress: Progress) -> None:
        self._log = log
        self._progress = progress
        self._found = Audit(log.origin)
        self._registry = Registry()
        self._frontier = Frontier()
        self._folding = True
        self._previous = FIRST_PREVIOUS
        self._recorded_at = ""
        self._level_hashes: dict[int, list[bytes]] = {}
        self._roots: dict[int, bytes] = {}
        self._wanted_keys: list[tuple[int, bytes, bytes]] = []
        self._keys = {log.keyring.entries.keyid: log.keyring.entries.public}

    def run(self) -> Audit:
        head = self._log.head()
        self._found.size, self._found.root = head.size, head.root
        self._check_entries(head)
        self._check_checkpoints(head)
        self._check_tiles(head)
        self._check_head(head)
        if self._folding:
            self._check_rows(head)
        else:
            self._note("folded", -1, "not-checked", "The registry could not be rebuilt.")
        self._check_guard(head)
        return self._found

    def _note(self, table: str, sequence: int, code: str, sentence: str) -> None:
        if len(self._found.problems) < MOST_PROBLEMS:
            self._found.problems.append(Problem(table, sequence, code, sentence))

    def _check_entries(self, head: Head) -> None:
        sizes = self._checkpoint_sizes(head)
        wanted = next(sizes, None)
        with ThreadPoolExecutor() as pool:
            for page in self._pages(head.size):
                envelopes = [self._parsed(row) for row in page]
                signed = list(pool.map(self._signature_problem, envelopes))
                for row, envelope, problem in zip(page, envelopes, signed, strict=True):
                    if problem:
                        self._note("entry", row.sequence, "signature-failed", problem)
                    self._check_entry(row, envelope)
                    if wanted == row.sequence + 1:
                        self._roots[wanted] = self._frontier.root()
                        wanted = next(sizes, None)
                self._check_keys(page)
                self._progress("entries", self._found.counts.entries, head.size)
        if self._found.counts.entries != head.size:
            self._note(
                "entry",
                self._found.counts.entries,
                "entries-missing",
                f"The head speaks of {head.size} entries, {self._found.counts.entries} are there.",
            )

    def _pages(self, size: int) -> Iterator[list[StoredEntry]]:
        for start in range(0, size, PAGE):
            with reading(self._log.engine) as connection:
                page = read_entries(connection, self._log.log_id, start, min(start + PAGE, size))
            yield page

    def _checkpoint_sizes(self, head: Head) -> Iterator[int]:
        after = -1
        while True:
            with reading(self._log.engine) as connection:
                page = read_checkpoints(connection, self._log.log_id, after, PAGE)
            sizes = [size for size, _ in page if size <= head.size]
            yield from (size for size in sizes if size > 0)
            if len(sizes) < PAGE:
                return
            after = sizes[-1]

    def _parsed(self, row: StoredEntry) -> Envelope | LedgerError:
        try:
            return parse_envelope(row.envelope)
        except LedgerError as error:
            return error

    def _signature_problem(self, envelope: Envelope | LedgerError) -> str:
        if isinstance(envelope, LedgerError):
            return ""
        try:
            check_envelope(envelope, self._keys)
        except LedgerError as error:
            return error.sentence
        return ""

    def _check_entry(self, row: StoredEntry, envelope: Envelope | LedgerError) -> None:
        counts = self._found.counts
        if row.sequence != counts.entries:
            self._note("entry", counts.entries, "gap", "An entry is missing before this one.")
            counts.entries = row.sequence
        counts.entries += 1
        leaf = leaf_hash(row.envelope)
        if leaf != row.leaf_hash:
            sentence = "The envelope does not hash to the leaf hash that is stored for it."
            self._note("entry", row.sequence, "leaf-mismatch", sentence)
        self._frontier = self._frontier.push(leaf)
        self._keep_hash(0, leaf)
        expected, self._previous = self._previous, row.leaf_hash.hex()
        if isinstance(envelope, LedgerError):
            self._note("entry", row.sequence, envelope.code, envelope.sentence)
            self._folding = False
            return
        counts.signatures += 1
        try:
            entry = decode_envelope(row.envelope, envelope)
            self._check_content(row, entry, expected)
        except LedgerError as error:
            self._note("entry", row.sequence, error.code, error.sentence)
            self._folding = False

    def _keep_hash(self, level: int, digest: bytes) -> None:
        """Grow the tiles' hashes level by level, as C2SP tlog-tiles defines them."""
        hashes = self._level_hashes.setdefault(level, [])
        hashes.append(digest)
        if len(hashes) % TILE_WIDTH == 0:
            self._keep_hash(level + 1, tile_root(b"".join(hashes[-TILE_WIDTH:])))

    def _check_content(self, row: StoredEntry, entry: Entry, previous: str) -> None:
        number = row.sequence
        if entry.origin != self._log.origin or entry.sequence != number:
            self._note("entry", number, "misplaced", "The entry was signed for another place.")
        if entry.previous != previous:
            self._note("entry", number, "chain-broken", "It does not follow the entry before it.")
        if entry.recorded_at < self._recorded_at:
            self._note("entry", number, "time-backwards", "It is dated before its predecessor.")
        self._recorded_at = entry.recorded_at
        self._check_decision(entry)
        if self._folding:
            place = Place(number, entry.recorded_at, entry.actor.id)
            changes = fold(self._registry, entry.event, place)
            named = subjects(self._registry, entry.event)
            self._check_columns(row, entry)
            self._registry.apply(changes, number)
            if named != entry.subjects:
                self._note("entry", number, "subjects-wrong", "It names other subjects' digests.")
        if number == 0:
            self._check_genesis(entry)
        self._check_private(entry)
        request = entry.request
        if request is not None and request.idempotency_key is not None:
            key, command = bytes.fromhex(request.idempotency_key), bytes.fromhex(request.command)
            self._wanted_keys.append((number, key, command))

    def _check_decision(self, entry: Entry) -> None:
        policy = self._registry.policy()
        if policy is None:
            return
        decision = entry.decision
        if decision is None:
            self._note("entry", entry.sequence, "undecided", "No policy decided this entry.")
        elif self._folding and decision.policy != policy.digest:
            sentence = "It was decided under another policy than the one in force."
            self._note("entry", entry.sequence, "policy-mismatch", sentence)
        elif (decision.outcome == "deny") != (entry.kind in _DENIED_KINDS):
            sentence = "Its kind and its decision's outcome do not agree."
            self._note("entry", entry.sequence, "outcome-mismatch", sentence)

    def _check_columns(self, row: StoredEntry, entry: Entry) -> None:
        concerned = about(self._registry, entry.event)
        wanted = (
            entry.kind,
            entry.recorded_at,
            entry.actor.id,
            "deny" if entry.kind == "access.denied" else "allow",
            concerned.model,
            concerned.version,
            concerned.environment,
        )
        stored = (
            row.kind,
            row.recorded_at,
            row.actor,
            row.outcome,
            row.model,
            row.version,
            row.environment,
        )
        if wanted != stored:
            sentence = "The columns by which it is found do not agree with its envelope."
            self._note("entry", row.sequence, "columns-wrong", sentence)

    def _check_genesis(self, entry: Entry) -> None:
        if not isinstance(entry.event, LogCreated):
            self._note("entry", 0, "no-genesis", "The first entry does not create the log.")
            return
        named = {key.use: key.public for key in entry.event.keys}
        ring = self._log.keyring
        if named.get("entries") != ring.entries.public.hex():
            self._note("entry", 0, "key-mismatch", "It names another key for entries than ours.")
        if named.get("cosignatures") != ring.cosignatures.public.hex():
            self._note(
                "entry", 0, "key-mismatch", "It names another key for cosignatures than ours."
            )
        if named.get("checkpoints") != ring.checkpoints.public.hex():
            self._note(
                "entry", 0, "key-mismatch", "It names another key for checkpoints than ours."
            )

    def _check_private(self, entry: Entry) -> None:
        if not entry.commitments:
            return
        try:
            with reading(self._log.engine) as connection:
                texts = self._log.vault.read(connection, entry.sequence, entry.commitments)
        except LedgerError as error:
            self._note("vault", entry.sequence, error.code, error.sentence)
            return
        for name, text in texts.items():
            if text is None:
                sentence = f"The private text {name!r} is missing, and no erasure is recorded."
                self._note("vault", entry.sequence, "vault-missing", sentence)
            else:
                self._found.counts.private_texts += 1

    def _check_checkpoints(self, head: Head) -> None:
        after = -1
        mismatch = False
        while True:
            with reading(self._log.engine) as connection:
                page = read_checkpoints(connection, self._log.log_id, after, PAGE)
            for size, note in page:
                if size > head.size:
                    break
                after = size
                self._found.counts.checkpoints += 1
                mismatch = self._check_checkpoint(size, note, silent=mismatch) or mismatch
            self._progress("checkpoints", after, head.size)
            if len(page) < PAGE:
                return

    def _check_checkpoint(self, size: int, note: bytes, *, silent: bool) -> bool:
        """Check one; returns whether its root differs (told once: every later one differs too)."""
        try:
            tree = self._log.read_checkpoint(note)
        except LedgerError as error:
            self._note("checkpoint", size - 1, error.code, f"Size {size}: {error.sentence}")
            return False
        root = self._roots.get(size)
        if tree.origin != self._log.origin or tree.size != size:
            self._note("checkpoint", size - 1, "misplaced", f"Size {size}: it speaks of another.")
            return False
        if root == tree.root:
            return False
        if not silent:
            sentence = f"The first {size} entries do not hash to the root that was signed."
            self._note("checkpoint", size - 1, "root-mismatch", sentence)
        return True

    def _check_tiles(self, head: Head) -> None:
        for level, hashes in sorted(self._level_hashes.items()):
            expected = len(hashes) // TILE_WIDTH
            place = 0
            while place < expected:
                with reading(self._log.engine) as connection:
                    page = tiles.read_tiles(connection, self._log.log_id, level, place, 100)
                if not page:
                    break
                for position, root, data in page:
                    start = position * TILE_WIDTH
                    wanted = b"".join(hashes[start : start + TILE_WIDTH])
                    self._found.counts.tiles += 1
                    if data != wanted or root != tile_root(wanted):
                        sentence = f"Tile {position} of level {level} is not what the entries give."
                        self._note("tile", start * TILE_WIDTH**level, "tile-wrong", sentence)
                place = page[-1][0] + 1
            self._progress("tiles", expected, expected)
        with reading(self._log.engine) as connection:
            stored = tiles.count_tiles(connection, self._log.log_id)
        levels = {level: len(hashes) // TILE_WIDTH for level, hashes in self._level_hashes.items()}
        wanted_counts = {level: number for level, number in levels.items() if number}
        if stored != wanted_counts and head.size == self._found.counts.entries:
            self._note("tile", -1, "tiles-missing", "Full tiles are missing or too many.")

    def _check_head(self, head: Head) -> None:
        try:
            tree = self._log.read_checkpoint(head.checkpoint)
        except LedgerError as error:
            self._note("head", -1, error.code, error.sentence)
            return
        agrees = (
            tree == Checkpoint(self._log.origin, head.size, head.root)
            and head.root == self._frontier.root()
            and head.frontier == self._frontier.to_bytes()
            and head.previous.hex() == self._previous
            and head.recorded_at == self._recorded_at
        )
        if not agrees:
            self._note("head", -1, "head-wrong", "The head is not what the entries give.")

    def _check_rows(self, head: Head) -> None:
        rebuilt = {
            (row["kind"], row["key"]): row
            for row in (folded.as_row(item, as_of) for item, as_of in self._registry.changed())
        }
        total = len(rebuilt)
        after = ("", "")
        while True:
            with reading(self._log.engine) as connection:
                page = folded.read_rows(connection, self._log.log_id, after, PAGE)
            for row in page:
                after = (row["kind"], row["key"])
                if row["as_of"] >= head.size:
                    rebuilt.pop(after, None)
                    continue
                self._found.counts.rows += 1
                wanted = rebuilt.pop(after, None)
                if wanted != row:
                    at = int(row["as_of"])
                    sentence = f"The row {after[0]} {after[1]} is not what the entries fold to."
                    self._note("folded", at, "row-wrong", sentence)
            self._progress("registry", self._found.counts.rows, total)
            if len(page) < PAGE:
                break
        for (kind, key), row in rebuilt.items():
            self._note("folded", row["as_of"], "row-missing", f"The row {kind} {key} is missing.")

    def _check_keys(self, page: list[StoredEntry]) -> None:
        """Compare a page's idempotency keys with what its entries say."""
        wanted, self._wanted_keys = self._wanted_keys, []
        if not page:
            return
        start, stop = page[0].sequence, page[-1].sequence + 1
        with reading(self._log.engine) as connection:
            stored = read_keys(connection, self._log.log_id, start, stop)
        for sequence in sorted({item[0] for item in set(wanted) ^ set(stored)}):
            sentence = "Its idempotency key is not what the entry says."
            self._note("idempotency", sequence, "key-wrong", sentence)

    def _check_guard(self, head: Head) -> None:
        if self._log.alarm:
            self._note("head", -1, "alarm", self._log.alarm)
            return
        try:
            self._log.check_guard()
        except LedgerError as error:
            self._note("guard", head.size, error.code, error.sentence)
