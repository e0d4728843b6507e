"""The workshop of the demonstration: a git repository, a commit per version, and real training.

Rules:
- Every version has a commit and a tag of its own, and is trained by the script as it stands in that
  commit, in a process of its own, from a fresh checkout.
- A run is finished when its ``run.json`` is there. A finished run is never made again, so that a
  demonstration that was interrupted goes on with the same digests.
- git reads no configuration of the person who runs this, and runs no hooks.

One process at a time may use a workshop.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ledger.errors import OutsideError

if TYPE_CHECKING:
    from webui.demo.recipes import Recipe

SCRIPT: Final = "train.py"
_GIT: Final = (
    "git",
    "-c",
    "user.name=demo",
    "-c",
    "user.email=demo@example.invalid",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "tag.gpgsign=false",
    "-c",
    f"core.hooksPath={os.devnull}",
)


@dataclass(frozen=True)
class Run:
    """A trained version: the commit it was built from, its files, and what ``run.json`` says."""

    recipe: Recipe
    commit: str
    folder: Path
    said: dict[str, Any]

    @property
    def sha256(self) -> str:
        """The digest of the trained model's file."""
        return str(self.said["artifact"]["sha256"])

    def metric(self, name: str, part: Literal["metrics", "field_metrics"] = "metrics") -> str:
        """One metric, on the held-out part or in the field, as decimal text."""
        return next(str(item["value"]) for item in self.said[part] if item["name"] == name)


class Workshop:
    """The folder ``repository`` under version control, and ``runs`` with what came out of it."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "repository"
        self.runs = folder / "runs"

    def open(self) -> None:
        """Make the repository where it is not there yet.

        Raises:
            OutsideError: git or scikit-learn is not installed, or the folder can't be written.
        """
        _check_installed()
        try:
            self.repository.mkdir(parents=True, exist_ok=True)
            self.runs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutsideError(
                f"The demonstration's folder can't be written: {error.strerror}.",
                code="home-unwritable",
                remedy="Name another home with --home.",
            ) from error
        self._git("init", "--quiet", "--initial-branch=main")
        (self.repository / ".git" / "index.lock").unlink(missing_ok=True)

    def commit(self, recipe: Recipe) -> str:
        """The commit of a version, made and tagged where it is not there yet."""
        found = self._git("tag", "--list", recipe.tag)
        if not found.strip():
            script = resources.files("webui.demo") / "workshop" / SCRIPT
            (self.repository / SCRIPT).write_bytes(script.read_bytes())
            params = json.dumps(recipe.params(), indent=1) + "\n"
            (self.repository / "params.json").write_text(params, encoding="ascii")
            self._git("add", SCRIPT, "params.json")
            message = f"{recipe.model} {recipe.version}: {recipe.message}"
            self._git("commit", "--quiet", "--allow-empty", "-m", message)
            self._git("tag", recipe.tag)
        return self._git("rev-parse", f"refs/tags/{recipe.tag}^{{commit}}").decode().strip()

    def train(self, recipe: Recipe, commit: str) -> Run:
        """The run of a version, trained where it is not there yet. Safe from several threads.

        Raises:
            OutsideError: the script failed.
        """
        folder = self.runs / recipe.model / recipe.version
        if not (folder / "run.json").exists():
            with tempfile.TemporaryDirectory(prefix="counterseal-") as checkout:
                self._check_out(commit, Path(checkout))
                _run_script(Path(checkout), folder)
        said = json.loads((folder / "run.json").read_text(encoding="ascii"))
        return Run(recipe, commit, folder, said)

    def _check_out(self, commit: str, where: Path) -> None:
        packed = self._git("archive", "--format=tar", commit)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(where, filter="data")

    def _git(self, *arguments: str) -> bytes:
        environment = {key: value for key, value in os.environ.items() if key[:4] != "GIT_"}
        done = subprocess.run(  # noqa: S603 (our own words; no shell)
            [*_GIT, *arguments],
            cwd=self.repository,
            env=environment | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise OutsideError(
                f"git {arguments[0]} failed: {_last_line(done.stderr)}", code="git-failed"
            )
        return done.stdout


def _check_installed() -> None:
    try:
        metadata.version("scikit-learn")
    except metadata.PackageNotFoundError:
        raise OutsideError(
            "The demonstration trains with scikit-learn, which is not installed.",
            code="scikit-learn-missing",
            remedy="Run pip install 'counterseal[demo]'.",
        ) from None
    try:
        subprocess.run(["git", "--version"], capture_output=True, check=True)  # noqa: S607 (git is found by PATH)
    except (OSError, subprocess.CalledProcessError):
        raise OutsideError(
            "The demonstration keeps its training script in git, which is not installed.",
            code="git-missing",
            remedy="On Debian and Ubuntu: apt-get install git.",
        ) from None


def _run_script(checkout: Path, folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 (our own script and folder; no shell)
        [sys.executable, SCRIPT, str(folder)],
        cwd=checkout,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise OutsideError(
            f"The training script failed: {_last_line(done.stderr)}", code="training-failed"
        )


def _last_line(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing."
