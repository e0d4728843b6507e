"""A version that a pipeline registered comes to MLflow's registry too: both words stand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.api.company import a_version
from webui.client.spool import Spool
from webui.plugins.mlflow.plan import Planner
from webui.plugins.mlflow.settings import read_plugin_settings
from webui.plugins.mlflow.telling import Teller

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Served


@pytest.mark.parametrize("later", [False, True])
def test_what_mlflow_says_of_a_version_that_is_registered_stands_beside(
    served: Served, tmp_path: Path, *, later: bool
) -> None:
    version = "7.0.1" if later else "7.0.0"
    fields = {**a_version(version), "parameters": {"depth": "6"}, "run": "ci-1"}
    assert served.company.scientist.submit("version.registered", fields).status_code == 201
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights.bin").write_bytes(b"other bytes")
    run = SimpleNamespace(
        data=SimpleNamespace(tags={}, params={"depth": "9"}), info=SimpleNamespace(end_time=0)
    )
    made: Any = SimpleNamespace(
        name="churn", version=version, description="", source=str(model), run_id="r1",
        creation_timestamp=1_770_000_000_000, tags={},
    )  # fmt: skip
    teller = Teller(served.client(), Spool(tmp_path / "spool"), later=later)
    settings = read_plugin_settings({})
    reads = SimpleNamespace(
        get_registered_model=lambda _: SimpleNamespace(_is_prompt=lambda: False)
    )
    planner = Planner(reads, teller, settings, lambda: "", lambda _: run)
    teller.tell(planner.plan("create_model_version", {"name": "churn"}).tell(made))
    assert teller.settled(10)
    client = served.client()
    found = client.read("models", "churn", "versions", version, "metadata")
    assert set(found["disputed"]) == {"artifact.sha256", "parameters.depth", "run"}
    told = {
        one["field"]: {it["source"]: it["value"] for it in one["said"]} for one in found["fields"]
    }
    assert told["parameters.depth"] == {"registration": "6", "mlflow": "9"}
    assert client.version("churn", version).artifact == fields["artifact"]["sha256"]
