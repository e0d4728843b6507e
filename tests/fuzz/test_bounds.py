"""Hostile lengths: time and memory grow no faster than what is read.

For every target pieces of its own grammar are repeated up to the longest that its reader takes, at
the front, in the middle and at the end of a real object. Four times as long may take six times the
processor's time, no more; and whatever the machine, the longest takes a second or two.
"""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from ledger.core.encoding import MAX_BYTES
from ledger.core.note import MAX_NOTE_BYTES
from ledger.core.proof import MAX_PROOF_BYTES
from ledger.core.trust import MAX_POLICY_BYTES
from ledger.core.witnessing import MAX_ANSWER_BYTES, MAX_REQUEST_BYTES
from policies.expression.parse import MOST_CHARACTERS
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fuzz.target import Target

LONGEST = {
    "note": MAX_NOTE_BYTES,
    "signature-line": MAX_NOTE_BYTES,
    "vkey": MAX_NOTE_BYTES,
    "checkpoint": MAX_NOTE_BYTES,
    "cosignature": MAX_NOTE_BYTES,
    "witness-answer": MAX_ANSWER_BYTES,
    "proof": MAX_PROOF_BYTES,
    "witness-request": MAX_REQUEST_BYTES,
    "witness-size": MAX_ANSWER_BYTES,
    "trust-policy": MAX_POLICY_BYTES // 4,
    "tile-path": MAX_BYTES,
    "tile": MAX_BYTES,
    "bundle-of-entries": MAX_NOTE_BYTES,
    "json": MAX_BYTES,
    "canonical-json": MAX_BYTES,
    "envelope": MAX_BYTES,
    "statement": MAX_BYTES,
    "entry": MAX_BYTES // 4 * 3 - 1_000,
    "command": MAX_BYTES,
    "verifier-checkpoint": MAX_NOTE_BYTES,
    "verifier-signatures": MAX_NOTE_BYTES,
    "verifier-trust-policy": MAX_POLICY_BYTES // 16,
    "verifier-proof": MAX_PROOF_BYTES,
    "verifier-entry": MAX_BYTES // 4 * 3 - 1_000,
    "verifier-envelope": MAX_BYTES,
    "bundle": 300_000,
    "handed-in": MAX_BYTES,
    "timestamp": MAX_BYTES,
    "seal": 60_000,
    "backup": 300_000,
    "yaml": 40_000,
    "policy": 20_000,
    "condition": MOST_CHARACTERS,
    "admission": 20_000,
    "approval-statement": 20_000,
    "assertion": 20_000,
    "authenticator-data": 20_000,
    "dvc": 20_000,
    "id-token": 16_000,
    "jwk-set": 20_000,
    "key-certificates": 20_000,
    "key-request": 20_000,
    "lfs-pointer": 20_000,
    "model-card": 20_000,
    "model-file": 20_000,
    "packages": 20_000,
    "passkey-public-key": 20_000,
    "signed-request": 20_000,
    "spooled": 20_000,
}
PIECES = (b"a", b"\n", b" ", b"\\", b"[", b'{"a":', b"AAAA\n", b"0,")
SECONDS = 2.0
NOTICEABLE = 0.08
BYTES_A_BYTE = 80
BYTES_ANYWAY = 8_000_000


def hostile(target: Target, length: int) -> Iterator[bytes]:
    seed = target.seeds()[0]
    for piece in (*target.words, *PIECES):
        for at in (0, len(seed) // 2, len(seed)):
            yield seed[:at] + (piece * (length // len(piece) + 1))[:length] + seed[at:]


def seconds(target: Target, data: bytes) -> float:
    begun = time.process_time()
    target.check(data)
    return time.process_time() - begun


def test_every_target_has_a_longest() -> None:
    assert set(LONGEST) == set(TARGETS)


@pytest.mark.parametrize("name", LONGEST)
def test_time_and_memory_grow_with_the_length_alone(name: str) -> None:
    target, longest = TARGETS[name], LONGEST[name]
    target.check(target.seeds()[0])  # what is loaded once is no part of the cost
    spent = [seconds(target, data) for data in hostile(target, longest)]
    slowest = spent.index(max(spent))
    assert spent[slowest] < SECONDS
    short = list(hostile(target, longest // 4))[slowest]
    if spent[slowest] > NOTICEABLE:
        # The shorter of two, because other programs disturb the measure.
        quick = min(seconds(target, short) for _ in range(2))
        assert spent[slowest] < 6 * quick + NOTICEABLE
    tracemalloc.start()
    try:
        target.check(short)
        assert tracemalloc.get_traced_memory()[1] < BYTES_A_BYTE * len(short) + BYTES_ANYWAY
    finally:
        tracemalloc.stop()
