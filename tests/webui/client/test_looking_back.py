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
