"""Where the guard lies: chosen at init, refused where it guards nothing, warned of by verify."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.object_store import ObjectStore
    from tests.webui.cli.conftest import Run


def test_init_refuses_a_guard_in_the_ledgers_own_file(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSEAL_GUARD_URL", f"sqlite:///{home / 'ledger.db'}")
    told = run("init")
    assert told.exit_code == 2
    assert "The guard is in the ledger's own database" in told.stderr
    assert "COUNTERSEAL_GUARD_URL" in told.stderr
    # Nothing is there that would be in the way of the next try.
    monkeypatch.delenv("COUNTERSEAL_GUARD_URL")
    assert run("init").exit_code == 0


def test_init_refuses_a_guard_that_is_out_of_reach(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSEAL_GUARD_URL", (tmp_path / "no" / "disk").as_uri())
    told = run("init")
    assert told.exit_code == 4
    assert "The guard can't be reached" in told.stderr
    (tmp_path / "no").mkdir()
    assert run("init").exit_code == 0


def test_verify_warns_of_a_guard_in_the_ledgers_own_file(
    installed: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "WARNING" not in installed("verify").stdout
    monkeypatch.setenv("COUNTERSEAL_GUARD_URL", f"sqlite:///{home / 'ledger.db'}")
    assert installed("log", "begin-guard").exit_code == 0
    told = installed("verify")
    assert told.exit_code == 0
    assert "WARNING: The guard is in the ledger's own database" in told.stdout
    warnings = json.loads(installed("verify", "--json").stdout)["warnings"]
    assert len(warnings) == 1


@pytest.mark.parametrize("where", ["folder", "objects"])
def test_a_guard_elsewhere_tells_an_older_copy(  # noqa: PLR0917
    run: Run,
    home: Path,
    tmp_path: Path,
    object_store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    url = (tmp_path / "elsewhere").as_uri() if where == "folder" else object_store.url("org/main")
    monkeypatch.setenv("COUNTERSEAL_GUARD_URL", url)
    told = run("init", "--origin", "example.org/models")
    assert told.exit_code == 0, told.stderr
    assert url.partition("?")[0] in told.stdout
    older = (home / "ledger.db").read_bytes()
    assert run("key", "rotate", "entries").exit_code == 0
    assert "verified" in run("verify").stdout
    (home / "ledger.db").write_bytes(older)
    told = run("verify")
    assert told.exit_code == 1
    assert "it is an older copy" in told.stdout


@pytest.mark.parametrize("use", ["entries", "checkpoints", "cosignatures"])
def test_a_key_that_was_replaced_in_what_is_missing_comes_back_with_it(
    installed: Run, home: Path, use: str
) -> None:
    older = (home / "ledger.db").read_bytes()
    assert installed("key", "rotate", use).exit_code == 0
    assert installed("key", "rotate", "admissions").exit_code == 0
    assert installed("log", "export", "copy").exit_code == 0
    (home / "ledger.db").write_bytes(older)
    stopped = installed("key", "rotate", use)
    assert (stopped.exit_code, "Traceback" in stopped.output) == (1, False)
    told = installed("log", "import", "copy")
    assert told.exit_code == 0, told.output
    assert "2 entries brought back" in told.stdout
    assert installed("key", "rotate", use).exit_code == 0
    assert installed("verify").exit_code == 0
