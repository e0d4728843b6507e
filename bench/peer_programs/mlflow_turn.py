"""One turn of the MLflow registry: ``python mlflow_turn.py WORK PAYLOAD_FILE NUMBER``.

Runs in an environment of its own and prints operations per second as one JSON line.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


def main(work: str, payload_file: str, number: str) -> None:
    """Register versions one by one: the registry has no batches and nothing to verify."""
    mlflow: Any = importlib.import_module("mlflow")
    payload = Path(payload_file).read_text(encoding="utf-8")
    one = int(number)
    database = f"sqlite:///{Path(work) / 'mlflow.db'}"
    client = mlflow.MlflowClient(tracking_uri=database, registry_uri=database)
    client.create_registered_model("churn")
    start = time.perf_counter()
    for place in range(one):
        client.create_model_version("churn", f"s3://models/churn/{place}", description=payload)
    rate = one / (time.perf_counter() - start)
    told = {"version": mlflow.__version__, "per_second": {"append_one": rate}}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
