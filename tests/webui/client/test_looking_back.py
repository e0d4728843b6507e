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


def test_lineage_impact_and_recall(served: Served, run: Command) -> None:
    served.registered("3.0.0", "ef" * 32)
    told = run("lineage", "version:churn@3.0.0", "--direction", "up")
    assert told.exit_code == 0, told.output
    assert "data:customers@2026.02 -> version:churn@3.0.0 (trained on)" in told.stdout
    assert "weak: unsigned commit" in told.stdout
    assert "versions descend from data:customers" in run("impact", "data:customers").stdout
    why = ("--cause", "quality", "--reason", "It is wrong")
    assert run("recall", "data:elsewhere", *why).exit_code == 3
    assert run("recall", "nonsense", *why).exit_code == 2
    assert run("impact", "nonsense").exit_code == 2
    officer = served.company.officer.secret
    done = run("recall", "data:elsewhere@1", *why, "--json", COUNTERSEAL_TOKEN=officer)
    assert done.exit_code == 0, done.output
    number = str(json.loads(done.stdout)["entry"])
    lifted = run("lift-recall", number, "--reason", "Mine", COUNTERSEAL_TOKEN=officer)
    assert lifted.exit_code == 3, "nobody lifts an own recall"


def test_a_version_is_exported(served: Served, run: Command, tmp_path: Path) -> None:
    served.registered("5.0.0", "5f" * 32)
    told = run("export", "churn", "5.0.0", "--as", "cyclonedx")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["specVersion"] == "1.7"
    file = tmp_path / "card.md"
    assert run("export", "churn", "5.0.0", "--as", "card", "-o", str(file)).exit_code == 0
    assert file.read_text().startswith("---\nmodel_name:")
    assert run("export", "churn", "9.9.9", "--as", "card").exit_code == 2


def test_a_version_is_retired_by_command(served: Served, run: Command) -> None:
    served.registered("6.0.0", "6a" * 32)
    lead = {"COUNTERSEAL_TOKEN": served.company.lead.secret}
    of = ("churn", "6.0.0")
    words = ("--cause", "quality", "--on", "2030-01-01", "--reason", "It is worse")
    assert run("deprecate", *of, *words, **lead).exit_code == 0
    told = run("deprecations")
    assert told.exit_code == 0, told.output
    assert "2030-01-01" in told.stdout
    assert "churn 6.0.0, runs nowhere" in told.stdout
    assert run("acknowledge", *of).exit_code == 3
    assert run("acknowledge", *of, "--note", "Gone by May", **lead).exit_code == 0
    assert run("archive", *of, **lead).exit_code == 0
    assert "6.0.0 (archived)" in run("obsolete").stdout


def test_the_next_version_is_suggested(served: Served, run: Command, tmp_path: Path) -> None:
    from tests.webui.api.company import a_version

    served.registered("7.0.0", "7a" * 32)
    assert run("next-version", "churn").stdout == "7.0.1\n"
    (tmp_path / "planned.json").write_text(json.dumps({**a_version(), "licence": "MIT"}))
    told = run("next-version", "churn", "--planned", str(tmp_path / "planned.json"))
    assert told.stdout == "8.0.0\n", told.output
    assert "licence" in told.stderr
