"""The vectors of transparency-dev/merkle; README.md says which."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
)
from ledger.errors import ConsistencyError, InclusionError

FOLDER = Path(__file__).parent / "merkle"


def cases(name: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{case['case']}: {case['desc']}")
        for case in json.loads((FOLDER / name).read_text())
    ]


TREE: dict[str, Any] = json.loads((FOLDER / "tree.json").read_text())
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in TREE["leaves"]]


def node(level: int, index: int) -> bytes:
    return bytes.fromhex(TREE["nodes"][level][index])


def decoded(values: list[str]) -> list[bytes]:
    return [base64.b64decode(value, validate=True) for value in values]


@pytest.mark.parametrize("case", cases("inclusion.json"))
def test_inclusion_is_judged_as_published(case: dict[str, Any]) -> None:
    leaf, root = decoded([case["leafHash"], case["root"]])
    proof = decoded(case["proof"])
    if case["wantErr"]:
        with pytest.raises(InclusionError):
            check_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
    else:
        check_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
        assert list(prove_inclusion(case["leafIdx"], case["treeSize"], node)) == proof


@pytest.mark.parametrize("case", cases("consistency.json"))
def test_consistency_is_judged_as_published(case: dict[str, Any]) -> None:
    old_root, new_root = decoded([case["root1"], case["root2"]])
    old, new = case["size1"], case["size2"]
    proof = decoded(case["proof"])
    if case["wantErr"]:
        with pytest.raises(ConsistencyError):
            check_consistency(old, new, old_root, new_root, proof)
    else:
        check_consistency(old, new, old_root, new_root, proof)
        assert list(prove_consistency(old, new, node)) == proof


def test_the_roots_of_the_first_eight_trees_are_as_published() -> None:
    frontier = Frontier()
    roots = [frontier.root().hex()]
    for leaf in LEAVES:
        frontier = frontier.push(leaf)
        roots.append(frontier.root().hex())
    assert roots == TREE["roots"]
    assert [leaf.hex() for leaf in LEAVES] == TREE["nodes"][0]


@pytest.mark.parametrize("case", TREE["hashes"], ids=lambda case: str(case["desc"]))
def test_hashes_are_as_published(case: dict[str, str]) -> None:
    if "leaf" in case:
        found = leaf_hash(bytes.fromhex(case["leaf"]))
    elif "left" in case:
        found = node_hash(bytes.fromhex(case["left"]), bytes.fromhex(case["right"]))
    else:
        found = EMPTY_ROOT
    assert found.hex() == case["hash"]
