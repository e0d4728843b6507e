"""What people put into their pipelines can be read by what reads pipelines, and starts fast."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from webui.cli.commands import COMMANDS
from webui.cli.main import main
from webui.client.commands.ci import TEMPLATES, template

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "platform", ["github", "gitlab", "azure", "kubernetes", "argo", "flux", "gto"]
)
def test_a_template_is_yaml_without_surprises(platform: str) -> None:
    documents = list(yaml.load_all(template(platform), Loader=yaml.SafeLoader))
    assert all(isinstance(document, dict) for document in documents)


def test_the_action_of_github_puts_no_input_into_a_script() -> None:
    """An input in a script is code: it goes through the environment."""
    action = yaml.load_all(template("github"), Loader=yaml.SafeLoader)
    (document,) = action
    for step in document["runs"]["steps"]:
        assert "${{" not in step["run"]
        checked = subprocess.run(["bash", "-n"], input=step["run"], text=True, check=False)
        assert checked.returncode == 0


def test_the_component_of_gitlab_names_an_audience() -> None:
    spec, jobs = yaml.load_all(template("gitlab"), Loader=yaml.SafeLoader)
    (job,) = jobs.values()
    assert job["id_tokens"]["COUNTERSEAL_ID_TOKEN"]["aud"]
    assert set(re.findall(r"inputs\.(\w+)", template("gitlab"))) <= set(spec["spec"]["inputs"])


def test_the_hook_and_the_pipeline_of_jenkins_hold_together() -> None:
    checked = subprocess.run(["sh", "-n"], input=template("pre-push"), text=True, check=False)
    assert checked.returncode == 0
    text = template("jenkins")
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("platform", sorted(TEMPLATES))
def test_every_command_in_a_template_is_one(platform: str) -> None:
    shown = CliRunner().invoke(main, ["ci", "show", platform])
    assert shown.output == template(platform)
    told = re.findall(r"^[^#/]*\bcounterseal ([a-z][a-z-]+)", template(platform), re.MULTILINE)
    assert set(told) <= set(COMMANDS)


def test_a_pointer_in_the_models_place_stops_the_push(tmp_path: Path) -> None:
    hook = tmp_path / "pre-push"
    hook.write_text(template("pre-push"))
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 9\n"
    (tmp_path / "model.onnx").write_text(pointer)
    program = tmp_path / "counterseal"
    program.write_text(f"#!{sys.executable}\nfrom webui.cli.main import main\nmain()\n")
    program.chmod(0o755)

    def sh(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        return subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    sh("git", "init", "-q")
    sh(
        "git",
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.c",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
    )
    assert sh("./pre-push").returncode == 0
    sh("git", "config", "counterseal.model", "model.onnx")
    sh("git", "config", "counterseal.name", "churn")
    stopped = sh("./pre-push")
    assert stopped.returncode == 2
    assert "pointer of Git LFS" in stopped.stderr


def test_the_gate_loads_neither_the_server_nor_anything_heavy() -> None:
    program = (
        "import sys\n"
        "from webui.cli.main import main\n"
        "try:\n"
        "    main(['gate', 'churn', '1', '--to', 'production'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 2\n"
        "heavy = ('flask', 'sqlalchemy', 'pydantic', 'httpx', 'rich', 'yaml', 'policies',\n"
        "         'ledger.events', 'ledger.store', 'webui.wiring')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"COUNTERSEAL_URL": "http://127.0.0.1:1", "COUNTERSEAL_TOKEN": "cst_x"},
    )
    assert done.stdout == "[]\n"


def test_every_command_that_the_documents_tell_of_is_one() -> None:
    for name in ("docs/ci.md", "README.md"):
        text = (ROOT / name).read_text()
        told = re.findall(r"^(?:    )?counterseal ([a-z][a-z-]+)", text, re.MULTILINE)
        told += re.findall(r"`counterseal ([a-z][a-z-]+)", text)
        assert told
        assert set(told) <= set(COMMANDS)
