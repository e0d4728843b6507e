"""Metadata from a pipeline: said at registration, asked for, disputed, decided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from policies.metadata_schema import read_schema

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served

SCHEMA = """\
format: metadata/1
fields:
  - {name: market, of: version, type: choice, title: Market, choices: [eu, uk], required_from: low}
"""


def test_a_version_is_described_and_a_dispute_decided(
    served: Served, run: Command, tmp_path: Path
) -> None:
    served.registered("1.0.0", "cd" * 32)
    officer = served.company.officer
    event = read_schema(SCHEMA).facts()
    assert officer.submit("schema.activated", event).status_code == 201
    told = run("describe", "churn", "1.0.0")
    assert told.exit_code == 1
    assert "market: MISSING" in told.stdout
    assert run("describe", "churn", "1.0.0", "--field", "market").exit_code == 2
    assert run("describe", "churn", "1.0.0", "--field", "market=mars").exit_code == 2
    assert run("describe", "churn", "1.0.0", "--field", "market=eu").exit_code == 0
    other = ("--field", "market=uk", "--source", "mlflow")
    assert run("describe", "churn", "1.0.0", *other).exit_code == 0
    told = run("describe", "churn", "1.0.0")
    assert told.exit_code == 1
    assert "market: DISPUTED" in told.stdout
    assert "    mlflow says uk" in told.stdout
    decide = ("settle", "churn", "1.0.0", "--field", "market", "--value", "eu", "--reason", "So")
    assert run(*decide).exit_code == 3, "a machine decides nothing"
    lead = {"COUNTERSEAL_TOKEN": served.company.lead.secret}
    assert run(*decide, **lead).exit_code == 0
    found = json.loads(run("describe", "churn", "1.0.0", "--json").stdout)
    assert found["fields"][0]["value"] == "eu"

    model = tmp_path / "model.bin"
    model.write_bytes(b"weights")
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps(
        {
            "code": {"repository": "git", "commit": "ab" * 20, "dirty": False},
            "data_sets": [
                {
                    "name": "customers", "version": "1", "sha256": "d0" * 32,
                    "source": "warehouse", "classification": "internal",
                }
            ],
        }
    ))  # fmt: skip
    paper = ("--manifest", str(tmp_path / "capture.json"))
    words = ("register", "churn", "1.1.0", "--model", str(model), "--facts", str(facts), "--no-git")
    refused = run(*words, *paper)
    assert refused.exit_code == 3
    assert "market" in refused.output
    paper = ("--manifest", str(tmp_path / "second.json"))
    done = run(*words, *paper, "--field", "market=uk")
    assert done.exit_code == 0, done.output
    assert run("describe", "churn", "1.1.0").stdout == "market: uk\n"
