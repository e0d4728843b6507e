"""A log: opened with a proof that it is whole at its end, read by range, asked for proofs.

Opening checks the newest checkpoint's signature against our own key, the head against the tree, and
the head against the guard. A log that fails carries an ``alarm`` and takes no more entries; it can
still be read and verified. A guard that is merely out of reach is no alarm: the log carries
``guard_away``, and takes entries again as soon as the guard has answered.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.core.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    node_hash,
    prove_consistency,
    prove_inclusion,
)
from ledger.core.note import (
    ED25519,
    ML_DSA_44_COSIGNATURE,
    Vkey,
    check_note,
    format_note,
    parse_note,
    sign_note,
    vkey,
)
from ledger.core.proof import TlogProof
from ledger.core.tiles import TileReader, UpperTiles
from ledger.core.trust import NOBODY, TrustPolicy, fewest, quorum_met
from ledger.errors import (
    BusyError,
    CheckpointError,
    ConflictError,
    InDoubtError,
    IntegrityError,
    LedgerError,
    OutsideError,
    UnknownSubjectError,
)
from ledger.events.entry import decode_entry
from ledger.state.keys import KEY_KINDS, KeyHistory
from ledger.store.database import reading
from ledger.store.entries import (
    Head,
    StoredEntry,
    checkpoint_covering,
    envelopes_of,
    find_log,
    leaf_hashes,
    logs_there,
    read_entries,
    read_head,
)
from ledger.store.fault import Fault
from ledger.store.guards import Guard, Guarded
from ledger.store.guards.guard import GUARD_FAILED, guard_failed
from ledger.store.publications import (
    cosigned_sizes,
    newest_publication,
    read_cosignatures,
    read_publication,
)
from ledger.store.successor import successor_of
from ledger.store.tiles import read_tile
from ledger.store.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from ledger.events.entry import Entry
    from ledger.keys.keyring import Keyring
    from ledger.state.aggregates import LogState
    from ledger.store.publications import Publication

PAGE = 1_000
# How long the guard may be moved by others, again and again, while we want to move it.
_GUARD_SECONDS: Final = 10.0
# Failures that say that something is broken, not that it is away.
_LASTING: Final = {"key-missing", Fault.DAMAGED.value, Fault.DISK.value}


@dataclass
class Log:
    """One log of a database. Reading is safe from several threads."""

    engine: Engine
    log_id: int
    name: str
    origin: str
    keyring: Keyring
    guard: Guard
    service: str = ""
    alarm: str = ""
    guard_away: str = ""
    successor: str = ""
    trust: TrustPolicy = field(default_factory=TrustPolicy)
    keys: KeyHistory = field(default_factory=KeyHistory)
    keys_state: LogState | None = None
    vault: Vault = field(init=False)
    _looked_at: int | None = field(init=False, default=None, repr=False, compare=False)
    _upper: UpperTiles = field(init=False, default_factory=UpperTiles, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Open the vault of this log."""
        self.vault = Vault(self.log_id, self.origin, *self.keyring.wrapping())

    @property
    def vkey(self) -> str:
        """The verifier key of the checkpoints (C2SP signed-note)."""
        return vkey(self.origin, self.keyring.checkpoints.public)

    @property
    def vkeys(self) -> tuple[Vkey, ...]:
        """Every Ed25519 key that ever signed checkpoints of this log, the one in force first."""
        spans = reversed(self.keys.of("checkpoints"))
        return tuple(Vkey(self.origin, ED25519, span.public) for span in spans)

    @property
    def cosigner_vkey(self) -> str:
        """The verifier key of the log's own ML-DSA-44 cosignatures (C2SP tlog-cosignature)."""
        key = self.keyring.cosignatures.public
        return str(Vkey(self.origin, ML_DSA_44_COSIGNATURE, key))

    def head(self) -> Head:
        """The head as it stands."""
        with reading(self.engine) as connection:
            return read_head(connection, self.log_id)

    def published(self) -> bytes:
        """The signed note that the world is shown: nothing beyond its tree is served or exported.

        It is the newest publication that enough witnesses have signed by the trust policy, with all
        lines that were added to it; without a policy the newest one, and before there is any the
        head's checkpoint.

        Raises:
            UnknownSubjectError: ``not-published`` while no publication has its quorum.
        """
        with reading(self.engine) as connection:
            made = self._seen_by_enough(connection)
            if made is not None:
                lines = read_cosignatures(connection, self.log_id, made.size)
                return made.note + b"".join(lines.values())
            if self.trust.quorum == NOBODY:
                return read_head(connection, self.log_id).checkpoint
        raise UnknownSubjectError(
            "No checkpoint of this log is published: too few witnesses have signed one.",
            code="not-published",
            remedy="Run `counterseal log publish` to see what each witness says.",
        )

    def _seen_by_enough(self, connection: Connection) -> Publication | None:
        if self.trust.quorum == NOBODY:
            return newest_publication(connection, self.log_id)
        names = {one.vkey.label: one.name for one in self.trust.witnesses}
        least, below = fewest(self.trust), MAX_SIZE - 1
        while sizes := cosigned_sizes(connection, self.log_id, list(names), least, below):
            for size, signers in sizes:
                if quorum_met(self.trust, {names[signer] for signer in signers}):
                    return read_publication(connection, self.log_id, size)
            below = sizes[-1][0]
        return None

    def sign_checkpoint(self, size: int, root: bytes) -> bytes:
        """A signed note over a tree head (C2SP tlog-checkpoint)."""
        signer = self.keyring.checkpoints
        text = format_checkpoint(Checkpoint(self.origin, size, root))
        return format_note(sign_note(text, self.origin, signer.public, signer.sign))

    def read_checkpoint(self, note: bytes) -> Checkpoint:
        """Check a signed note of this log under its own key, and read it.

        Raises:
            CheckpointError, SignatureError: it is not ours.
        """
        parsed = parse_note(note)
        tree = parse_checkpoint(parsed.text)
        try:
            check_note(parsed, self._signers(tree.size))
        except CheckpointError:
            # Another process may have replaced the key meanwhile.
            self.learn_keys()
            check_note(parsed, self._signers(tree.size))
        return tree

    def _signers(self, size: int) -> list[Vkey]:
        """Who may have signed a tree of a size: the key of that time, and the one in force."""
        keys = {self.keyring.checkpoints.public, self.keys.at("checkpoints", size - 1)}
        return [Vkey(self.origin, ED25519, key) for key in keys if key is not None]

    def turn_keys(self, state: LogState) -> None:
        """Take the keys in force from the registry; for whoever commits.

        Raises:
            OutsideError: ``key-missing``.
        """
        self.keys, self.keys_state = state.history, state
        self.keyring.turn_to(self.keys)

    def learn_keys(self) -> None:
        """Read the log's keys from its entries, and sign with those in force.

        Raises:
            OutsideError: ``key-missing``: a key in force is not in the keys folder.
        """
        keys = KeyHistory()
        with reading(self.engine) as connection:
            size = read_head(connection, self.log_id).size
            stored = envelopes_of(connection, self.log_id, sorted(KEY_KINDS), size)
        for envelope in stored:
            entry = decode_entry(envelope)
            keys = keys.after(entry.event, entry.sequence)
        self.keys = keys
        self.keyring.turn_to(keys)

    def learn_successor(self, size: int | None = None) -> str:
        """The log that continues this one, as another process may have said; once for a size."""
        if not self.successor and (size is None or size != self._looked_at):
            with reading(self.engine) as connection:
                self.successor = successor_of(connection, self.log_id, self.origin)
            self._looked_at = size
        return self.successor

    def stored(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        """Stored entries from ``start`` to ``stop - 1``, in short transactions of a page each."""
        end = self.head().size if stop is None else stop
        for place in range(start, end, PAGE):
            with reading(self.engine) as connection:
                page = read_entries(connection, self.log_id, place, min(place + PAGE, end))
            yield from page

    def entry(self, sequence: int) -> Entry:
        """One entry, decoded.

        Raises:
            UnknownSubjectError: there is none of this number.
        """
        with reading(self.engine) as connection:
            rows = read_entries(connection, self.log_id, sequence, sequence + 1)
        if not rows:
            raise UnknownSubjectError(
                "There is no entry of this number.",
                pointer="/sequence",
                remedy="Entries are numbered from 0 to the size of the log less one.",
            )
        return decode_entry(rows[0].envelope)

    def prove(self, sequence: int, size: int | None = None) -> TlogProof:
        """The inclusion proof of an entry in the tree of ``size`` (default: the head's), O(log n).

        Raises:
            UnknownSubjectError: the tree does not hold the entry.
        """
        with reading(self.engine) as connection:
            head = read_head(connection, self.log_id)
            note = head.checkpoint
            if size is not None and size != head.size:
                covering = checkpoint_covering(connection, self.log_id, size - 1)
                note = covering if covering is not None else note
            tree = self.read_checkpoint(note)
            if not 0 <= sequence < tree.size:
                raise UnknownSubjectError("The tree does not hold this entry.", pointer="/sequence")
            reader = self._tiles(connection, tree.size, self._upper)
            hashes = prove_inclusion(sequence, tree.size, reader.subtree)
        return TlogProof(index=sequence, hashes=tuple(hashes), checkpoint=note, extra=None)

    def prove_under(self, sequence: int, note: bytes) -> TlogProof:
        """The inclusion proof of an entry under a checkpoint of this log that somebody holds.

        Raises:
            UnknownSubjectError: the checkpoint's tree does not hold the entry, or is not ours yet.
            CheckpointError, SignatureError: the note is not a checkpoint of this log.
        """
        tree = self.read_checkpoint(note)
        with reading(self.engine) as connection:
            known = read_head(connection, self.log_id).size
            if not 0 <= sequence < tree.size <= known:
                raise UnknownSubjectError("The tree does not hold this entry.", pointer="/sequence")
            reader = self._tiles(connection, tree.size, self._upper)
            hashes = prove_inclusion(sequence, tree.size, reader.subtree)
        return TlogProof(index=sequence, hashes=tuple(hashes), checkpoint=note, extra=None)

    def root_at(self, connection: Connection, size: int) -> bytes:
        """The root of the tree of the first ``size`` entries, from tiles."""
        reader = self._tiles(connection, size)
        parts = [
            reader.subtree(level, (size >> (level + 1)) << 1)
            for level in range(size.bit_length() - 1, -1, -1)
            if size >> level & 1
        ]
        if not parts:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(parts))

    def _tiles(
        self, connection: Connection, size: int, upper: UpperTiles | None = None
    ) -> TileReader:
        def read(level: int, index: int, width: int) -> bytes:
            return read_tile(connection, self.log_id, level, index, width)

        return TileReader(read, size, upper)

    def check_guard(self) -> None:
        """Compare the guard with the tree, and move it up until it covers the head.

        Others may move it meanwhile: then what they put there is held against the tree again.

        Raises:
            IntegrityError: the guard holds nothing, is damaged, the database is behind it, or is
                another history.
            OutsideError: ``guard-failed``; or as the database.
        """
        until = time.monotonic() + _GUARD_SECONDS
        needed: int | None = None
        while True:
            guarded = self.guard.read(self.origin)
            if guarded is None:
                raise _guard_missing()
            with reading(self.engine) as connection:
                head = read_head(connection, self.log_id)
                self._check_promised(connection, head, guarded)
            needed = head.size if needed is None else needed
            covers = guarded.size >= needed
            if covers or self.guard.swap(self.origin, guarded, guarded_head(head)):
                self.guard_away = ""
                return
            if time.monotonic() > until:
                raise guard_failed("others move it all the time")

    def ask_guard_again(self) -> None:
        """Ask a guard that was out of reach; what it then says against the log is an alarm.

        Raises:
            InDoubtError: ``guard-failed``: it still is. Nothing is recorded now, but what was asked
                before may have been.
            OutsideError: as the database.
            IntegrityError: as ``check_guard``.
        """
        if not self.guard_away:
            return
        try:
            self.check_guard()
        except OutsideError as error:
            if error.code != GUARD_FAILED:
                raise
            self.guard_away = error.sentence
            raise InDoubtError(
                f"{error.sentence} Nothing more is recorded until it answers.",
                code=GUARD_FAILED,
                remedy="Ask again with the same idempotency key when the guard is back.",
            ) from error
        except LedgerError as error:
            self.alarm = str(error)
            raise

    def begin_guard(self) -> Guarded:
        """Let an empty guard begin with the head as it stands.

        Raises:
            ConflictError: the guard holds a checkpoint already.
            OutsideError: ``guard-failed``.
        """
        self.guard.prepare()
        kept = guarded_head(self.head())
        if not self.guard.swap(self.origin, None, kept):
            raise ConflictError(
                "The guard holds a checkpoint of this log already.", code="guard-there"
            )
        return kept

    def _check_promised(self, connection: Connection, head: Head, guarded: Guarded) -> None:
        if guarded.size > head.size:
            raise IntegrityError(
                f"The database holds {head.size} entries, but {guarded.size} were promised: "
                "it is an older copy.",
                remedy="Put the newest copy back. Until then the ledger is read-only.",
                code="behind-guard",
                size=head.size,
                promised=guarded.size,
            )
        if self.root_at(connection, guarded.size) != guarded.root:
            raise IntegrityError(
                "The database is another history than the one that was promised.",
                remedy="Put the genuine database back. Until then the ledger is read-only.",
                code="forked-from-guard",
                promised=guarded.size,
            )

    def advance_guard(self, old: Head, new: Head) -> None:
        """Move the guard from one head to the next after a commit.

        Raises:
            IntegrityError: the guard holds something that this log does not lead to.
            OutsideError: ``guard-failed``.
        """
        expected = Guarded(old.size, old.root, "")
        if self.guard.swap(self.origin, expected, guarded_head(new)):
            self.guard_away = ""
        else:
            self.check_guard()

    def consistency(self, old_size: int, new_size: int) -> list[bytes]:
        """The consistency proof between two sizes (RFC 6962 section 2.1.2), from tiles."""
        with reading(self.engine) as connection:
            reader = self._tiles(connection, new_size, self._upper)
            return list(prove_consistency(old_size, new_size, reader.subtree))


def guarded_head(head: Head) -> Guarded:
    """What the guard keeps of a head."""
    return Guarded(head.size, head.root, head.checkpoint.decode("utf-8"))


def has_log(engine: Engine) -> bool:
    """Whether the database holds any log."""
    with reading(engine) as connection:
        return bool(logs_there(connection))


def _guard_missing() -> IntegrityError:
    return IntegrityError(
        "The guard holds no checkpoint of this log, so an older copy can't be told.",
        remedy="Put the guard back; or, where this is surely the newest copy, run "
        "`counterseal log begin-guard`. Until then the ledger is read-only.",
        code="guard-missing",
    )


def open_log(engine: Engine, name: str, keyring: Keyring, guard: Guard) -> Log:
    """Open a log and check its end. A log that fails the check is returned with an alarm.

    A guard that can't be reached is noted in ``guard_away`` and asked again before anything is
    recorded.

    Raises:
        UnknownSubjectError: the database holds no such log.
        BusyError, OutsideError: the database can't be reached at the moment.
    """
    with reading(engine) as connection:
        found = find_log(connection, name)
    if found is None:
        raise UnknownSubjectError(
            "The database holds no such log.",
            remedy="Run `counterseal init` first.",
            code="log-missing",
        )
    log = Log(engine, found[0], name, found[1], keyring, guard)
    try:
        _check_end(log)
        log.learn_successor()
    except LedgerError as error:
        if isinstance(error, BusyError | OutsideError) and error.code not in _LASTING:
            raise
        log.alarm = str(error)
        return log
    try:
        log.check_guard()
    except (BusyError, OutsideError) as error:
        if error.code != GUARD_FAILED:
            raise
        log.guard_away = error.sentence
    except LedgerError as error:
        log.alarm = str(error)
    return log


def _check_end(log: Log) -> None:
    """Check that keys, head, tree and last entry agree."""
    first = log.entry(0)
    log.service = first.actor.id
    log.learn_keys()
    with reading(log.engine) as connection:
        # In one transaction: others may be appending.
        head = read_head(connection, log.log_id)
        last = leaf_hashes(connection, log.log_id, head.size - 1, head.size)
        more = leaf_hashes(connection, log.log_id, head.size, head.size + 1)
    tree = log.read_checkpoint(head.checkpoint)
    frontier = Frontier.from_bytes(head.size, head.frontier)
    whole = (
        tree == Checkpoint(log.origin, head.size, head.root)
        and frontier.root() == head.root
        and last == [head.previous]
        and not more
    )
    if not whole:
        raise IntegrityError(
            "The head of the log does not agree with its entries.",
            remedy="Run `counterseal verify` to see what is damaged.",
            code="head-damaged",
        )
