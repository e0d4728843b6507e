"""The example of docs/formats.md, made anew and compared with the page."""

from __future__ import annotations

import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.digest import hex_digest
from ledger.core.envelope import PAYLOAD_TYPE, check_envelope, parse_envelope, seal
from ledger.core.merkle import leaf_hash, root_of
from ledger.core.note import format_note, parse_vkey, sign_note, vkey
from ledger.core.proof import TlogProof, check_proof, format_proof, parse_proof
from ledger.core.signature import key_fingerprint
from ledger.core.statement import Statement, Subject, encode_statement

PAGE = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```\w+ (\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
ORIGIN = "registry.example/audit"

ENTRY_KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
ENTRY_PUBLIC = ENTRY_KEY.public_key().public_bytes_raw()
CHECKPOINT_KEY = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
CHECKPOINT_PUBLIC = CHECKPOINT_KEY.public_key().public_bytes_raw()


def payload(sequence: int, previous: str) -> bytes:
    place = {"origin": ORIGIN, "previous": previous, "sequence": sequence}
    return encode_statement(
        Statement(
            (Subject("model:fraud", hex_digest(b"weights")),),
            "https://counterseal.dev/event/example/v1",
            {"log": place, "note": f"entry {sequence}"},
        )
    )


def stored(sequence: int, previous: str) -> bytes:
    keyid = key_fingerprint(ENTRY_PUBLIC)
    return seal(payload(sequence, previous), PAYLOAD_TYPE, keyid, ENTRY_KEY.sign)


FIRST = stored(0, "0" * 64)
SECOND = stored(1, leaf_hash(FIRST).hex())
LEAVES = [leaf_hash(FIRST), leaf_hash(SECOND)]


def test_the_entries_of_the_page_are_what_the_code_writes() -> None:
    assert BLOCKS["payload"].rstrip().encode() == payload(0, "0" * 64)
    assert BLOCKS["stored"].rstrip().encode() == FIRST
    assert BLOCKS["leaves"].split() == [leaf.hex() for leaf in LEAVES]


def test_the_proof_of_the_page_is_what_the_code_writes() -> None:
    head = format_checkpoint(Checkpoint(ORIGIN, 2, root_of(LEAVES)))
    note = format_note(sign_note(head, ORIGIN, CHECKPOINT_PUBLIC, CHECKPOINT_KEY.sign))
    assert BLOCKS["vkey"].rstrip() == vkey(ORIGIN, CHECKPOINT_PUBLIC)
    assert BLOCKS["proof"].encode() == format_proof(TlogProof(0, (LEAVES[1],), note))


def test_a_reader_with_the_page_alone_can_check_its_proof() -> None:
    entry = BLOCKS["stored"].rstrip().encode()
    checkpoint = check_proof(
        parse_proof(BLOCKS["proof"].encode()),
        leaf_hash(entry),
        [parse_vkey(BLOCKS["vkey"].rstrip())],
    )
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 2)
    check_envelope(parse_envelope(entry), {"any": ENTRY_PUBLIC})
