"""A log in a folder: whole, proved, resumable, and never mixed with another history."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger import export as export_module
from ledger.core.note import parse_vkey
from ledger.core.tiles import TileName, tiles_of
from ledger.errors import (
    ConflictError,
    ConsistencyError,
    IntegrityError,
    LedgerError,
    OutsideError,
    SignatureError,
    SourceError,
)
from ledger.export import export, read_signed
from ledger.mirror import DirectorySource
from ledger.published import LogSource
from ledger.source import entries
from tests.tools.house import person
from tests.tools.synthetic_log import made_entries, new_key, synthetic

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.house import House
    from tests.tools.synthetic_log import SyntheticLog

SIZES = (1, 2, 255, 256, 257, 511, 512, 1000)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def whole(log: SyntheticLog) -> dict[str, bytes]:
    """What the specification wants to stand at the size of a log."""
    size = len(log.entries)
    wanted = {"checkpoint": log.note}
    for name in tiles_of(size):
        wanted[name.path()] = log.tile(name.level or 0, name.index, name.width)
        if name.level == 0:
            bundle = TileName(None, name.index, name.width)
            wanted[bundle.path()] = log.bundle(name.index, name.width)
    return wanted


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_is_exactly_what_the_specification_names(tmp_path: Path, size: int) -> None:
    log = synthetic(size)
    done = export(log, log.vkey, tmp_path / "new" / "copy")
    assert files(tmp_path / "new" / "copy") == whole(log)
    assert (done.size, done.before, done.kept, done.removed) == (size, 0, 0, 0)
    assert done.written == len(whole(log)) - 1


def test_a_tree_of_seventy_thousand_has_the_tiles_that_the_specification_counts() -> None:
    names = list(tiles_of(70_000))
    assert sum(1 for name in names if name.level == 0 and name.width == 256) == 273
    partial = [(name.level, name.index, name.width) for name in names if name.width < 256]
    assert partial == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert [name for name in names if name.level == 1 and name.width == 256] == [TileName(1, 0)]


@pytest.mark.parametrize(
    ("first", "then"), [(1, 2), (200, 256), (255, 257), (256, 300), (300, 1000)]
)
def test_a_copy_grows_by_what_is_new(tmp_path: Path, first: int, then: int) -> None:
    small = synthetic(first)
    export(small, small.vkey, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    large = small.grown(then)
    done = export(large, large.vkey, tmp_path)
    read = {name for name in large.asked if "entries" in name}
    assert done.before == first
    assert whole(large).items() <= files(tmp_path).items()
    for path, moment in before.items():
        if path.name != "checkpoint" and path.exists():
            assert path.stat().st_mtime_ns == moment, "what stood was written again"
    # Bundles before the old edge are not even read.
    wanted = {
        TileName(None, index, min(256, then - 256 * index)).path()
        for index in range(first // 256, -(-then // 256))
    }
    assert read == wanted


def test_partial_tiles_go_once_the_full_one_stands(tmp_path: Path) -> None:
    log = synthetic(100)
    for size in (100, 150, 256):
        log = log.grown(size)
        done = export(log, log.vkey, tmp_path)
        if size == 150:
            assert done.removed == 0
            assert {"tile/0/000.p/100", "tile/0/000.p/150"} <= set(files(tmp_path))
    assert done.removed == 4
    assert files(tmp_path) == whole(log)
    assert list(tmp_path.rglob("*.p")) == [tmp_path / "tile" / "1" / "000.p"]


def test_a_second_export_changes_nothing(tmp_path: Path) -> None:
    log = synthetic(300)
    export(log, log.vkey, tmp_path)
    before = files(tmp_path)
    done = export(log, log.vkey, tmp_path)
    assert (done.written, done.before) == (0, 300)
    assert files(tmp_path) == before


def test_a_newer_note_over_the_same_tree_replaces_the_checkpoint(tmp_path: Path) -> None:
    log = synthetic(5)
    export(log, log.vkey, tmp_path)
    cosigned = log.note + b"\xe2\x80\x94 witness.example AAAAAQID\n"
    export(replace_note(log, cosigned), log.vkey, tmp_path)
    assert DirectorySource(tmp_path).checkpoint() == cosigned


def replace_note(log: SyntheticLog, note: bytes) -> SyntheticLog:
    made = replace(log)
    made.note = note
    return made


@pytest.mark.parametrize("stop_after", range(0, 20, 3))
def test_an_interrupted_export_is_finished_by_the_next(
    tmp_path: Path, stop_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends at some flush to the disk; a reader sees the old copy or the new one."""
    small = synthetic(300)
    export(small, small.vkey, tmp_path)
    large = small.grown(1300)
    left = stop_after
    genuine = os.fsync

    def failing(handle: int) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        genuine(handle)

    with monkeypatch.context() as patched:
        patched.setattr(export_module.os, "fsync", failing)
        with pytest.raises(KeyboardInterrupt):
            export(large, large.vkey, tmp_path)
    copy = DirectorySource(tmp_path)
    seen = read_signed(copy.checkpoint(), [small.vkey])
    assert seen.size in {300, 1300}
    assert list(entries(copy, 0, seen.size)) == large.entries[: seen.size]
    done = export(large, large.vkey, tmp_path)
    assert done.size == 1300
    assert whole(large).items() <= files(tmp_path).items()
    assert list(tmp_path.rglob("*.new")) == []


def test_a_first_export_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    log = synthetic(600)
    export(log, log.vkey, tmp_path)
    (tmp_path / "checkpoint").unlink()
    (tmp_path / "tile" / "0" / "001").unlink()
    done = export(log, log.vkey, tmp_path)
    assert done.written == 1
    assert files(tmp_path) == whole(log)


def refused(log: SyntheticLog, folder: Path, kind: type[LedgerError]) -> str:
    """The code of the refusal, which changes nothing in the folder."""
    before = files(folder)
    with pytest.raises(kind) as caught:
        export(log, log.vkey, folder)
    assert files(folder) == before
    return caught.value.code


@pytest.mark.parametrize("size", [5, 256, 300, 600])
def test_a_folder_of_another_history_is_refused(tmp_path: Path, size: int) -> None:
    log = synthetic(size)
    export(log, log.vkey, tmp_path)
    forked = replace(log, entries=[*log.entries[:-1], b"another", *made_entries(size, size + 300)])
    assert refused(forked, tmp_path, ConsistencyError) == "export-other-history"


def test_tiles_of_another_history_are_refused_where_no_checkpoint_stands(tmp_path: Path) -> None:
    log = synthetic(300)
    export(log, log.vkey, tmp_path)
    (tmp_path / "checkpoint").unlink()
    forked = replace(log, entries=[b"another", *log.entries[1:]])
    assert refused(forked, tmp_path, ConsistencyError) == "export-other-history"


def test_a_folder_that_is_ahead_is_refused(tmp_path: Path) -> None:
    log = synthetic(10)
    export(log, log.vkey, tmp_path)
    assert refused(replace(log, entries=log.entries[:9]), tmp_path, ConsistencyError) == (
        "export-ahead"
    )


def test_a_folder_of_another_log_is_refused(tmp_path: Path) -> None:
    log = synthetic(10)
    export(log, log.vkey, tmp_path)
    for other in (replace(log, origin="other.example/log"), replace(log, key=new_key())):
        assert refused(other, tmp_path, ConflictError) == "export-other-log"


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert refused(synthetic(3), tmp_path, ConflictError) == "export-not-empty"


def test_a_copy_whose_own_tiles_are_damaged_is_not_built_upon(tmp_path: Path) -> None:
    log = synthetic(600)
    export(log, log.vkey, tmp_path)
    tile = tmp_path / "tile" / "1" / "000.p" / "2"
    tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
    assert refused(log.grown(700), tmp_path, SourceError) == "source-malformed"


@pytest.mark.parametrize("number", [0, 255, 256, 299])
def test_an_entry_that_was_changed_is_named_and_nothing_is_written(
    tmp_path: Path, number: int
) -> None:
    log = synthetic(300)
    log.entries[number] += b" "
    with pytest.raises(IntegrityError) as caught:
        export(log, log.vkey, tmp_path)
    assert caught.value.code == "export-unproved"
    assert caught.value.numbers["sequence"] == number
    assert files(tmp_path) == {}


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
def test_a_tile_that_was_changed_is_not_published(tmp_path: Path, path: str) -> None:
    log = synthetic(300)
    log.tiles[path] = log.tiles[path][:-1] + bytes([log.tiles[path][-1] ^ 1])
    with pytest.raises(IntegrityError) as caught:
        export(log, log.vkey, tmp_path)
    assert caught.value.code == "export-unproved"
    assert files(tmp_path) == {}


def test_an_entry_changed_together_with_its_tiles_is_not_published(tmp_path: Path) -> None:
    log = synthetic(300)
    changed = replace(log, entries=[*log.entries[:7], b"changed", *log.entries[8:]])
    changed.note = log.note
    with pytest.raises(IntegrityError) as caught:
        export(changed, log.vkey, tmp_path)
    assert caught.value.code == "export-unproved"
    assert files(tmp_path) == {}


def test_a_checkpoint_that_the_log_did_not_sign_is_not_published(tmp_path: Path) -> None:
    log = synthetic(3)
    log.note = log.note.replace(b"\n3\n", b"\n4\n")
    with pytest.raises(SignatureError):
        export(log, log.vkey, tmp_path)
    assert files(tmp_path) == {}


def test_two_exports_do_not_write_one_folder_at_once(tmp_path: Path) -> None:
    log = synthetic(300)
    begun, go_on = threading.Event(), threading.Event()

    def wait(step: str, done: int, total: int) -> None:
        begun.set()
        assert go_on.wait(20)

    first = threading.Thread(target=export, args=(log, log.vkey, tmp_path, wait))
    first.start()
    assert begun.wait(20)
    with pytest.raises(ConflictError) as caught:
        export(log, log.vkey, tmp_path)
    go_on.set()
    first.join(20)
    assert caught.value.code == "export-running"
    assert files(tmp_path) == whole(log)


def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideError) as caught:
        export(synthetic(1), synthetic(1).vkey, tmp_path / "file" / "copy")
    assert caught.value.code == "export-unwritable"


def test_a_copy_can_be_copied(tmp_path: Path) -> None:
    log = synthetic(600)
    export(log, log.vkey, tmp_path / "one")
    export(DirectorySource(tmp_path / "one"), log.vkey, tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_progress_is_told_for_both_steps(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    log = synthetic(300)
    export(log, log.vkey, tmp_path, lambda *step: told.append(step))
    assert told == [
        ("proved", 256, 300), ("proved", 300, 300), ("written", 256, 300), ("written", 300, 300),
    ]  # fmt: skip


def test_a_living_log_is_exported_as_it_grows(house: House, tmp_path: Path) -> None:
    key = parse_vkey(house.log.vkey)
    source = LogSource(house.log)
    for size in (3, 5):
        house.submit(person(), f"a{size}")
        if size == 5:
            house.submit(person(), "b")
        done = export(source, key, tmp_path / "copy")
        assert done.size == size
    copy = DirectorySource(tmp_path / "copy")
    stored = [row.envelope for row in house.log.stored()]
    assert list(entries(copy, 0, 5)) == stored
    assert copy.checkpoint() == house.log.published()
