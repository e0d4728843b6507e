"""``counterseal connection`` as an operator uses it, beside a served installation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ledger.events.actor import Actor
from ledger.events.people import ActorEnrolled, RoleGranted
from ledger.genesis import new_actor_id
from tests.webui.intake.test_sweep import Registry, registry
from webui.app import create_app
from webui.server import Server
from webui.settings import read_settings
from webui.wiring import open_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

__all__ = ["registry"]


@pytest.fixture
def workload(installed: Run, home: Path) -> str:
    """A workload with the role of a pipeline."""
    assert installed
    wiring = open_home(read_settings({"COUNTERSEAL_HOME": str(home)}))
    root, workload = new_actor_id(), new_actor_id()
    person = Actor(id=root, type="person", via="password")
    for by, event in (
        (wiring.service, ActorEnrolled(actor_id=root, actor_type="person", name="Root")),
        (wiring.service, RoleGranted(actor_id=root, role="administrator")),
        (person, ActorEnrolled(actor_id=workload, actor_type="workload", name="MLflow")),
        (person, RoleGranted(actor_id=workload, role="pipeline")),
    ):
        assert wiring.submitter.submit(by, event).outcome == "allow"
    wiring.close()
    return workload


@pytest.mark.parametrize("type_", ["mlflow", "wandb", "comet"])
def test_a_connection_is_made_tried_listed_and_removed(
    installed: Run, home: Path, workload: str, type_: str
) -> None:
    made = installed("connection", "add", "main", "--type", type_, "--workload", workload)
    assert made.exit_code == 0, made.stderr
    assert f"/hooks/{type_}/main" in made.stdout
    secret = re.search(r"Secret: +(\S+)", made.stdout)
    assert secret is not None
    assert ("artifact_collection_name" in made.stdout) == (type_ == "wandb")
    wiring = open_home(read_settings({"COUNTERSEAL_HOME": str(home)}))
    server = Server(create_app(wiring), host="127.0.0.1", port=0, threads=2, https=False)
    server.start()
    try:
        tried = installed("connection", "test", "main", "--url", server.url)
        assert tried.exit_code == 0, tried.stderr
    finally:
        server.stop()
        wiring.close()
    listed = installed("connection", "list")
    assert "main" in listed.stdout
    assert secret[1] not in listed.stdout
    assert installed("connection", "remove", "main").exit_code == 0
    assert installed("connection", "remove", "main").exit_code != 0


def test_what_cant_be_used_is_told(installed: Run, workload: str, tmp_path: Path) -> None:
    add = ("connection", "add", "own", "--workload", workload, "--type")
    assert "needs a document" in installed(*add, "generic").stderr
    assert "mlflow" in installed(*add, "sagemaker").stderr
    file = tmp_path / "document.json"
    file.write_text('{"format": "counterseal-connection/1", "proof": {"kind": "bearer"}}')
    assert "rules" in installed(*add, "generic", "--document", str(file)).stderr


def test_a_sweep_ends_with_one_while_something_is_unexplained(
    installed: Run, registry: Registry
) -> None:
    first = installed("connection", "sweep", "main", "--url", registry.url)
    assert first.exit_code == 1
    assert "0.0 % of 6 are explained, 6 are not." in first.stdout
    again = installed("connection", "sweep", "main", "--url", registry.url)
    assert again.exit_code == 0, again.stdout
    assert "100.0 % of 6 are explained" in again.stdout


def test_a_poller_goes_on_though_its_source_is_away_for_a_while(
    installed: Run, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.status = 503
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        registry.status = 200
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("webui.cli.connection.time.sleep", sleep)
    told = installed("connection", "sweep", "main", "--url", registry.url, "--every", "15")
    assert slept == [900, 900, 900]
    assert "status 503" in told.stderr
    assert "6 are not." in told.stdout
    assert "100.0 % of 6 are explained" in told.stdout
    table = installed("connection", "coverage")
    assert "main" in table.stdout
    assert "0.0 %" in table.stdout
