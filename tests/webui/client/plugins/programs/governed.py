"""What the plugin does in one story; prints what was seen as one JSON line.

``python governed.py VERSION_FACTS``: the JSON is put into the tag ``counterseal.facts``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from collections.abc import Callable


def refused(act: Callable[[], object]) -> list[str]:
    try:
        act()
    except MlflowException as error:
        return [error.error_code, error.message]
    return ["", ""]


def main(facts: str) -> None:
    told = {}
    client = MlflowClient()
    client.create_registered_model("Fraud Model", tags={"counterseal.risk_tier": "medium"})
    Path("model").mkdir()
    Path("model/MLmodel").write_text("flavors: {}\n")
    source = str(Path("model").resolve())
    first = client.create_model_version("Fraud Model", source, tags={"counterseal.facts": facts})
    second = client.create_model_version("Fraud Model", "s3://nowhere.invalid/model")
    told["versions"] = [first.version, second.version]
    told["champion"] = refused(
        lambda: client.set_registered_model_alias("Fraud Model", "champion", "1")
    )
    told["unread"] = refused(
        lambda: client.set_registered_model_alias("Fraud Model", "champion", "2")
    )
    told["stage"] = refused(
        lambda: client.transition_model_version_stage("Fraud Model", "1", "Staging")
    )
    client.set_registered_model_alias("Fraud Model", "candidate", "2")
    client.set_registered_model_tag("Fraud Model", "team", "risk")
    told["aliases"] = client.get_registered_model("Fraud Model").aliases
    client.create_prompt("greeting")
    # The ledger is away: what is protected is refused, the rest is told later.
    os.environ["COUNTERSEAL_URL"] = "http://127.0.0.1:9"
    away = MlflowClient(registry_uri="counterseal+sqlite:///./mlruns.db")
    told["away"] = refused(lambda: away.set_registered_model_alias("Fraud Model", "champion", "1"))
    away.set_registered_model_tag("Fraud Model", "team", "fraud")
    told["kept"] = sorted(path.name for path in Path("spool").glob("*.json"))
    told["team"] = client.get_registered_model("Fraud Model").tags["team"]
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
