"""What somebody hands in to be verified: a proof with its entry, a bundle, or a report as PDF.

What it is is told by its content, not its name. Nothing that is handed in is kept, unpacked on
disk, or parsed further than it must be: a bundle goes to the stand-alone verifier in a process of
its own with little memory and time, and a PDF is only opened where its SHA-256 is one that this
ledger recorded. Each answer names what was compared, and what it does not prove. Whoever asks may
be a stranger: nothing is told of the ledger but whether what they hold agrees with it.
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.digest import equal
from ledger.core.envelope import check_envelope, parse_envelope
from ledger.core.merkle import check_inclusion, leaf_hash
from ledger.core.note import parse_note
from ledger.core.proof import HEADER, MAX_PROOF_BYTES, parse_proof
from ledger.core.signature import key_fingerprint
from ledger.errors import InputError, LedgerError, ProofError, UnknownSubjectError
from ledger.events.entry import decode_entry
from ledger.recheck import Step
from ledger.store.database import reading
from webui.register import judge
from webui.sandbox import check_bundle
from webui.sealed import check_seal
from webui.sealing import trusted_roots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.core.checkpoint import Checkpoint
    from ledger.core.proof import TlogProof
    from ledger.log import Log
    from webui.wiring import Wiring

MOST_BYTES: Final = 20_000_000
MOST_FILES: Final = 4
MOST_PARTS: Final = 25_000
MOST_UNPACKED: Final = 100_000_000
_RECORD: Final = b"PK\x01\x02"
_NOT_THE_WORLD: Final = (
    "That what it says is true, that this is the whole log, or that others are shown the same "
    "history: compare checkpoints with witnesses, or with one that you kept."
)


@dataclass(frozen=True)
class HandedIn:
    """A file as it was sent."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Verdict:
    """What became of a file: every step, what holds then, what it does not prove, and words.

    ``word`` is the register's on a report: genuine, superseded, unsealed, altered or not ours.
    """

    name: str
    noun: str
    steps: tuple[Step, ...]
    proves: str
    not_proved: str
    said: str = ""
    word: str = ""

    @property
    def holds(self) -> bool:
        """Whether every step holds."""
        return bool(self.steps) and all(step.holds for step in self.steps)


def verify_files(wiring: Wiring, files: Sequence[HandedIn]) -> list[Verdict]:
    """Verify what was handed in; an entry is taken together with its proof.

    Raises:
        InputError: nothing, too much or too many were handed in, or nothing that can be verified.
    """
    files = [one for one in files if one.data or one.name]
    if not files:
        raise InputError("Choose a file first.", code="nothing-handed-in", pointer="/file")
    if len(files) > MOST_FILES or sum(len(one.data) for one in files) > MOST_BYTES:
        raise InputError(
            f"At most {MOST_FILES} files and 20 MB are verified at once.", code="too-large"
        )
    entries = [one for one in files if _is_entry(one.data)]
    found = []
    for one in files:
        if one.data.startswith(HEADER.encode()):
            found.append(_proof(wiring.log, one, entries))
        elif one.data.startswith(b"PK"):
            found.append(_bundle(wiring.log, one))
        elif one.data.startswith(b"%PDF-"):
            found.append(_report(wiring, one))
        elif one not in entries:
            found.append(_unknown(one))
    return found or [_entry(wiring.log, one) for one in entries]


def _is_entry(data: bytes) -> bool:
    return data.lstrip()[:1] == b"{"


def _unknown(file: HandedIn) -> Verdict:
    step = Step(
        "The file is a proof, a bundle, an entry or a PDF",
        holds=False,
        detail="It begins as none of them.",
    )
    return Verdict(file.name, "File", (step,), "", "")


class _Steps:
    """Steps one after the other; after one that fails, those that lean on it are not tried."""

    def __init__(self) -> None:
        self.done: list[Step] = []

    def check(self, name: str, check: Callable[[], str]) -> bool:
        try:
            self.done.append(Step(name, holds=True, detail=check()))
        except LedgerError as error:
            detail = " ".join(filter(None, (error.sentence, error.remedy)))
            self.done.append(Step(name, holds=False, detail=detail))
        return self.done[-1].holds


def _proof(log: Log, file: HandedIn, entries: Sequence[HandedIn]) -> Verdict:
    steps = _Steps()
    read: list[TlogProof] = []
    trees: list[Checkpoint] = []

    def form() -> str:
        if len(file.data) > MAX_PROOF_BYTES:
            raise ProofError("It is longer than a proof may be.", code="malformed-proof")
        read.append(parse_proof(file.data))
        return f"entry {read[0].index}, {len(read[0].hashes)} hashes, a signed checkpoint"

    def signed() -> str:
        trees.append(log.read_checkpoint(read[0].checkpoint))
        if trees[0].origin != log.origin:
            raise ProofError("The checkpoint is of another log.", code="wrong-origin")
        return f"{trees[0].origin}, {trees[0].size} entries, root {trees[0].root.hex()}"

    if steps.check("The file is a tlog-proof", form) and steps.check(
        "Its checkpoint is signed by this log's key", signed
    ):
        _prove(log, read[0], trees[0], entries, steps)
    return Verdict(
        file.name,
        "Proof",
        tuple(steps.done),
        "The entry is in this log, at its number, unchanged; and the checkpoint that the proof "
        "leads to is one of this log's own.",
        _NOT_THE_WORLD,
    )


def _prove(
    log: Log, proof: TlogProof, tree: Checkpoint, entries: Sequence[HandedIn], steps: _Steps
) -> None:
    given = [one for one in entries if _number(one.data) == proof.index] or entries
    stored = given[0].data if given else b""

    def leaf() -> str:
        if not stored:
            return "No entry was handed in beside it, so the one that is kept here is taken."
        entry = decode_entry(stored)
        if (entry.origin, entry.sequence) != (log.origin, proof.index):
            raise ProofError("The entry was signed for another place.", code="misplaced")
        return f"entry {entry.sequence}, {entry.kind}, {entry.recorded_at}"

    def included() -> str:
        digest = leaf_hash(stored) if stored else log.entry(proof.index).leaf
        check_inclusion(digest, proof.index, tree.size, proof.hashes, tree.root)
        return f"from leaf {digest.hex()} to root {tree.root.hex()}"

    if steps.check("The entry is the one that the proof is about", leaf):
        if stored:
            steps.check("The entry is signed by this log's key", lambda: _signed(log, stored))
        steps.check("The hashes lead from the entry to the checkpoint's root", included)
    steps.check("The checkpoint is one of this log's history", lambda: _ours(log, tree))


def _number(data: bytes) -> int:
    try:
        return decode_entry(data).sequence
    except LedgerError:
        return -1


def _signed(log: Log, stored: bytes) -> str:
    signer = log.keyring.entries
    check_envelope(parse_envelope(stored), {signer.keyid: signer.public})
    return f"Ed25519, key id {key_fingerprint(signer.public)}"


def _ours(log: Log, tree: Checkpoint) -> str:
    """Compare a checkpoint that our key signed with the tree as it stands here."""
    size = log.head().size
    if tree.size > size:
        raise ProofError(
            f"Our key signed a tree of {tree.size} entries, but only {size} are here.",
            code="behind-proof",
            remedy="This ledger is an older copy, or there is a second history. Tell the operator.",
        )
    with reading(log.engine) as connection:
        root = log.root_at(connection, tree.size)
    if not equal(root, tree.root):
        raise ProofError(
            f"A SPLIT VIEW: our key signed two trees of {tree.size} entries. "
            f"The one here has the root {root.hex()}.",
            code="split-view",
            remedy="Keep this file: it proves that there are two histories. Tell the operator "
            "and your auditor.",
        )
    return f"the first {tree.size} entries here have the same root"


def _entry(log: Log, file: HandedIn) -> Verdict:
    """An entry without a proof: compared with the one that is kept here."""
    steps = _Steps()

    def same() -> str:
        entry = decode_entry(file.data)
        ours = log.entry(entry.sequence) if entry.origin == log.origin else None
        if ours is None or not equal(ours.leaf, leaf_hash(file.data)):
            raise ProofError("This ledger holds another entry at that place.", code="misplaced")
        return f"entry {entry.sequence}, leaf {ours.leaf.hex()}"

    if steps.check("It is byte for byte the entry that is kept here", same):
        steps.check("It is signed by this log's key", lambda: _signed(log, file.data))
    return Verdict(
        file.name,
        "Entry",
        tuple(steps.done),
        "This ledger holds this entry now.",
        "That it was there before, and stays: hand in its proof as well.",
    )


def _bundle(log: Log, file: HandedIn) -> Verdict:
    steps = _Steps()
    said: list[str] = []

    def bounded() -> str:
        count, unpacked = _measured(file.data)
        return f"{count} files, {unpacked:,} bytes unpacked"

    def verified() -> str:
        said.append(check_bundle(file.data, log.vkey))
        return "with this log's verifier key; what it said stands below"

    def ours() -> str:
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            note = archive.read("checkpoint")
        log.read_checkpoint(note)
        return _ours(log, parse_checkpoint(parse_note(note).text))

    if steps.check("The bundle is a zip file of bounded size", bounded) and steps.check(
        "The stand-alone verifier accepts it", verified
    ):
        steps.check("Its checkpoint is one of this log's history", ours)
    return Verdict(
        file.name,
        "Bundle",
        tuple(steps.done),
        "Its entries are in this log, at their numbers, unchanged, and its documents are those "
        "that its entries name.",
        _NOT_THE_WORLD,
        said[0] if said else "",
    )


def _measured(data: bytes) -> tuple[int, int]:
    """How many files a zip file holds, and how large they say they are; nothing is unpacked."""
    # Counted before it is opened: half a million records of nothing would take seconds to read.
    records = data.count(_RECORD)
    if records > MOST_PARTS:
        raise _too_large(f"{records:,} files")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, EOFError):
        raise InputError("It is no zip file that can be read.", code="bad-zip") from None
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
        raise _too_large(f"{len(parts):,} files of {unpacked:,} bytes")
    return len(parts), unpacked


def _too_large(what: str) -> InputError:
    return InputError(
        f"It would unpack to {what}; at most {MOST_PARTS:,} files of {MOST_UNPACKED:,} bytes "
        "are read here.",
        code="too-large",
        remedy="Verify it with the verify.py of a bundle that you trust.",
    )


def _seal(wiring: Wiring, data: bytes) -> str:
    authorities = trusted_roots(wiring)
    roots = authorities.roots if authorities is not None else ()
    return check_seal(data, wiring.seal()[1], roots).sentence


def _report(wiring: Wiring, file: HandedIn) -> Verdict:
    steps = _Steps()
    found = judge(wiring.reader, file.data)

    def recorded() -> str:
        if not found.genuine:
            raise UnknownSubjectError(found.sentence)
        return found.sentence

    if steps.check("An entry of this ledger names the SHA-256 of this file", recorded):
        steps.check(
            "Its electronic seal is this installation's, and covers the whole file",
            lambda: _seal(wiring, file.data),
        )
    return Verdict(
        file.name,
        "Report",
        tuple(steps.done),
        "This installation issued exactly this file, and nothing was added to it.",
        "That what the report concludes is right. Its numbers can be computed again from the "
        "entries that it names.",
        word=found.word.replace("_", " "),
    )
