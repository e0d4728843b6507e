"""Real objects to begin with: one small log, its notes, proofs, bundle and requests."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.bundle import make_bundle
from ledger.core.envelope import parse_envelope
from ledger.core.proof import format_proof
from ledger.core.tiles import entry_bundle
from ledger.core.witnessing import format_add_checkpoint
from tests.tools.house import build, person
from tests.world import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tools.house import House


@dataclass(frozen=True)
class Material:
    """Bytes of every form, all true."""

    note: bytes
    proof: bytes
    envelope: bytes
    payload: bytes
    entries: bytes
    bundle: bytes
    request: bytes
    trust: bytes
    policy: bytes
    vkey: str


@contextmanager
def material() -> Iterator[Material]:
    """A log that is gone afterwards, and what strangers could be shown of it."""
    with tempfile.TemporaryDirectory(prefix="counterseal-fuzz-") as name:
        house = build(f"sqlite:///{name}/ledger.db", Path(name))
        try:
            house.fill()
            house.submit(person("Zoë"))
            yield _of(house)
        finally:
            house.submitter.close()
            house.log.engine.dispose()
            house.log.guard.close()


def _of(house: House) -> Material:
    log = house.log
    note = log.head().checkpoint
    proof = log.prove(4)
    envelope = log.entry(4).envelope
    return Material(
        note=note,
        proof=format_proof(proof),
        envelope=envelope,
        payload=parse_envelope(envelope).payload,
        entries=entry_bundle([row.envelope for row in log.stored(0, 5)]),
        bundle=make_bundle(log, [3, 4], {}),
        request=format_add_checkpoint(0, proof.hashes, note),
        trust=_TRUST.format(vkey=log.vkey).encode(),
        policy=SHIPPED.read_bytes(),
        vkey=log.vkey,
    )


_TRUST = """# whom we believe
log {vkey} http://localhost:8470/log/main
witness one witness.example+07eb4f7f+AVs9HBPm8qYdX5AUwxmSuxhBIIiJC6HUNcfMyIKU8Jiv http://[::1]:1
witness two witness.example/w2+9d6e7b1f+BCw1bL0nA7rAUY2OMoIoRw7XrtzmCxAa0zvHW9q8jqmB
group both all one two
quorum both
"""
