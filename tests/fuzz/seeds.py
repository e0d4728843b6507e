"""Real objects, made with keys that everybody knows: what mutations begin from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.cosignature import cosign, format_lines
from ledger.core.merkle import leaf_hash, prove_consistency, prove_inclusion
from ledger.core.note import (
    ED25519_COSIGNATURE,
    ML_DSA_44_COSIGNATURE,
    Vkey,
    parse_note,
    vkey,
)
from ledger.core.proof import TlogProof, format_proof
from ledger.core.tiles import TileReader
from ledger.core.witnessing import format_add_checkpoint
from ledger.keys.signer import FileCosigner, FileSigner
from tests.tools.synthetic_log import SyntheticLog, made_entries

FOLDER: Final = Path(__file__).parent / "seeds"
LOG_KEY: Final = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS_KEY: Final = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
ML_DSA_KEY: Final = FileCosigner(MLDSA44PrivateKey.from_seed_bytes(bytes(range(32))))
WITNESS: Final = Vkey("witness.example/one", ED25519_COSIGNATURE, WITNESS_KEY.public)
ML_DSA_WITNESS: Final = Vkey("witness.example/two", ML_DSA_44_COSIGNATURE, ML_DSA_KEY.public)
SECOND: Final = 1_790_000_000


@cache
def log(size: int = 300) -> SyntheticLog:
    """A log of so many entries under ``LOG_KEY``."""
    return SyntheticLog(made_entries(0, size), key=LOG_KEY)


@cache
def cosigned() -> bytes:
    """Its checkpoint with the lines of an Ed25519 and an ML-DSA-44 witness."""
    note = log().checkpoint()
    tree = parse_checkpoint(parse_note(note).text)
    signers = ((WITNESS, WITNESS_KEY), (ML_DSA_WITNESS, ML_DSA_KEY))
    lines = [cosign(key, tree, SECOND, signer.sign) for key, signer in signers]
    return note + format_lines(lines)


def lines() -> bytes:
    """The witnesses' lines alone, as they answer them."""
    return b"".join(cosigned().splitlines(keepends=True)[-2:])


def proof(extra: bytes | None = None) -> bytes:
    """A proof of entry 257."""
    whole = log()
    reader = TileReader(whole.tile, 300)
    return format_proof(
        TlogProof(257, prove_inclusion(257, 300, reader.subtree), whole.checkpoint(), extra)
    )


def proved_leaf() -> bytes:
    """The leaf that ``proof`` is about."""
    return leaf_hash(log().entries[257])


def request() -> bytes:
    """What a log asks a witness that knows its first 100 entries."""
    whole = log()
    hashes = prove_consistency(100, 300, TileReader(whole.tile, 300).subtree)
    return format_add_checkpoint(100, hashes, whole.checkpoint())


def trust_policy() -> bytes:
    """Two witnesses, groups of groups, a log."""
    key = vkey(log().origin, LOG_KEY.public)
    return (
        f"# whom to believe\nlog {key} https://log.example/\n"
        f"witness one {WITNESS} https://one.example/w\nwitness two {ML_DSA_WITNESS}\n"
        "group inner any one\ngroup outer all inner two\nquorum outer\n"
    ).encode()
