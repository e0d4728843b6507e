"""What the plugin does where it tells later; prints what was seen as one JSON line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


def main(facts: str) -> None:
    client = MlflowClient()
    client.create_registered_model("Later Model")
    Path("later").mkdir()
    Path("later/MLmodel").write_text("flavors: {}\n")
    source = str(Path("later").resolve())
    for _ in range(30):
        client.create_model_version("Later Model", source, tags={"counterseal.facts": facts})
    unread = client.create_model_version("Later Model", "s3://nowhere.invalid/model")
    # Whoever asks waits for what was told before: nothing of it is missing in the ledger then.
    try:
        client.set_registered_model_alias("Later Model", "champion", "30")
        said = ""
    except MlflowException as error:
        said = error.message
    client.set_registered_model_alias("Later Model", "candidate", "30")
    told = {
        "said": said,
        "unread": unread.version,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
