"""Targets of the stand-alone verifier: what it accepts, the ledger's own readers accept, and back.

Its signatures are made here, over whatever the fuzzer says: so that what stands behind a good
signature is reached.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.core.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.core.envelope import PAYLOAD_TYPE, seal
from ledger.core.merkle import leaf_hash, root_of
from ledger.core.note import (
    NoteSignature,
    check_note,
    format_signature,
    parse_note,
    parse_vkey,
    vkey,
)
from ledger.core.proof import TlogProof, format_proof, parse_proof
from ledger.core.signature import key_fingerprint
from ledger.core.statement import Subject
from ledger.core.trust import TrustPolicy, parse_trust_policy, satisfied
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.entry import Draft, LogPlace, encode_draft
from ledger.standalone import verify
from tests.examples import ANA, example
from tests.fuzz import entries, seeds
from tests.fuzz.target import Target, answer

if TYPE_CHECKING:
    from ledger.events.event import Event

ORIGIN = seeds.log().origin
VKEY = vkey(ORIGIN, seeds.LOG_KEY.public)
_KEYID = key_fingerprint(seeds.LOG_KEY.public)


def _quiet(_: str) -> None:
    """Nobody listens."""


def signed(text: bytes) -> bytes:
    """A note of these bytes, whatever they are, with the log's and a witness's signatures."""
    at = seeds.SECOND.to_bytes(8, "big")
    said = b"cosignature/v1\ntime %d\n%s" % (seeds.SECOND, text)
    log, witness = parse_vkey(VKEY), seeds.WITNESS
    lines = (
        NoteSignature(log.name, log.key_id, seeds.LOG_KEY.sign(text)),
        NoteSignature(witness.name, witness.key_id, at + seeds.WITNESS_KEY.sign(said)),
    )
    return text + b"\n" + "".join(map(format_signature, lines)).encode()


def _accepts(files: dict[str, bytes], policy: str | None = None) -> bool:
    try:
        verify.check_head(files, VKEY, policy, _quiet)
    except verify.Wrong:
        return False
    return True


def _we_accept(data: bytes, policy: TrustPolicy | None = None) -> bool:
    try:
        note = parse_note(data)
        check_note(note, [parse_vkey(VKEY)])
        if parse_checkpoint(note.text).origin != ORIGIN:
            return False
        return policy is None or satisfied(policy, note).quorum_met
    except LedgerError:
        return False


def _head(data: bytes) -> None:
    """The text of a checkpoint, signed."""
    note = signed(data)
    assert _accepts({"checkpoint": note}) == _we_accept(note)
    policy = "witness one " + str(seeds.WITNESS) + "\nquorum one\n"
    read = parse_trust_policy(policy.encode())
    assert _accepts({"checkpoint": note}, policy) == _we_accept(note, read)


def _lines(data: bytes) -> None:
    """The signature lines behind a good checkpoint's text."""
    note = seeds.log().note.partition(b"\n\n")[0] + b"\n\n" + data
    assert _accepts({"checkpoint": note}) == _we_accept(note)


def _trust(data: bytes) -> None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    read = answer(parse_trust_policy, data)
    try:
        verify.parse_policy(text)
    except verify.Wrong:
        assert read is None
        return
    assert read is not None
    note = seeds.cosigned()
    assert _accepts({"checkpoint": note}, text) == _we_accept(note, read)


def _proof(data: bytes) -> None:
    read = answer(parse_proof, data)
    try:
        index, hashes, checkpoint = verify.parse_proof(data)
    except verify.Wrong:
        assert read is None
        return
    # The checkpoint is compared with the bundle's, which was read before.
    if answer(parse_note, checkpoint) is not None and read is not None:
        assert (read.index, list(read.hashes), read.checkpoint) == (index, hashes, checkpoint)


def statement(event: Event, sequence: int, previous: bytes = bytes(32)) -> bytes:
    """The statement of an entry."""
    place = LogPlace(origin=ORIGIN, sequence=sequence, previous=previous.hex())
    return encode_draft(
        Draft(
            place=place,
            recorded_at="2026-03-09T10:11:12.131415Z",
            clock=None,
            actor=Actor(id=ANA, type="service", via="service"),
            event=event,
            subjects=(Subject("log", "5e" * 32),),
            decision=None,
            request=None,
            commitments=(),
        )
    )


@cache
def first() -> bytes:
    """Entry 0, which names the key of entries."""
    event = example("log.created")
    keys = ({"use": "entries", "algorithm": "ed25519", "public": seeds.LOG_KEY.public.hex()},)
    made = type(event).model_validate({**event.model_dump(), "origin": ORIGIN, "keys": keys})
    return seal(statement(made, 0), PAYLOAD_TYPE, _KEYID, seeds.LOG_KEY.sign)


def files(second: bytes) -> dict[str, bytes]:
    """A bundle of entry 0 and this stored entry 1."""
    stored = [first(), second]
    leaves = [leaf_hash(one) for one in stored]
    note = signed(format_checkpoint(Checkpoint(ORIGIN, 2, root_of(leaves))).encode())
    found = {"checkpoint": note, "vkeys": f"{VKEY}\n".encode()}
    for number, one in enumerate(stored):
        proof = TlogProof(number, (leaves[1 - number],), note)
        found[f"entries/{number}.json"] = one
        found[f"entries/{number}.tlog-proof"] = format_proof(proof)
    return found


def _second(event: Event) -> bytes:
    return statement(event, 1, leaf_hash(first()))


def _entry(payload: bytes) -> None:
    """The statement of entry 1, signed and in the tree."""
    whole = answer(seal, payload, PAYLOAD_TYPE, _KEYID, seeds.LOG_KEY.sign)
    if whole is None:
        return
    _judged(files(whole))


def _stored(stored: bytes) -> None:
    """The stored bytes of entry 1, in the tree."""
    _judged(files(stored))


def _judged(parts: dict[str, bytes]) -> None:
    said: list[str] = []
    tree = verify.check_head(parts, VKEY, None, said.append)
    try:
        named = verify.check_entries(parts, tree, None, said.append)
        verify.check_files(parts | {"files/a": b"a"}, named, said.append)
    except verify.Wrong as error:
        said.append(str(error))
    assert all(verify.shown(line).isprintable() for line in said)


def zipped(parts: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A bundle as a file."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", how) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, how)
    return whole.getvalue()


def ran(data: bytes, *options: str) -> tuple[int, str]:
    """The program's exit code and what it said, on a bundle of these bytes."""
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "bundle.zip"
        file.write_bytes(data)
        with redirect_stdout(said), redirect_stderr(said):
            code = verify.main([str(file), *options])
    return code, said.getvalue()


def _bundle(data: bytes) -> None:
    from webui.handed_in import _measured

    answer(_measured, data)
    for options in ((), ("--vkey", VKEY)):
        code, said = ran(data, *options)
        assert code in {0, 1, 2}
        assert said.endswith("\n")
        assert (code == 0) == said.endswith("\nverified\n")
        assert (code == 1) == said.rstrip("\n").rpartition("\n")[2].startswith("NOT VERIFIED")


def _whole() -> dict[str, bytes]:
    payload = _second(example("report.issued"))
    return files(seal(payload, PAYLOAD_TYPE, _KEYID, seeds.LOG_KEY.sign))


def bundles() -> list[bytes]:
    """One that verifies, packed and not, and one with a file that nobody names."""
    whole = _whole()
    return [
        zipped(whole),
        zipped(whole, zipfile.ZIP_STORED),
        zipped({**whole, "files/x": b"y"}, zipfile.ZIP_STORED),
    ]


def payloads() -> list[bytes]:
    """Statements of entry 1, of several kinds."""
    kinds = ("report.issued", "key.rotated", "version.registered", "role.granted")
    return [_second(example(kind)) for kind in kinds]


TARGETS = (
    Target(
        "verifier-checkpoint",
        "the stand-alone verifier: a checkpoint, against the ledger's own reader",
        _head,
        lambda: [parse_note(seeds.log().note).text.encode(), f"{ORIGIN}\n0\nAAAA\n".encode()],
        (b"\n", b"\x1b", b"\x00", b"9223372036854775809", b"\xff", b"more\n"),
    ),
    Target(
        "verifier-signatures",
        "the stand-alone verifier: the signature lines of a checkpoint",
        _lines,
        lambda: [signed(b"a\n")[3:], seeds.log().note.partition(b"\n\n")[2]],
        (b"\n", "\N{EM DASH} ".encode(), b" ", b"+", b"=", b"\xe2\x80\x89", b"\x1f"),
    ),
    Target(
        "verifier-trust-policy",
        "the stand-alone verifier: a tlog-policy file, against the ledger's own reader",
        _trust,
        lambda: [seeds.trust_policy(), b"quorum none\n"],
        (b"log ", b"witness ", b"group ", b"quorum ", b" any ", b" all ", b" 1 ", b"none", b"\t",
         b"#", b"one", b"inner", b"\x0b", b"+1", b"\xc2\xa0", b" 1_0 "),
    ),
    Target(
        "verifier-proof",
        "the stand-alone verifier: a .tlog-proof, against the ledger's own reader",
        _proof,
        lambda: [seeds.proof(), seeds.proof(b"extra")],
        (b"\n", b"index ", b"extra ", b"\n\n", b"=\n", b"\xff"),
    ),
    Target(
        "verifier-entry",
        "the stand-alone verifier: a statement that the log signed",
        _entry,
        payloads,
        entries.JSON,
        structured=True,
    ),
    Target(
        "verifier-envelope",
        "the stand-alone verifier: an entry's stored bytes",
        _stored,
        lambda: [seal(one, PAYLOAD_TYPE, _KEYID, seeds.LOG_KEY.sign) for one in payloads()],
        entries.JSON,
        structured=True,
    ),
    Target(
        "bundle",
        "a bundle as a zip file, handed in or verified by the stand-alone program",
        _bundle,
        bundles,
        (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x07", b"\xff\xff", b"\x00\x00",
         b"entries/1.json", b"checkpoint"),
        16_384,
        runs=40,
    ),
)  # fmt: skip
