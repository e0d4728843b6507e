"""The one command that checks the project: ``python -m tests.check [static|fast|full|scan]``.

- ``static``: format, lint, import contracts, types; seconds.
- ``fast`` (the default): and the tests that need no browser, no PostgreSQL and no patience.
- ``full``: and every test, on two processes; a test that is skipped fails the run.
- ``scan``: bandit and detect-secrets over what is shipped, held against what was judged; a minute.

Stops at the first step that fails. The last line of a run with tests is pytest's own closing line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sysconfig.get_path("scripts"))


@dataclass(frozen=True)
class Step:
    """A named command, and what its environment has besides ours."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> int:
        """Run from the project's folder and say how long it took; returns the exit code."""
        print(f"-- {self.name}", flush=True)
        begun = time.perf_counter()
        code = subprocess.run(
            self.command,
            cwd=ROOT,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        if self.name != TESTS:
            verdict = f"failed with exit code {code}" if code else "passed"
            print(f"   {self.name} {verdict} in {time.perf_counter() - begun:.1f} s", flush=True)
        return code


TESTS = "tests"
PYTEST = (sys.executable, "-m", "pytest")
STATIC = (
    Step("format", (str(PROGRAMS / "ruff"), "format", "--check", ".")),
    Step("lint", (str(PROGRAMS / "ruff"), "check", ".")),
    Step("imports", (str(PROGRAMS / "lint-imports"),)),
    Step("types", (sys.executable, "-m", "mypy")),
)
FAST = Step(TESTS, (*PYTEST, "-m", "not browser and not postgres and not slow"))
FULL = Step(
    TESTS,
    (*PYTEST, "-n", "2", "--dist", "worksteal", "--durations", "10"),
    {"COUNTERSEAL_NO_SKIPS": "1"},
)
SCAN = Step("scan", (sys.executable, "-m", "tests.tools.scanners"))
RUNS = {"static": STATIC, "fast": (*STATIC, FAST), "full": (*STATIC, FULL), "scan": (SCAN,)}


def main(arguments: list[str]) -> int:
    """Run the steps of the named run; the exit code is that of the step that failed."""
    steps = RUNS.get(arguments[0] if arguments else "fast")
    if steps is None or len(arguments) > 1:
        print(f"usage: python -m tests.check [{'|'.join(RUNS)}]", file=sys.stderr)
        return 2
    for step in steps:
        if code := step.run():
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
