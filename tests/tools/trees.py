"""A log of numbered leaves that can fork: checkpoints, proofs and requests to witnesses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.merkle import leaf_hash, prove_consistency, root_of
from ledger.core.note import ED25519, Note, Vkey, format_note, sign_note
from ledger.core.witnessing import format_add_checkpoint

NEVER = 10_000


@cache
def _root(start: int, stop: int, fork: int) -> bytes:
    return root_of([leaf_hash(b"%d %d" % (n, n >= fork)) for n in range(start, stop)])


@dataclass(frozen=True)
class Tree:
    """The tree of ``size`` leaves, of which those from ``fork`` on are others."""

    size: int
    fork: int = NEVER

    @property
    def root(self) -> bytes:
        return _root(0, self.size, self.fork)

    def proof(self, old: int) -> tuple[bytes, ...]:
        def get(level: int, index: int) -> bytes:
            return _root(index << level, (index + 1) << level, self.fork)

        return prove_consistency(old, self.size, get)


@dataclass(frozen=True)
class Forger:
    """A log that signs whatever it is told."""

    origin: str = "log.example/main"
    seed: bytes = b"L" * 32

    @property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def vkey(self) -> Vkey:
        return Vkey(self.origin, ED25519, self.key.public_key().public_bytes_raw())

    def note(self, tree: Tree) -> Note:
        text = format_checkpoint(Checkpoint(self.origin, tree.size, tree.root))
        return sign_note(text, self.origin, self.vkey.public, self.key.sign)

    def request(self, old: int, tree: Tree) -> bytes:
        """The body of ``add-checkpoint``."""
        return format_add_checkpoint(old, tree.proof(old), format_note(self.note(tree)))
