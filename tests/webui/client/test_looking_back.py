"""Commands that read the life of a model: compared, followed through time and lineage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served


def test_versions_are_compared_in_lines_as_json_and_as_a_pdf(
    served: Served, run: Command, tmp_path: Path
) -> None:
    served.registered("1.0.0")
    served.registered("1.1.0", "ab" * 32)
    file = tmp_path / "compared.pdf"
    told = run("compare", "churn", "1.0.0", "1.1.0", "--pdf", str(file))
    assert told.exit_code == 0, told.output
    assert "metric: accuracy on holdout (higher is better): 0.931 | 0.931 (0 same" in told.stdout
    assert "facts: Artifact: sha256 5e5e5e5e5e5e | sha256 abababababab" in told.stdout
    assert file.read_bytes().startswith(b"%PDF")
    found = json.loads(run("compare", "churn", "1.0.0", "1.1.0", "--json").stdout)
    assert [side["version"] for side in found["versions"]] == ["1.0.0", "1.1.0"]
    assert run("compare", "churn", "1.0.0").exit_code == 2


def test_what_ran_then_and_what_a_stamp_leads_back_to(served: Served, run: Command) -> None:
    served.released("2.0.0", "cd" * 32)
    done = json.loads(
        run("record-deployment", "churn", "2.0.0", "--to", "staging", "--json").stdout
    )
    at = done["recorded_at"]
    then = ("at", "churn", "--env", "staging", "--time")
    told = run(*then, at)
    assert told.exit_code == 0, told.output
    assert f"churn 2.0.0 ran in staging at {at}" in told.stdout
    assert done["stamp"] in told.stdout
    assert run(*then, "2020-01-01").exit_code == 1
    assert run(*then, "soon").exit_code == 2
    traced = run("trace", done["stamp"])
    assert "data: customers 2026.02 (personal)" in traced.stdout
    assert "approved by" in traced.stdout
    by_time = run("trace", "--model", "churn", "--env", "staging", "--time", at)
    assert by_time.stdout == traced.stdout
    assert run("trace").exit_code == 2
    assert run("trace", "--model", "churn", "--env", "staging", "--time", "2020").exit_code == 2
