"""A disk that is full, read-only or fails to sync: a clear error, nothing lost, and on it goes."""

from __future__ import annotations

import json
import os
import pwd
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from ledger.audit import audit
from ledger.batch import Asked
from ledger.errors import InDoubtError, OutsideError
from ledger.store import database
from ledger.store.database import writing
from ledger.submit import Submitter
from tests import setup_tools
from tests.tools.house import House, build, person
from tests.tools.postgresql import start_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

Ask = Callable[[str], dict[str, Any]]


def assert_whole(house: House, leaves: dict[int, str]) -> None:
    """The ledger verifies and holds what was acknowledged."""
    log = house.reopened()
    assert log.alarm == ""
    assert audit(log).problems == []
    for sequence, leaf in leaves.items():
        assert log.entry(sequence).leaf.hex() == leaf
    log.engine.dispose()
    log.guard.close()


@contextmanager
def asker(
    house: House, root: Path, words: tuple[str, ...] = (), **environment: str
) -> Iterator[Ask]:
    """A process of its own that is asked by key."""
    command = [*words, sys.executable, "-m", "tests.crash.asker", house.url, str(house.folder)]
    with subprocess.Popen(
        command,
        cwd=root,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        into, out = process.stdin, process.stdout

        def ask(key: str) -> dict[str, Any]:
            into.write(key + "\n")
            into.flush()
            answer: dict[str, Any] = json.loads(out.readline())
            return answer

        yield ask
        into.close()


@dataclass(frozen=True)
class Disk:
    """A disk that fails while the file ``fails`` exists, for programs started with ``words``."""

    library: Path
    fails: Path

    def words(self, by: str, of: str) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self.library),
            "DISK_FAILS_WHILE": str(self.fails),
            "DISK_FAILS_BY": by,
            "DISK_FAILS_OF": of,
        }


@pytest.fixture
def disk(pytestconfig: pytest.Config) -> Iterator[Disk]:
    """The library that makes calls of the kernel fail, compiled where every user may read it."""
    compiler = setup_tools.find(setup_tools.COMPILER)
    assert compiler is not None, setup_tools.sentence((setup_tools.COMPILER,))
    source = pytestconfig.rootpath / "tests" / "crash" / "failing_disk.c"
    with TemporaryDirectory(prefix="disk-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        made = place / "failing_disk.so"
        words = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"]
        subprocess.run(words, check=True)
        yield Disk(made, place / "fails")


@pytest.mark.parametrize("file", ["ledger.db", "ledger.db-journal"])
def test_a_disk_that_fails_to_sync_is_noticed_and_nothing_is_claimed(
    sqlite_house: House, disk: Disk, pytestconfig: pytest.Config, file: str
) -> None:
    house = sqlite_house
    house.log.engine.dispose()
    leaves: dict[int, str] = {}
    with asker(house, pytestconfig.rootpath, **disk.words("sync", file)) as ask:
        first = ask("a")
        leaves[first["sequence"]] = first["leaf"]
        disk.fails.touch()
        for key in ("b", "c"):
            refused = ask(key)
            assert refused["code"] in {"database-disk-failed", "commit-in-doubt"}, refused
        disk.fails.unlink()
        later = [ask(key) for key in ("b", "c", "d")]
        leaves |= {answer["sequence"]: answer["leaf"] for answer in later}
        assert ask("b")["sequence"] == later[0]["sequence"]
    assert sorted(leaves) == [2, 3, 4, 5]
    assert_whole(house, leaves)
    assert house.log.head().size == 6


def test_a_guard_whose_disk_fails_gives_no_receipt_until_it_is_back(
    sqlite_house: House, disk: Disk, pytestconfig: pytest.Config
) -> None:
    house = sqlite_house
    house.log.engine.dispose()
    with asker(house, pytestconfig.rootpath, **disk.words("sync", "guard.db")) as ask:
        assert ask("a")["sequence"] == 2
        disk.fails.touch()
        refused = ask("b")
        assert (refused["error"], refused["code"]) == ("InDoubtError", "guard-failed")
        assert ask("b")["code"] == "guard-failed"
        disk.fails.unlink()
        again = ask("b")
        assert (again["sequence"], again["replayed"]) == (3, True)
        assert ask("c")["sequence"] == 4
    assert_whole(house, {3: again["leaf"]})


def test_a_guard_that_is_locked_too_long_gives_no_receipt_and_no_alarm(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = sqlite_house
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    log = house.reopened()
    door = Submitter(log, house.judge, now=house.clock)
    event = person()
    with closing(sqlite3.connect(house.folder / "guard.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InDoubtError) as refused:
            door.submit(house.service, event, "k")
        other.execute("ROLLBACK")
    assert refused.value.code == "guard-failed"
    assert log.alarm == ""
    receipt = door.submit(house.service, event, "k")
    assert (receipt.sequence, receipt.replayed) == (2, True)
    assert door.submit(house.service, person()).sequence == 3
    door.close()
    log.engine.dispose()
    log.guard.close()
    assert_whole(house, {2: receipt.leaf_hash.hex()})


def limit_pages(house: House, pages: list[int]) -> None:
    """Let the database hold at most ``pages[0]`` more pages, as a full disk would; 0 is no limit."""

    def limit(connection: Any) -> None:
        count = connection.exec_driver_sql("PRAGMA page_count").scalar()
        most = count + pages[0] if pages[0] else 2**30
        connection.exec_driver_sql(f"PRAGMA max_page_count={most}")

    sqlalchemy_event.listen(house.log.engine, "begin", limit, insert=True)


def test_a_full_database_refuses_and_takes_again_when_there_is_room(sqlite_house: House) -> None:
    house = sqlite_house
    house.submit(person(), "a")
    pages = [1]
    limit_pages(house, pages)
    events = [person(f"P{number}" * 60) for number in range(50)]
    with pytest.raises(OutsideError) as full:
        house.submitter.submit_batch(house.service, [Asked(event) for event in events])
    assert full.value.code == "database-full"
    assert "Nothing was recorded" in full.value.remedy
    pages[0] = 0
    size = house.log.head().size
    receipts = house.submitter.submit_batch(house.service, [Asked(person()), Asked(person())])
    assert [receipt.sequence for receipt in receipts] == [size, size + 1]
    assert_whole(house, {receipt.sequence: receipt.leaf_hash.hex() for receipt in receipts})


def test_a_file_that_may_not_grow_is_a_full_disk(
    sqlite_house: House, pytestconfig: pytest.Config
) -> None:
    """The kernel refuses to let the database's file grow (RLIMIT_FSIZE): a real failing write."""
    house = sqlite_house
    house.log.engine.dispose()
    size = (house.folder / "ledger.db").stat().st_size
    prlimit = setup_tools.find(setup_tools.PRLIMIT)
    assert prlimit is not None
    words = (prlimit, f"--fsize={size + 40_960}:{size + 40_960}")
    leaves: dict[int, str] = {}
    with asker(house, pytestconfig.rootpath, words) as ask:
        for number in range(200):
            answer = ask(f"k{number}")
            if "error" in answer:
                break
            leaves[answer["sequence"]] = answer["leaf"]
        assert answer["code"] in {"database-disk-failed", "commit-in-doubt"}, answer
        assert ask("k0")["replayed"]
    assert_whole(house, leaves)
    with asker(house, pytestconfig.rootpath) as ask:
        assert ask(f"k{number}")["sequence"] == len(leaves) + 2
        assert ask("k0")["sequence"] == 2
    assert_whole(house, leaves)


def test_a_file_without_the_right_to_write_is_a_typed_error_until_it_is_given(
    pytestconfig: pytest.Config,
) -> None:
    """As a user whom the file's mode holds for: for root it does not."""
    with TemporaryDirectory(prefix="rights-") as folder:
        house = build(f"sqlite:///{folder}/ledger.db", Path(folder))
        house.log.engine.dispose()
        house.log.guard.close()
        words = as_an_ordinary_user(house.folder)
        file = house.folder / "ledger.db"
        with asker(house, pytestconfig.rootpath, words) as ask:
            first = ask("a")
        file.chmod(0o400)
        with asker(house, pytestconfig.rootpath, words) as ask:
            refused = ask("b")
            assert (refused["error"], refused["code"]) == ("OutsideError", "database-read-only")
            file.chmod(0o600)
            last = ask("b")
        assert (first["sequence"], last["sequence"], last["replayed"]) == (2, 3, False)
        assert_whole(house, {2: first["leaf"], 3: last["leaf"]})


def as_an_ordinary_user(folder: Path) -> tuple[str, ...]:
    """The words that start a program as a user who is not root, who then owns the folder."""
    if os.geteuid() != 0:
        return ()
    account = pwd.getpwnam("nobody")
    setpriv = setup_tools.find(setup_tools.SETPRIV)
    assert setpriv is not None
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid)
    return (setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")


def test_a_read_only_database_is_a_typed_error_until_it_takes_writes_again(house: House) -> None:
    if house.log.engine.dialect.name != "postgresql":
        on, off = "PRAGMA query_only=ON", "PRAGMA query_only=OFF"
        state = [on]

        def set_state(connection: Any, record: Any) -> None:
            del record
            connection.execute(state[0])

        sqlalchemy_event.listen(house.log.engine, "connect", set_state)
        house.log.engine.dispose()
    else:
        name = house.log.engine.url.database
        words = f'ALTER DATABASE "{name}" SET default_transaction_read_only = '
        with writing(house.log.engine) as connection:
            connection.execute(text(words + "on"))
        house.log.engine.dispose()
    event = person()
    with pytest.raises(OutsideError) as refused:
        house.submit(event, "k")
    assert refused.value.code == "database-read-only"
    assert "Nothing was recorded" in refused.value.remedy
    assert house.log.head().size == 2
    if house.log.engine.dialect.name != "postgresql":
        state[0] = off
    else:
        with house.log.engine.connect() as connection:
            connection.execute(text("SET TRANSACTION READ WRITE"))
            connection.execute(text(words + "off"))
            connection.commit()
    receipt = house.submit(event, "k")
    assert receipt.sequence == 2
    assert_whole(house, {2: receipt.leaf_hash.hex()})


@pytest.mark.postgres
def test_a_server_whose_disk_is_full_refuses_and_takes_again_when_there_is_room(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as environment:
        for name, value in disk.words("full", "/base/").items():
            environment.setenv(name, value)
        server = start_postgres()
    try:
        server.wait()
        house = build(server.url(server.create()), tmp_path)
        receipt = house.submit(person(), "a")
        disk.fails.touch()
        many = [Asked(person("P" * 200), f"k{number}") for number in range(300)]
        with pytest.raises(OutsideError) as full:
            house.submitter.submit_batch(house.service, many)
        assert full.value.code == "database-full"
        disk.fails.unlink()
        receipts = house.submitter.submit_batch(house.service, many)
        assert [one.sequence for one in receipts] == list(range(3, 303))
        assert_whole(house, {one.sequence: one.leaf_hash.hex() for one in (receipt, *receipts)})
        house.submitter.close()
        house.log.engine.dispose()
        house.log.guard.close()
    finally:
        server.stop()
