"""A ledger behind its guard gets its missing entries back from a copy, and from nothing else."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.bring_back import bring_back
from ledger.core.note import parse_vkey
from ledger.errors import ConflictError, IntegrityError, LedgerError
from ledger.export import export
from ledger.mirror import DirectorySource
from ledger.published import LogSource
from ledger.submit import Submitter
from tests.tools.approving import a_release_that_waits
from tests.tools.house import House, person

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log import Log


def exported(house: House, folder: Path) -> DirectorySource:
    export(LogSource(house.log), parse_vkey(house.log.vkey), folder, lambda *_: None)
    return DirectorySource(folder)


def put_back(house: House) -> Log:
    """Put yesterday's copy back, with today's guard."""
    house.submitter.close()
    house.log.engine.dispose()
    shutil.copy(house.folder / "yesterday.db", house.folder / "ledger.db")
    log = house.reopened()
    assert "older copy" in log.alarm
    return log


def grow(house: House, first: int, count: int) -> None:
    for number in range(first, first + count):
        house.submit(person(f"Person {number}"), f"key {number}")


@pytest.fixture
def lived(sqlite_house: House) -> House:
    sqlite_house.fill()
    shutil.copy(sqlite_house.folder / "ledger.db", sqlite_house.folder / "yesterday.db")
    grow(sqlite_house, 0, 600)
    return sqlite_house


def test_what_is_missing_comes_back_whole(lived: House, tmp_path: Path) -> None:
    source = exported(lived, tmp_path / "copy")
    size, root = lived.log.head().size, lived.log.head().root
    log = put_back(lived)
    done = bring_back(log, source, lambda *_: None)
    assert (done.size, done.root) == (size, root)
    assert done.before == 11
    assert done.texts_missing == 600
    assert log.alarm == ""
    found = audit(log)
    assert {problem.code for problem in found.problems} == {"vault-missing"}
    again = Submitter(log, lived.judge, now=lived.clock)
    with pytest.raises(ConflictError):
        again.submit(lived.service, person("Somebody else"), "key 5")
    assert again.submit(lived.service, person("New")).sequence == size
    again.close()
    log.engine.dispose()
    log.guard.close()


def test_it_can_be_interrupted_and_run_again(lived: House, tmp_path: Path) -> None:
    source = exported(lived, tmp_path / "copy")
    log = put_back(lived)

    def stop(step: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_back(log, source, stop)
    assert 11 < log.head().size < 611
    assert bring_back(log, source, lambda *_: None).size == 611
    assert {problem.code for problem in audit(log).problems} == {"vault-missing"}
    log.engine.dispose()
    log.guard.close()


def test_a_copy_that_ends_before_the_promise_is_refused(lived: House, tmp_path: Path) -> None:
    source = exported(lived, tmp_path / "copy")
    grow(lived, 600, 1)
    log = put_back(lived)
    with pytest.raises(IntegrityError) as refused:
        bring_back(log, source, lambda *_: None)
    assert refused.value.code == "copy-too-short"
    assert log.alarm
    log.engine.dispose()
    log.guard.close()


def test_a_copy_of_another_history_is_refused(lived: House, tmp_path: Path) -> None:
    """Forged with the log's own keys from yesterday on: not what the guard was promised."""
    shutil.copy(lived.folder / "guard.db", lived.folder / "true-guard.db")
    lived.submitter.close()
    lived.log.engine.dispose()
    lived.log.guard.close()
    shutil.copy(lived.folder / "yesterday.db", lived.folder / "ledger.db")
    (lived.folder / "guard.db").unlink()
    forked = lived.reopened()
    forked.begin_guard()
    forked.alarm = ""
    door = Submitter(forked, lived.judge, now=lived.clock)
    for number in range(700):
        door.submit(lived.service, person(f"Forged {number}"))
    door.close()
    export(LogSource(forked), parse_vkey(forked.vkey), tmp_path / "forged", lambda *_: None)
    forked.engine.dispose()
    forked.guard.close()
    shutil.copy(lived.folder / "true-guard.db", lived.folder / "guard.db")
    log = put_back(lived)
    with pytest.raises(IntegrityError) as refused:
        bring_back(log, DirectorySource(tmp_path / "forged"), lambda *_: None)
    assert refused.value.code == "other-history"
    assert log.head().size == 11
    log.engine.dispose()
    log.guard.close()


def test_a_damaged_copy_stores_nothing_of_the_damaged_batch(lived: House, tmp_path: Path) -> None:
    source = exported(lived, tmp_path / "copy")
    file = tmp_path / "copy" / "tile" / "entries" / "000"
    data = bytearray(file.read_bytes())
    data[-40] ^= 1
    file.write_bytes(bytes(data))
    log = put_back(lived)
    with pytest.raises(LedgerError):
        bring_back(log, source, lambda *_: None)
    assert log.head().size == 11
    log.engine.dispose()
    log.guard.close()


def test_approvals_that_passkeys_signed_on_earlier_heads_come_back(
    sqlite_house: House, tmp_path: Path
) -> None:
    house = sqlite_house
    waiting = a_release_that_waits(house)
    said = waiting.statement()
    shutil.copy(house.folder / "ledger.db", house.folder / "yesterday.db")
    grow(house, 0, 520)
    number = waiting.submit(said, waiting.passkey.approve(said, waiting.enrolled)).sequence
    assert said.head.size < number - 512
    source = exported(house, tmp_path / "copy")
    log = put_back(house)
    assert bring_back(log, source, lambda *_: None).size == number + 1
    assert {one.code for one in audit(log).problems} == {"vault-missing"}
    log.engine.dispose()
    log.guard.close()
