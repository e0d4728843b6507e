"""A bundle is verified by its own program alone, and no byte of what it proves can be changed."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from ledger.bundle import make_bundle
from ledger.errors import UnknownSubjectError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.house import House


def run(bundle: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The bundle's own verify.py, in a Python that sees nothing of this project."""
    folder = bundle.with_suffix(".d")
    if not folder.exists():
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(folder)
    command = [sys.executable, "-I", str(folder / "verify.py"), str(bundle), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


@pytest.fixture
def bundle(sqlite_house: House, tmp_path: Path) -> Path:
    sqlite_house.fill()
    path = tmp_path / "evidence.zip"
    path.write_bytes(make_bundle(sqlite_house.log, [3, 4, 6], {}))
    return path


def rewritten(bundle: Path, name: str, data: bytes | None) -> Path:
    """A copy of a bundle in which one file is other bytes, or gone."""
    path = bundle.with_name(f"altered-{bundle.stem}.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.infolist():
            if item.filename != name:
                new.writestr(item, old.read(item))
            elif data is not None:
                new.writestr(item, data)
    return path


def test_a_bundle_verifies_with_the_key_from_elsewhere(sqlite_house: House, bundle: Path) -> None:
    done = run(bundle, "--vkey", sqlite_house.log.vkey)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("verified\n")
    for number in (0, 3, 4, 6):
        assert f"entry         {number}, " in done.stdout


def test_without_a_key_from_elsewhere_it_warns(bundle: Path) -> None:
    done = run(bundle)
    assert done.returncode == 0
    assert "WARNING: no --vkey was given" in done.stdout


def test_another_logs_key_does_not_verify(bundle: Path) -> None:
    other = "elsewhere.example+d41a3c1e+AUs9IQkKZqxLraOY0CaZJJrcZH+fJHH53JuwYy/cmIk2"
    done = run(bundle, "--vkey", other)
    assert done.returncode == 1
    assert "NOT VERIFIED" in done.stdout


def test_the_same_entries_give_the_same_bytes(sqlite_house: House) -> None:
    sqlite_house.fill()
    log = sqlite_house.log
    assert make_bundle(log, [4, 3], {}) == make_bundle(log, [3, 4], {})


def test_an_entry_that_is_not_there_is_named(sqlite_house: House) -> None:
    sqlite_house.fill()
    with pytest.raises(UnknownSubjectError):
        make_bundle(sqlite_house.log, [999], {})


def test_every_changed_entry_proof_and_checkpoint_is_noticed(
    sqlite_house: House, bundle: Path
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        files = {item.filename: archive.read(item) for item in archive.infolist()}
    for name, data in files.items():
        if not name.startswith(("entries/", "checkpoint")):
            continue
        for place in range(11, len(data), max(1, len(data) // 6)):
            changed = bytes([data[place] ^ 1])
            altered = rewritten(bundle, name, data[:place] + changed + data[place + 1 :])
            done = run(altered, "--vkey", sqlite_house.log.vkey)
            assert done.returncode == 1, (name, place, done.stdout)
            assert "NOT VERIFIED" in done.stdout
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["checkpoint", "entries/0.json", "entries/3.tlog-proof"])
def test_a_missing_part_is_noticed(sqlite_house: House, bundle: Path, name: str) -> None:
    done = run(rewritten(bundle, name, None), "--vkey", sqlite_house.log.vkey)
    assert done.returncode == 1
    assert "NOT VERIFIED" in done.stdout


def test_two_entries_that_changed_places_are_noticed(sqlite_house: House, bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        third, fourth = archive.read("entries/3.json"), archive.read("entries/4.json")
    swapped = rewritten(rewritten(bundle, "entries/3.json", fourth), "entries/4.json", third)
    assert run(swapped, "--vkey", sqlite_house.log.vkey).returncode == 1


def test_a_document_must_be_named_by_an_entry(sqlite_house: House, tmp_path: Path) -> None:
    sqlite_house.fill()
    path = tmp_path / "stray.zip"
    path.write_bytes(make_bundle(sqlite_house.log, [3], {"stray.pdf": b"%PDF-1.7"}))
    done = run(path, "--vkey", sqlite_house.log.vkey)
    assert done.returncode == 1
    assert "no entry of the bundle names the SHA-256 of files/stray.pdf" in done.stdout


def test_what_is_no_bundle_can_not_be_tried(tmp_path: Path, bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        program = archive.read("verify.py")
    (tmp_path / "v.py").write_bytes(program)
    (tmp_path / "no.zip").write_bytes(io.BytesIO(b"no zip").getvalue())
    command = [sys.executable, "-I", str(tmp_path / "v.py"), str(tmp_path / "no.zip")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
