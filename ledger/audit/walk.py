"""Walk along a log's entries and prove each from its bytes alone, wherever the bytes come from.

For every entry: the envelope is canonical and signed by the key that was valid at its place, the
statement is one that its schema admits, names this log, this number and the leaf before it, does
not go back in time, carries a decision under the policy then in force, and makes sense on the
state folded so far; the asker's own proof, where there is one, holds on it; where a policy engine
is handed in, the decision comes out of it again. The tree grows from the hashes of the bytes
themselves.

Sources: DSSE v1.0.2, in-toto Statement v1, RFC 6962 section 2.1, C2SP tlog-tiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ledger.core.envelope import check_envelope, pae, parse_envelope
from ledger.core.merkle import leaf_hash
from ledger.core.recent import RecentRoots
from ledger.core.rfc4648 import from_base64
from ledger.core.treewalk import TreeWalk
from ledger.errors import LedgerError, ProofError
from ledger.events.approval import MOST_BEHIND
from ledger.events.assurance import PolicyActivated
from ledger.events.entry import FIRST_PREVIOUS, decode_envelope
from ledger.events.exception import FOLLOWING
from ledger.events.log import LogCreated
from ledger.events.names import format_instant, parse_instant
from ledger.events.proof import DsseProof, IdTokenProof, WebAuthnProof
from ledger.events.request import MOST_SECONDS, read_request
from ledger.state.client_keys import check_nonce
from ledger.state.concerns import about, subjects
from ledger.state.fold import Place, fold
from ledger.state.following import following
from ledger.state.keys import KEY_KINDS, KeyHistory
from ledger.state.proving import NO_HEAD, check_proof, check_request
from ledger.state.redecide import NOT_KEPT
from ledger.state.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.audit.found import Audit
    from ledger.audit.signatures import Signatures
    from ledger.core.envelope import Envelope
    from ledger.core.merkle import Frontier
    from ledger.core.signature import Signed
    from ledger.core.treewalk import OnTile
    from ledger.events.entry import Entry
    from ledger.events.event import About, Event
    from ledger.state.redecide import Redecide

_PROVED: Final = frozenset({"id-token", "client-key"})
_AGREE: Final = {("id-token", IdTokenProof), ("client-key", DsseProof)}
_DENIED_KINDS: Final = {"access.denied", "release.lapsed"}


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry that could be read, and what it concerns."""

    entry: Entry
    concerned: About


class Walk:
    """The state of a walk. ``take`` pages in order, then ``finish``."""

    def __init__(
        self,
        found: Audit,
        signatures: Signatures,
        on_tile: OnTile,
        *,
        tree_only: bool = False,
        redecide: Redecide | None = None,
    ) -> None:
        self.tree = TreeWalk(on_tile)
        self.keys = KeyHistory()
        self.registry = Registry()
        self.policy = ""
        self.previous = FIRST_PREVIOUS
        self.recorded_at = ""
        self.folding = self.knowing = not tree_only
        self.whole = True
        self._found = found
        self._signatures = signatures
        self._tree_only = tree_only
        self._redecide = redecide
        self._not_kept = 0
        self._unproved = 0
        self._roots = RecentRoots(MOST_BEHIND)
        self._next = 0
        self._due: list[Event] = []
        self._nonces: dict[tuple[str, str], str] = {}

    def begin_behind(
        self, before: Entry, keys: KeyHistory, policy: str, registry: Registry
    ) -> None:
        """Go on behind an entry that is known; ``tree`` must stand there already.

        ``registry`` answers what entries concern; nothing is folded, because the fold begins at
        the first entry.
        """
        self._next = before.sequence + 1
        self.keys, self.policy, self.registry = keys, policy, registry
        self.previous, self.recorded_at = before.leaf.hex(), before.recorded_at
        self.folding = False

    def remember(self, before: Frontier, leaves: Sequence[bytes]) -> None:
        """The newest leaves before the place where the walk begins: who signs names their roots."""
        self._roots.add(before, leaves)

    def take(
        self, page: Sequence[tuple[Any, ...]], sizes: Sequence[int]
    ) -> tuple[list[Seen | None], dict[int, bytes]]:
        """Walk on over a page. Returns what was seen, and the root at each of ``sizes``.

        An item begins with sequence, envelope, and the leaf hash that was kept for it (or None).
        ``sizes`` are tree sizes that end within the page, ascending.
        """
        leaves = [leaf_hash(item[1]) for item in page]
        self._check_leaves(page, leaves)
        roots = self._grow(leaves, sizes)
        if self._tree_only:
            self._found.counts.entries += len(page)
            return [None] * len(page), roots
        signed: list[Signed] = []
        places: list[int] = []
        seen = [
            self._read(item, leaf, signed, places) for item, leaf in zip(page, leaves, strict=True)
        ]
        self._signatures.check(signed, lambda wrong: self._unsigned(wrong, places))
        return seen, roots

    def _check_leaves(self, page: Sequence[tuple[Any, ...]], leaves: Sequence[bytes]) -> None:
        for item, leaf in zip(page, leaves, strict=True):
            sequence, kept = item[0], item[2]
            if sequence != self._next:
                self._found.note("entry", self._next, "gap", "An entry is missing before this one.")
                self.whole = self.folding = self.knowing = False
            self._next = sequence + 1
            if kept is not None and kept != leaf:
                sentence = "The envelope does not hash to the leaf hash that is stored for it."
                self._found.note("entry", sequence, "leaf-mismatch", sentence)

    def _grow(self, leaves: list[bytes], sizes: Sequence[int]) -> dict[int, bytes]:
        if not self.whole:
            return {}
        roots = {}
        start = self.tree.size
        self._roots.add(self.tree.frontier(), leaves)
        done = 0
        for size in sizes:
            self.tree.extend(leaves[done : size - start])
            done = size - start
            roots[size] = self.tree.root()
        self.tree.extend(leaves[done:])
        return roots

    def _read(
        self, item: tuple[Any, ...], leaf: bytes, signed: list[Signed], places: list[int]
    ) -> Seen | None:
        found = self._found
        found.counts.entries += 1
        sequence, stored, kept = item[:3]
        expected, self.previous = self.previous, (kept or leaf).hex()
        try:
            envelope = parse_envelope(stored)
            entry = decode_envelope(stored, envelope, leaf)
        except LedgerError as error:
            found.note("entry", sequence, error.code, error.sentence)
            self.folding = self.knowing = False
            return None
        self._check_place(sequence, entry, expected)
        if sequence == 0:
            self._begin_keys(entry)
        self._check_signature(sequence, envelope, signed, places)
        self._check_decision(entry)
        self._check_proof(entry)
        if isinstance(entry.proof, DsseProof):
            self._check_once(entry, entry.proof)
        self._check_following(entry)
        self._turn(sequence, entry)
        return self._fold(sequence, entry)

    def _begin_keys(self, entry: Entry) -> None:
        if isinstance(entry.event, LogCreated):
            self.keys = self.keys.after(entry.event, 0)
        else:
            self._found.note("entry", 0, "no-genesis", "The first entry does not create the log.")

    def _check_signature(
        self, sequence: int, envelope: Envelope, signed: list[Signed], places: list[int]
    ) -> None:
        """Leave the usual signature to the workers; anything else is checked here."""
        self._found.counts.signatures += 1
        public = self.keys.at("entries", sequence)
        if public is not None and len(envelope.signatures) == 1:
            message = pae(envelope.payload_type, envelope.payload)
            signed.append((public, envelope.signatures[0].sig, message))
            places.append(sequence)
            return
        try:
            check_envelope(envelope, {} if public is None else {"": public})
        except LedgerError as error:
            self._found.note("entry", sequence, error.code, error.sentence)

    def _unsigned(self, wrong: list[int], places: list[int]) -> None:
        for place in wrong:
            sentence = "Its signature does not verify under the log's key for entries at its place."
            self._found.note("entry", places[place], "signature-failed", sentence)

    def _check_place(self, number: int, entry: Entry, previous: str) -> None:
        found = self._found
        if entry.origin != found.origin or entry.sequence != number:
            found.note("entry", number, "misplaced", "The entry was signed for another place.")
        if entry.previous != previous:
            found.note("entry", number, "chain-broken", "It does not follow the entry before it.")
        if entry.recorded_at < self.recorded_at:
            found.note("entry", number, "time-backwards", "It is dated before its predecessor.")
        self.recorded_at = max(self.recorded_at, entry.recorded_at)

    def _check_decision(self, entry: Entry) -> None:
        decision = entry.decision
        if not self.policy or (decision is None and entry.kind in FOLLOWING):
            return
        if decision is None:
            self._found.note("entry", entry.sequence, "undecided", "No policy decided this entry.")
        elif decision.policy != self.policy:
            sentence = "It was decided under another policy than the one in force."
            self._found.note("entry", entry.sequence, "policy-mismatch", sentence)
        elif (decision.outcome == "deny") != (entry.kind in _DENIED_KINDS):
            sentence = "Its kind and its decision's outcome do not agree."
            self._found.note("entry", entry.sequence, "outcome-mismatch", sentence)

    def _check_proof(self, entry: Entry) -> None:
        """Who is said to have come by an identity token shows it; what it says, the fold checks."""
        if (entry.actor.via, type(entry.proof)) in _AGREE:
            return
        if entry.actor.via in _PROVED or isinstance(entry.proof, IdTokenProof | DsseProof):
            sentence = "How the actor came and the proof that stands there do not agree."
            self._found.note("entry", entry.sequence, "proof-mismatch", sentence)

    def _check_once(self, entry: Entry, proof: DsseProof) -> None:
        """A signed request stands under its nonce, and once; until it expires it is remembered."""
        try:
            said = read_request(from_base64(proof.envelope.payload))
            check_nonce(said, entry.request)
        except LedgerError as error:
            self._found.note("entry", entry.sequence, error.code, error.sentence)
            return
        while self._nonces and next(iter(self._nonces.values())) < entry.recorded_at:
            del self._nonces[next(iter(self._nonces))]
        if (said.actor, said.nonce) in self._nonces:
            sentence = "The request that was signed stands in an entry before."
            self._found.note("entry", entry.sequence, "request-replayed", sentence)
        until = parse_instant(entry.recorded_at) + timedelta(seconds=MOST_SECONDS)
        self._nonces[said.actor, said.nonce] = format_instant(until)

    def _check_following(self, entry: Entry) -> None:
        """What follows from an entry by itself stands right behind it, and nowhere else."""
        if self._due:
            expected, *self._due = self._due
            if entry.kind == expected.kind and entry.event.facts() == expected.facts():
                return
            sentence = f"A {expected.kind} that follows from an entry before does not stand here."
            self._found.note("entry", entry.sequence, "follower-missing", sentence)
            self._due = []
        if entry.kind in FOLLOWING:
            sentence = "It follows from no entry before it."
            self._found.note("entry", entry.sequence, "follower-unfounded", sentence)

    def _turn(self, number: int, entry: Entry) -> None:
        """What later entries are held against: the policy in force and the keys."""
        event = entry.event
        if isinstance(event, PolicyActivated):
            self.policy = event.digest
        elif entry.kind in KEY_KINDS and number:
            try:
                self.keys = self.keys.after(event, number)
            except LedgerError as error:
                self._found.note("entry", number, error.code, error.sentence)

    def _decide_again(self, entry: Entry) -> None:
        """The policy then in force, asked again on the state before, answers as it did."""
        if self._redecide is None or not self.folding:
            return
        again = self._redecide(self.registry, entry)
        if again is None:
            return
        if again.code == NOT_KEPT:
            self._not_kept += 1
            return
        self._found.counts.decisions += 1
        if again.code:
            self._found.note("entry", entry.sequence, again.code, again.sentence)

    def _prove_again(self, entry: Entry, place: Place) -> None:
        """The asker's own proof holds on the state before, and is of this request and history."""
        if not self.folding:
            self._unproved += 1
            return
        self._found.counts.proofs += 1
        try:
            said = check_proof(self.registry, entry.event, place)
            if said is None:
                return
            check_request(said, entry.request, entry.commitments)
            root = self._roots.at(said.head.size)
            if self.whole and (root is None or root.hex() != said.head.root):
                raise ProofError("The head that was signed is not one of this log's.", code=NO_HEAD)
        except LedgerError as error:
            self._found.note("entry", entry.sequence, error.code, error.sentence)

    def tell_skipped(self, *, behind: bool = False) -> None:
        """Say which decisions were not taken again; ``behind`` if the walk began there."""
        skipped = self._found.skipped
        if self._unproved:
            skipped.append("the proofs of who asked, which only a full run checks")
        if self._redecide is None:
            return
        if behind:
            skipped.append("the decisions, which only a full run takes again")
        elif self._not_kept:
            many = "1 refusal" if self._not_kept == 1 else f"{self._not_kept} refusals"
            skipped.append(
                f"{many} again: of what was refused an entry keeps no more than a digest, and the "
                "command could not be told from it; that its policy asks what was unmet was checked"
            )

    def _fold(self, number: int, entry: Entry) -> Seen | None:
        if not self.knowing:
            return None
        event = entry.event
        self._decide_again(entry)
        place = Place(number, entry.recorded_at, entry.actor.id, entry.proof)
        if isinstance(entry.proof, WebAuthnProof):
            self._prove_again(entry, place)
        try:
            changes = fold(self.registry, event, place) if self.folding else ()
            concerned = about(self.registry, event)
            named = subjects(self.registry, event, concerned)
        except LedgerError as error:
            self._found.note("entry", number, error.code, error.sentence)
            self.folding = self.knowing = False
            return None
        self.registry.apply(changes, number)
        actor = entry.actor.id
        self._due.extend(following(event, entry.decision, number, actor, concerned, self.registry))
        if named != entry.subjects:
            sentence = "It names other subjects' digests."
            self._found.note("entry", number, "subjects-wrong", sentence)
        return Seen(entry, concerned)
