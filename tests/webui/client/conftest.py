"""A company behind a real server on a loopback address, and commands that ask it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ledger import clock
from tests.webui.api.company import ARTIFACT, Company, a_model, a_version, found
from tests.webui.house import build
from webui.cli.main import main
from webui.client.backoff import Patience
from webui.client.client import Client
from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

HASTY = Patience(attempts=3, first=0.01, longest=0.02, altogether=5.0)


@dataclass
class Served:
    """The company, where it is served, and its tokens by role."""

    company: Company
    url: str
    pipeline: str

    @property
    def vkey(self) -> str:
        return self.company.house.wiring.log.vkey

    def client(self, token: str = "", **options: Any) -> Client:
        return Client(self.url, token or self.pipeline, patience=HASTY, **options)

    def registered(self, version: str, artifact: str = ARTIFACT) -> None:
        fields = {**a_version(version), "artifact": {**a_version()["artifact"], "sha256": artifact}}
        answer = self.company.scientist.submit("version.registered", fields)
        assert answer.status_code == 201, answer.text

    def released(self, version: str, artifact: str = ARTIFACT) -> int:
        """Asked for and granted, to staging."""
        self.registered(version, artifact)
        wanted = {"model": "churn", "version": version, "environment": "staging"}
        asked = self.company.scientist.submit("release.requested", wanted)
        vote = {"release": asked.json["sequence"], "artifact": artifact}
        assert self.company.lead.submit("release.approved", vote).status_code == 201
        return int(asked.json["sequence"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Shared by the tests of a file; each works on versions of its own."""
    house = build(tmp_path_factory.mktemp("client") / "home")
    # What a receipt says of time is held against this machine's clock.
    house.clock.at = clock.now()
    company = found(house)
    company.scientist.submit("model.registered", a_model(company.scientist_id))
    pipeline = house.token(house.enrol("Pipeline", "", "pipeline", actor_type="workload"))
    server = Server(house.app, host="127.0.0.1", port=0, threads=4, https=False)
    server.start()
    yield Served(company, server.url, pipeline)
    server.stop()
    house.wiring.close()


@dataclass
class Command:
    """``counterseal`` in an environment of its own."""

    environment: dict[str, str]

    def __call__(self, *words: str, stdin: str = "", **more: str) -> Result:
        kept = {name: None for name in os.environ if name.startswith("COUNTERSEAL_")}
        environment = {**kept, **self.environment, **more}
        return CliRunner().invoke(
            main, words, input=stdin, env=environment, prog_name="counterseal"
        )


@pytest.fixture
def run(served: Served, tmp_path: Path) -> Command:
    return Command(
        {
            "COUNTERSEAL_URL": served.url,
            "COUNTERSEAL_TOKEN": served.pipeline,
            "COUNTERSEAL_SPOOL": str(tmp_path / "spool"),
        }
    )
