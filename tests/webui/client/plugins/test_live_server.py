"""The plugin behind a live ``mlflow server``, asked over its REST API by somebody signed in."""

from __future__ import annotations

import base64
import json
import os
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools.mlflow import HOME
from tests.webui.client.plugins.conftest import REGISTRY
from webui.intake.inventory import Swept, compare, coverage, record
from webui.intake.sweep import shown_by_mlflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.client.plugins.conftest import Mlflow

ANA = "Basic " + base64.b64encode(b"ana:secret").decode()


@dataclass
class Live:
    url: str
    mlflow: Mlflow

    def ask(
        self, path: str, body: dict[str, Any], method: str = "POST"
    ) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(
            f"{self.url}/api/2.0/mlflow/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": ANA},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def live(mlflow: Mlflow) -> Iterator[Live]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {**mlflow.variables, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    variables.pop("MLFLOW_REGISTRY_URI")
    variables.pop("MLFLOW_TRACKING_URI")
    log = (mlflow.folder / "server.log").open("wb")
    server = subprocess.Popen(
        [
            HOME / "bin" / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--backend-store-uri", "sqlite:///mlruns.db",
            "--registry-store-uri", REGISTRY, "--artifacts-destination", str(mlflow.folder / "store"),
        ],
        cwd=mlflow.folder, env=variables, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    log.close()
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            assert server.poll() is None, (mlflow.folder / "server.log").read_text()[-3000:]
            try:
                urllib.request.urlopen(f"{url}/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield Live(url, mlflow)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
        server.wait(30)


def test_a_protected_alias_is_refused_over_rest_and_everything_else_works(live: Live) -> None:
    status, made = live.ask("registered-models/create", {"name": "pricing"})
    assert (status, made["registered_model"]["name"]) == (200, "pricing")
    body = {"name": "pricing", "source": "s3://nowhere.invalid/model"}
    status, made = live.ask("model-versions/create", body)
    assert (status, made["model_version"]["version"]) == (200, "1")
    body = {"name": "pricing", "alias": "champion", "version": "1"}
    status, refused = live.ask("registered-models/alias", body)
    assert (status, refused["error_code"]) == (403, "PERMISSION_DENIED")
    assert "no such version" in refused["message"]
    status, _ = live.ask("registered-models/alias", {**body, "alias": "candidate"})
    assert status == 200
    told = live.mlflow.told()
    kinds = {(one["kind"], one.get("change", "")) for one in told if one.get("model") == "pricing"}
    assert {
        ("model.registered", ""),
        ("registry.changed", "version_created"),
        ("registry.changed", "alias_set"),
    } <= kinds


def test_who_signed_in_at_mlflow_stands_in_the_vault(live: Live) -> None:
    live.ask("registered-models/create", {"name": "churn-risk"})
    live.ask("registered-models/set-tag", {"name": "churn-risk", "key": "team", "value": "b"})
    tagged = [one for one in live.mlflow.told() if one.get("change") == "model_tag_set"]
    (private,) = [one["private"] for one in tagged if one["model"] == "churn-risk"]
    assert private == {"value": "b", "by": "ana"}


def swept(live: Live) -> Swept:
    wiring = live.mlflow.served.company.house.wiring
    return compare(wiring, "mlflow", shown_by_mlflow(live.url))


def sql(live: Live, *statements: str) -> None:
    """Past everybody, into the registry's database."""
    with closing(sqlite3.connect(live.mlflow.folder / "mlruns.db", timeout=30)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_a_sweep_explains_what_the_plugin_told_and_finds_what_went_past_it(live: Live) -> None:
    live.ask("registered-models/create", {"name": "swept"})
    for number in (1, 2):
        body = {"name": "swept", "source": f"s3://nowhere.invalid/{number}"}
        assert live.ask("model-versions/create", body)[0] == 200
    body = {"name": "swept", "alias": "candidate", "version": "1"}
    assert live.ask("registered-models/alias", body)[0] == 200
    staged = {"name": "swept", "version": "2", "stage": "Archived"}
    status, told_of = live.ask(
        "model-versions/transition-stage", {**staged, "archive_existing_versions": False}
    )
    assert status == 200, told_of
    told = swept(live)
    ours = [one for one in told.shown if one.model == "swept"]
    things = {(one.thing, one.item, one.value) for one in ours}
    assert things == {
        ("model", "", ""), ("version", "1.0.0", ""), ("version", "2.0.0", ""),
        ("alias", "candidate", "1.0.0"), ("stage", "2.0.0", "Archived"),
    }  # fmt: skip
    assert (told.unexplained, told.vanished, told.coverage) == ((), (), "100.0 %")
    sql(
        live,
        "UPDATE registered_model_aliases SET version = 2 WHERE name = 'swept'",
        "UPDATE model_versions SET current_stage = 'Production' WHERE name = 'swept' AND version = 1",
        "DELETE FROM registered_models WHERE name = 'pricing'",
    )
    found = swept(live)
    assert {(one.thing, one.item, one.value) for one in found.unexplained} == {
        ("alias", "candidate", "2.0.0"), ("stage", "1.0.0", "Production"),
    }  # fmt: skip
    assert any(one.startswith("alias pricing") for one in found.vanished)
    wiring = live.mlflow.served.company.house.wiring
    *changes, _ = record(wiring, "mlflow", found, "sweep")
    assert [one.outcome for one in changes] == ["allow", "allow"]
    (mlflow,) = coverage(wiring)
    assert (mlflow.source, mlflow.unexplained) == ("mlflow", 2)
    assert swept(live).unexplained == ()
