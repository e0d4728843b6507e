"""Register versions in MLflow's registry: ``python mlflow_registering.py URI CLIENTS EACH FACTS``.

``URI`` is the registry's address: of MLflow's own store, of the plugin in front of it, or of an
``mlflow server`` (asked over REST, each request with a connection of its own, which is its faster
setting). Every client registers ``EACH`` versions of a model of its own. Prints the seconds of each
and of the whole as one JSON line. Runs in MLflow's environment.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any


def main(uri: str, clients: str, each: str, facts: str) -> None:
    """Make one model for each client, then let all register at once."""
    artifact = Path("artifact")
    artifact.mkdir(exist_ok=True)
    (artifact / "MLmodel").write_text("flavors: {}\n")
    source = str(artifact.resolve())
    asked = _over_rest if uri.startswith("http") else _by_store
    register = asked(uri, source, facts)
    names = [f"model-{time.time_ns()}-{number}" for number in range(int(clients))]
    for name in names:
        register(name, False)
        register(name, True)  # what is done once, such as asking whose token it is
    seconds: list[float] = []

    def client(name: str) -> None:
        for _ in range(int(each)):
            start = time.perf_counter()
            register(name, True)
            seconds.append(time.perf_counter() - start)

    workers = [threading.Thread(target=client, args=(name,)) for name in names]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    register("", True)  # until what is told later is told
    total = time.perf_counter() - start
    if len(seconds) != int(clients) * int(each):
        raise SystemExit("a client failed")
    sys.stdout.write(json.dumps({"total": total, "seconds": seconds}) + "\n")


def _by_store(uri: str, source: str, facts: str) -> Any:
    utils: Any = importlib.import_module("mlflow.tracking._model_registry.utils")
    entities: Any = importlib.import_module("mlflow.entities.model_registry")
    store = utils._get_store(uri)  # noqa: SLF001 (as MLflow's own server finds it)
    tags = [entities.ModelVersionTag("counterseal.facts", facts)]

    def register(name: str, version: bool) -> None:
        if not name:
            planner = getattr(store, "_counterseal_planner", None)
            if planner is not None and not planner.teller.settled(120):
                raise SystemExit("not everything is told")
        elif version:
            store.create_model_version(name, source, tags=tags)
        else:
            store.create_registered_model(name)

    return register


def _over_rest(uri: str, _: str, facts: str) -> Any:
    source = "s3://models/churn"  # the server takes no path of its own machine without a run
    tags = [{"key": "counterseal.facts", "value": facts}]

    def register(name: str, version: bool) -> None:
        if not name:
            return
        path, body = "registered-models/create", dict[str, Any](name=name)
        if version:
            path, body = "model-versions/create", {"name": name, "source": source, "tags": tags}
        request = urllib.request.Request(
            f"{uri}/api/2.0/mlflow/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            answer.read()

    return register


if __name__ == "__main__":
    main(*sys.argv[1:])
