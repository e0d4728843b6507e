"""Logs that strangers published, read and proved: Tessera's, Google's Argon 2020, Go's checksums.

They come with the Go modules that ``go.sum`` pins.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.merkle import (
    check_consistency,
    check_inclusion,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from ledger.core.note import check_note, parse_note, parse_vkey
from ledger.core.tiles import TileReader, split_bundle
from ledger.core.witnessing import Known, parse_add_checkpoint, refusal
from ledger.errors import ConsistencyError, InclusionError, SourceError
from ledger.export import export
from ledger.mirror import DirectorySource
from tests.interop import golang

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.core.checkpoint import Checkpoint

# From its testdata/build_log.sh.
TESSERA = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIZES = range(1, 16)


@dataclass(frozen=True)
class AtSize:
    """Tessera's log when it was this large."""

    folder: Path
    size: int

    def checkpoint(self) -> bytes:
        return (self.folder / f"checkpoint.{self.size}").read_bytes()

    def tile(self, level: int, index: int, width: int) -> bytes:
        return DirectorySource(self.folder).tile(level, index, width)

    def bundle(self, index: int, width: int) -> bytes:
        return DirectorySource(self.folder).bundle(index, width)

    def tree(self) -> Checkpoint:
        note = parse_note(self.checkpoint())
        assert check_note(note, [parse_vkey(TESSERA)])
        return parse_checkpoint(note.text)


@pytest.fixture(scope="module")
def tessera() -> Path:
    return golang.source("github.com/transparency-dev/tessera") / "testdata" / "log"


@pytest.mark.parametrize("size", SIZES)
def test_tesseras_log_has_the_root_that_it_signed(tessera: Path, size: int) -> None:
    log = AtSize(tessera, size)
    tree = log.tree()
    leaves = [leaf_hash(entry) for entry in split_bundle(log.bundle(0, size))]
    assert (tree.size, tree.root) == (size, root_of(leaves))
    assert log.tile(0, 0, size) == b"".join(leaves)
    reader = TileReader(log.tile, size)
    for index, leaf in enumerate(leaves):
        proof = prove_inclusion(index, size, reader.subtree)
        check_inclusion(leaf, index, size, proof, tree.root)


def test_tesseras_checkpoints_are_one_history(tessera: Path) -> None:
    trees = {size: AtSize(tessera, size).tree() for size in (0, *SIZES)}
    for new in SIZES:
        reader = TileReader(AtSize(tessera, new).tile, new)
        for old in range(new + 1):
            proof = prove_consistency(old, new, reader.subtree)
            check_consistency(old, new, trees[old].root, trees[new].root, proof)
            if 0 < old < new:
                with pytest.raises(ConsistencyError):
                    check_consistency(old, new, trees[old - 1].root, trees[new].root, proof)


def test_tesseras_log_is_copied_as_it_grows(tessera: Path, tmp_path: Path) -> None:
    for size in SIZES:
        export(AtSize(tessera, size), parse_vkey(TESSERA), tmp_path / "copy")
    copied = DirectorySource(tmp_path / "copy")
    assert copied.checkpoint() == AtSize(tessera, 15).checkpoint()
    assert copied.bundle(0, 15) == AtSize(tessera, 15).bundle(0, 15)
    with pytest.raises(SourceError):
        AtSize(tessera, 15).tile(1, 0, 1)


def test_proofs_of_a_log_of_certificates_are_checked() -> None:
    """Answers of Google's Argon 2020, kept by golang.org/x/mod: 1.7 billion leaves and more."""
    folder = golang.source("golang.org/x/mod") / "sumdb/tlog/testdata/argon2020"
    head, entries, proof, consistency = (
        json.loads((folder / f"{name}.json").read_text())
        for name in ("sth", "entries", "proof", "consistency")
    )
    size, root = head["tree_size"], decoded(head["sha256_root_hash"])
    leaf = leaf_hash(decoded(entries["entries"][0]["leaf_input"]))
    path = tuple(map(decoded, proof["audit_path"]))
    check_inclusion(leaf, proof["leaf_index"], size, path, root)
    assert proof["leaf_index"] == 10_000
    for place in range(len(path)):
        with pytest.raises(InclusionError):
            check_inclusion(leaf, 10_000, size, flipped(path, place), root)
    # The tree of 3,654,490 leaves, as the same test names its root.
    old = decoded("AuIZ5V6sDUj1vn3Y1K85oOaQ7y+FJJKtyRTl1edIKBQ=")
    grown = tuple(map(decoded, consistency["consistency"]))
    check_consistency(3_654_490, size, old, root, grown)
    for place in range(len(grown)):
        with pytest.raises(ConsistencyError):
            check_consistency(3_654_490, size, old, root, flipped(grown, place))


def decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def flipped(hashes: tuple[bytes, ...], place: int) -> tuple[bytes, ...]:
    changed = bytes([hashes[place][0] ^ 1]) + hashes[place][1:]
    return (*hashes[:place], changed, *hashes[place + 1 :])


def sumdb() -> tuple[Any, Any]:
    """The key of sum.golang.org, and a request with a checkpoint that it signed."""
    script = (
        golang.source("filippo.io/torchwood") / "cmd/litewitness/testdata/sumdb.txt"
    ).read_text()
    key = re.search(r"add-key -origin 'go.sum database tree' -key (\S+)", script)
    body = re.search(r"POST http://\S+\n```\n(.*?)```\n", script, re.DOTALL)
    assert key
    assert body
    return parse_vkey(key[1]), parse_add_checkpoint(body[1].encode())


def test_the_checkpoint_of_gos_checksum_database_is_signed_by_its_key() -> None:
    key, request = sumdb()
    assert check_note(request.note, [key]) == request.note.signatures
    assert request.checkpoint.size == 35_225_469


def test_a_log_whose_key_has_another_name_than_its_origin_is_not_witnessed() -> None:
    """Torchwood's witness grants this one. Ours knows a log by a key that bears its origin."""
    key, request = sumdb()
    assert key.name != request.checkpoint.origin
    said = refusal(request, [key], Known())
    assert said is not None
    assert said.status == 403
