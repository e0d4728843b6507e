"""Programs of MLflow's own environment, with the plugin, beside a served company."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.events.entry import decode_entry
from tests.tools.mlflow import environment, mlflow_python

if TYPE_CHECKING:
    from tests.webui.client.conftest import Served

PROGRAMS = Path(__file__).parent / "programs"
REGISTRY = "counterseal+sqlite:///mlruns.db"


@dataclass
class Mlflow:
    """An empty folder in which programs run with MLflow's registry behind the plugin."""

    folder: Path
    served: Served
    more: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        told = {
            "MLFLOW_REGISTRY_URI": REGISTRY,
            "MLFLOW_TRACKING_URI": "sqlite:///mlruns.db",
            "COUNTERSEAL_URL": self.served.url,
            "COUNTERSEAL_TOKEN": self.served.pipeline,
            "COUNTERSEAL_SPOOL": str(self.folder / "spool"),
            "COUNTERSEAL_MLFLOW_ENVIRONMENTS": "champion=production challenger=staging Staging=staging",
        }
        return environment(self.folder, **{**told, **self.more})

    def run(self, program: str, *words: str) -> Any:
        """What a program says last, as JSON."""
        done = subprocess.run(
            [mlflow_python(), str(PROGRAMS / program), *words],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    def told(self) -> list[dict[str, Any]]:
        """The events of the entries, oldest first, with their kind and what the vault holds."""
        wiring = self.served.company.house.wiring
        found = []
        for number in range(wiring.log.head().size):
            told = wiring.reader.tell(number)
            event = decode_entry(told.row.envelope).event
            found.append({"kind": event.kind, "private": told.private, **event.facts()})
        return found


@pytest.fixture(scope="module")
def mlflow(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Mlflow:
    """One for the tests of a file: making its tables takes MLflow some seconds."""
    return Mlflow(tmp_path_factory.mktemp("mlflow"), served)
