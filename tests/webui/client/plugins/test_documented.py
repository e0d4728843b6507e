"""MLflow's own documented examples of its registry's client run unchanged with the plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.webui.client.plugins.conftest import Mlflow

# They fail with MLflow's own store too: one needs Databricks, two use names they do not define.
BROKEN = {"copy_model_version 1", "set_registered_model_tag 0", "update_registered_model 0"}


def test_the_documented_examples_run_and_are_told(mlflow: Mlflow) -> None:
    mlflow.more["COUNTERSEAL_MLFLOW_ENVIRONMENTS"] = "champion=production"
    found = mlflow.run("documented.py")
    failed = {name: said for name, said in found.items() if said != "ran"}
    assert set(failed) <= BROKEN, failed
    assert len(found) - len(failed) >= 18
    told = mlflow.told()
    kinds = {(one["kind"], one.get("change", "")) for one in told}
    assert ("model.registered", "") in kinds
    assert {("registry.changed", change) for change in (
        "version_created", "version_deleted", "alias_set", "alias_removed", "stage_set",
        "model_renamed", "model_deleted", "version_tag_set", "version_tag_removed",
    )} <= kinds  # fmt: skip
    assert not (mlflow.folder / "spool" / "set-aside").exists()
