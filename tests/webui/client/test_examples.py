"""The examples run as they are, against a server on a loopback address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tools.dvc import dvc

if TYPE_CHECKING:
    from tests.webui.client.conftest import Served

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A PATH with `counterseal` of this tree and `dvc`, whatever is installed beside."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "counterseal"
    command.write_text(f"#!{sys.executable}\nfrom webui.cli.main import main\nmain()\n")
    command.chmod(0o755)
    (folder / "dvc").symlink_to(dvc())
    return f"{folder}:{os.environ['PATH']}"


def run(served: Served, programs: str, script: str, *words: str) -> str:
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("COUNTERSEAL_")},
        "PATH": programs,
        "PYTHONPATH": str(EXAMPLES.parent),
        "COUNTERSEAL_URL": served.url,
        "COUNTERSEAL_TOKEN": served.pipeline,
    }
    done = subprocess.run(
        [str(EXAMPLES / script), *words],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_repository_is_captured(served: Served, programs: str) -> None:
    said = run(served, programs, "capture/run.sh")
    assert '"repository": "https://git.example.org/ml/churn.git"' in said
    assert '"dirty": false' in said


def test_a_tag_is_told_moved_and_found(served: Served, programs: str) -> None:
    said = run(served, programs, "gto/run.sh", "example")
    assert "churn@v1.0.0: version created" in said
    assert "DENIED: churn@v1.0.0: the tag was moved" in said


def test_a_cluster_asks(served: Served, programs: str) -> None:
    refused = json.loads(run(served, programs, "kubernetes/run.sh"))["response"]
    assert (refused["allowed"], refused["status"]["code"]) == (False, 503)
    served.released("1.0.0")
    assert json.loads(run(served, programs, "kubernetes/run.sh"))["response"]["allowed"] is True


def test_every_script_is_in_the_readme_and_run_here() -> None:
    scripts = {str(one.relative_to(EXAMPLES)) for one in EXAMPLES.glob("*/*.sh")}
    said = (EXAMPLES / "README.md").read_text()
    here = Path(__file__).read_text()
    assert scripts
    assert all(f"`{one}`" in said and f'"{one}"' in here for one in scripts)
