"""Recalls reach whatever descends from what was withdrawn, and weak links are told by name."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.state.aggregates import VersionState, version_key
from ledger.state.recalls import recalls_of
from ledger.state.weak_links import of_version
from tests.world import DIGEST, World

CODE = {"repository": "git", "commit": "ab" * 20, "dirty": False}


@pytest.fixture
def world() -> World:
    made = World()
    made.model(made.person("ana", "data_scientist"), "churn")
    made.model(made.names["ana"], "base")
    made.person("cora", "compliance")
    return made


def made_of(world: World, model: str, version: str, *parents: str, **more: Any) -> VersionState:
    fields: dict[str, Any] = {
        "artifact": {"sha256": DIGEST, "size_bytes": 1, "format": "onnx"},
        "trained_at": "2026-10-30T10:00:00Z",
        "code": CODE,
        "data_sets": [data("customers", "1")],
        "parents": [
            {"model": one, "version": of, "relation": "fine_tuned_from"}
            for one, of in (parent.split("@") for parent in parents)
        ],
    }
    ana = world.names["ana"]
    world.force("version.registered", ana, model=model, version=version, **{**fields, **more})
    found = world.registry.find(VersionState, version_key(model, version))
    assert found is not None
    return found


def data(name: str, version: str, **more: Any) -> dict[str, Any]:
    plain = {"name": name, "version": version, "sha256": "d0" * 32, "source": "warehouse"}
    return {**plain, "classification": "internal", **more}


def recall(world: World, **fields: Any) -> int:
    return world.do("recall.placed", world.names["cora"], cause="quality", reason="Bad", **fields)


def test_a_recall_reaches_grandchildren_and_nothing_else(world: World) -> None:
    base = made_of(world, "base", "1.0.0", data_sets=[data("web-crawl", "4")])
    child = made_of(world, "churn", "1.0.0", "base@1.0.0")
    grandchild = made_of(world, "churn", "1.1.0", "churn@1.0.0")
    apart = made_of(world, "churn", "2.0.0")
    number = recall(world, data_set="web-crawl", only="4")
    reached = [recalls_of(world.registry, one) for one in (base, child, grandchild, apart)]
    assert reached == [(number,), (number,), (number,), ()]


def test_a_base_model_from_elsewhere_is_recalled_too(world: World) -> None:
    one = made_of(world, "churn", "1.0.0", "resnet@7")
    other = made_of(world, "churn", "1.1.0", "resnet@8")
    seventh = recall(world, model="resnet", only="7")
    assert recalls_of(world.registry, one) == (seventh,)
    assert recalls_of(world.registry, other) == ()
    every = recall(world, model="resnet")
    assert recalls_of(world.registry, one) == (seventh, every)
    assert recalls_of(world.registry, other) == (every,)


def test_what_was_lifted_no_longer_reaches_and_is_lifted_once(world: World) -> None:
    version = made_of(world, "churn", "1.0.0")
    number = recall(world, data_set="customers")
    with pytest.raises(ConflictError, match="recalled already"):
        recall(world, data_set="customers")
    lifter = world.person("carl", "compliance")
    world.do("recall.lifted", lifter, recall=number, reason="Made anew")
    assert recalls_of(world.registry, version) == ()
    with pytest.raises(ConflictError, match="lifted already"):
        world.force("recall.lifted", lifter, recall=number, reason="Again")
    with pytest.raises(UnknownSubjectError):
        world.force("recall.lifted", lifter, recall=1, reason="None")


def test_nobody_is_their_own_ancestor(world: World) -> None:
    made_of(world, "churn", "1.0.0", "base@1.0.0")
    made_of(world, "base", "0.9.0", "churn@1.0.0")
    with pytest.raises(ConflictError, match="own ancestor"):
        made_of(world, "base", "1.0.0", "base@0.9.0")
    with pytest.raises(ConflictError, match="own ancestor"):
        made_of(world, "base", "2.0.0", "base@2.0.0")


@pytest.mark.parametrize(
    ("more", "weak"),
    [
        ({"code": {**CODE, "tag": "v1", "tag_signature": "valid"}}, set()),
        ({}, {"unsigned_commit"}),
        ({"code": {**CODE, "dirty": True}}, {"unsigned_commit", "dirty_tree"}),
        ({"code": None}, {"no_code"}),
        ({"data_sets": [data("a", "1", source="dvc md5:abc")]}, {"unsigned_commit", "md5_only"}),
        (
            {"data_sets": [data("a", "1", source="https://example.org/a.csv")]},
            {"unsigned_commit", "mutable_source"},
        ),
        (
            {"data_sets": [data("a", "1", source=f"https://example.org/{'a' * 64}")]},
            {"unsigned_commit"},
        ),
        (
            {"data_sets": [data("a", "1", classification="phi")]},
            {"unsigned_commit", "no_legal_basis"},
        ),
        (
            {
                "artifact": {
                    "sha256": DIGEST,
                    "size_bytes": 1,
                    "format": "x",
                    "uri": "oci://r/m:latest",
                }
            },
            {"unsigned_commit", "mutable_source"},
        ),
    ],
)
def test_weak_links_are_told_by_name(world: World, more: dict[str, Any], weak: set[str]) -> None:
    found = made_of(world, "churn", "1.0.0", **more)
    assert set(of_version(world.registry, found, found.code, found.artifact)) == weak


def test_a_parent_that_is_not_registered_is_weak(world: World) -> None:
    found = made_of(world, "churn", "1.0.0", "resnet@7")
    assert "unknown_parent" in of_version(world.registry, found, found.code, found.artifact)
