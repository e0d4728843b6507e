"""Facts about what a version was made from."""

from __future__ import annotations

from ledger.state.aggregates import VersionState, version_key
from policies.descent import recalled, weak
from tests.world import Company


def test_weak_links_of_code_and_artifact_are_named() -> None:
    registry = Company().world.registry
    made = registry.find(VersionState, version_key("churn", "1.0.0"))
    assert made is not None
    assert weak(registry, made) == ("unsigned_commit",)
    artifact = made.artifact.model_copy(update={"uri": "https://models.example/churn.onnx"})
    elsewhere = made.model_copy(update={"artifact": artifact, "code": None})
    assert weak(registry, elsewhere) == ("mutable_source", "no_code")


def test_of_no_version_nothing_is_known() -> None:
    registry = Company().world.registry
    assert weak(registry, None) is None
    assert recalled(registry, None) is None
