"""An audit goes on where the last one ended, reads copies, and says what still stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit, audit_copy
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.merkle import leaf_hash, root_of
from ledger.core.note import parse_note, parse_vkey
from ledger.core.tiles import TileName
from ledger.core.treewalk import TreeWalk
from ledger.export import export
from ledger.mirror import DirectorySource
from ledger.published import LogSource
from tests.tools.house import a_model, a_version, person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.house import House


def tree_of(house: House) -> Checkpoint:
    return parse_checkpoint(parse_note(house.log.head().checkpoint).text)


def grow(house: House, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        house.submit(person(f"Person {number}"))


def codes(found: object) -> set[str]:
    return {problem.code for problem in found.problems}


def test_an_audit_goes_on_behind_a_checkpoint_that_was_kept(house: House) -> None:
    grow(house, 20)
    kept = tree_of(house)
    grow(house, 15, 20)
    found = audit(house.log, since=kept)
    assert found.sound, found.problems
    assert (found.since, found.counts.entries) == (kept.size, found.size - kept.size)
    assert found.trusted_size == found.size
    assert found.skipped == ["the registry, which only a full run rebuilds"]


@pytest.mark.parametrize("size", [255, 256, 257, 300])
def test_it_goes_on_at_the_edges_of_tiles(sqlite_house: House, size: int) -> None:
    grow(sqlite_house, size - sqlite_house.log.head().size)
    kept = tree_of(sqlite_house)
    assert kept.size == size
    grow(sqlite_house, 5, 1000)
    found = audit(sqlite_house.log, since=kept)
    assert found.sound, found.problems


def test_a_kept_checkpoint_of_another_history_is_told(house: House) -> None:
    grow(house, 5)
    kept = tree_of(house)
    grow(house, 5, 5)
    other = Checkpoint(kept.origin, kept.size, b"\x01" * 32)
    assert codes(audit(house.log, since=other)) == {"not-a-continuation"}
    longer = Checkpoint(kept.origin, kept.size + 1000, kept.root)
    found = audit(house.log, since=longer)
    assert "it is an older copy" in found.problems[0].sentence
    elsewhere = Checkpoint("other.example/log", kept.size, kept.root)
    assert codes(audit(house.log, since=elsewhere)) == {"not-a-continuation"}


def test_a_tree_only_audit_reads_no_statement_and_checks_every_hash(house: House) -> None:
    grow(house, 300)
    found = audit(house.log, tree_only=True)
    assert found.sound, found.problems
    assert (found.counts.entries, found.counts.signatures) == (found.size, 0)
    assert found.counts.tiles == found.size // 256


def test_signatures_are_checked_in_processes_too(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.audit import signatures

    grow(sqlite_house, 10)
    monkeypatch.setattr(signatures, "WORTH_PROCESSES", 1)
    found = audit(sqlite_house.log, workers=2)
    assert found.sound, found.problems
    assert found.counts.signatures == found.size


def test_a_copy_verifies_and_names_what_it_can_not_say(house: House, tmp_path: Path) -> None:
    house.fill()
    grow(house, 300)
    vkey = parse_vkey(house.log.vkey)
    export(LogSource(house.log), vkey, tmp_path / "copy", lambda *_: None)
    found = audit_copy(DirectorySource(tmp_path / "copy"), [vkey])
    assert found.sound, found.problems
    assert found.counts.entries == found.counts.signatures == house.log.head().size
    assert any("vault" in what for what in found.skipped)
    unpinned = audit_copy(DirectorySource(tmp_path / "copy"), [])
    assert any("no verifier key was given" in what for what in unpinned.skipped)


def test_a_copy_that_is_not_a_continuation_is_told(house: House, tmp_path: Path) -> None:
    grow(house, 30)
    vkey = parse_vkey(house.log.vkey)
    old = tree_of(house)
    export(LogSource(house.log), vkey, tmp_path / "copy", lambda *_: None)
    grow(house, 5, 30)
    source = DirectorySource(tmp_path / "copy")
    assert audit_copy(source, [vkey], since=old).sound
    forked = Checkpoint(old.origin, old.size - 3, b"\x02" * 32)
    assert codes(audit_copy(source, [vkey], since=forked)) == {"not-a-continuation"}
    assert codes(audit_copy(source, [vkey], since=tree_of(house))) == {"not-a-continuation"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (TileName(0, 0, 256), "tile-wrong"),
        (TileName(1, 0, 1), "tile-wrong"),
        (TileName(None, 0, 256), "root-mismatch"),
        (TileName(None, 1, 44), "root-mismatch"),
    ],
)
def test_a_changed_file_of_a_copy_is_named(
    sqlite_house: House, tmp_path: Path, name: TileName, code: str
) -> None:
    grow(sqlite_house, 300 - sqlite_house.log.head().size)
    vkey = parse_vkey(sqlite_house.log.vkey)
    export(LogSource(sqlite_house.log), vkey, tmp_path / "copy", lambda *_: None)
    file = tmp_path / "copy" / name.path()
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(bytes(data))
    found = audit_copy(DirectorySource(tmp_path / "copy"), [vkey])
    assert code in codes(found)
    assert found.trusted_size == 0


def test_what_lies_before_the_damage_still_stands(sqlite_house: House) -> None:
    house = sqlite_house
    ana = person()
    house.submit(ana)
    house.submit(a_model(ana.actor_id))
    house.submit(a_version())
    grow(house, 5)
    with house.log.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER entry_refuses_update")
        connection.exec_driver_sql(
            'UPDATE entry SET envelope = replace(envelope, \'"sig":"\', \'"sig":"A\') '
            "WHERE sequence = 6"
        )
    found = audit(house.log)
    assert not found.sound
    assert found.trusted_size == 6
    assert found.first_wrong == 6


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 1000, 65_536, 66_000])
def test_a_walked_tree_has_the_root_tiles_and_edges_of_the_plain_one(size: int) -> None:
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]
    tiles: dict[tuple[int, int], bytes] = {}
    walk = TreeWalk(lambda level, index, hashes, _: tiles.__setitem__((level, index), hashes))
    for start in range(0, size, 700):
        walk.extend(leaves[start : start + 700])
    assert (walk.size, walk.root()) == (size, root_of(leaves))
    edges = {(level, index): hashes for level, index, hashes in walk.edges()}
    whole = {**tiles, **edges}
    again = TreeWalk(lambda *_: None)
    again.resume(size, lambda level, index, width: whole[level, index][: width * 32])
    assert again.frontier() == walk.frontier()
    again.extend([leaf_hash(b"one more")])
    walk.extend([leaf_hash(b"one more")])
    assert again.root() == walk.root()
