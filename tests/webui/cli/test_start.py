"""The command starts fast: what is heavy is imported when it is needed."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("flask", "sqlalchemy", "pydantic", "reportlab", "rich", "httpx", "cryptography", "sklearn")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from webui.cli.main import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_version_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from webui.cli.main import main; main()", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("counterseal 0.")


def test_an_unknown_command_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from webui.cli.main import main; main()", "verifi"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "No such command 'verifi'" in done.stderr
