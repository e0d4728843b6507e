"""Runs the examples that MLflow's client documents of its registry, as they stand there.

``python documented.py``, in an empty folder; prints what became of each as one JSON line.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import re
import sys
import textwrap
from functools import partial

import mlflow
import mlflow.sklearn
from mlflow import MlflowClient

METHODS = (
    "copy_model_version",
    "create_model_version",
    "create_registered_model",
    "delete_model_version",
    "delete_model_version_tag",
    "delete_registered_model",
    "delete_registered_model_alias",
    "delete_registered_model_tag",
    "get_latest_versions",
    "get_model_version",
    "get_model_version_by_alias",
    "get_model_version_download_uri",
    "get_model_version_stages",
    "get_registered_model",
    "rename_registered_model",
    "search_model_versions",
    "search_registered_models",
    "set_model_version_tag",
    "set_registered_model_alias",
    "set_registered_model_tag",
    "transition_model_version_stage",
    "update_model_version",
    "update_registered_model",
)


def examples(method: str) -> list[str]:
    doc = inspect.getdoc(getattr(MlflowClient, method)) or ""
    block = r"\.\. code-block:: Python\n(?: +:caption:.*\n)?\n((?:(?: +.*)?\n)+)"
    found = re.findall(block, doc + "\n", re.IGNORECASE)
    return [textwrap.dedent(block) for block in found]


def main() -> None:
    # Requirements are not worked out, which takes a process each; and the format that is MLflow's default today does not take the model of its own examples.
    options = {"serialization_format": "cloudpickle", "pip_requirements": ["scikit-learn"]}
    mlflow.sklearn.log_model = partial(mlflow.sklearn.log_model, **options)
    told = {}
    client = MlflowClient()
    for method in METHODS:
        for number, code in enumerate(examples(method)):
            for model in client.search_registered_models():
                client.delete_registered_model(model.name)
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
                    exec(compile(code, method, "exec"), {"__name__": "__main__", "mlflow": mlflow})
                told[f"{method} {number}"] = "ran"
            except Exception as error:  # noqa: BLE001 (examples fail as they like)
                told[f"{method} {number}"] = f"{type(error).__name__}: {str(error)[:200]}"
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
